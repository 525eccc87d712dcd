"use strict";
// A foreign client of the code-first service. Its argument is the address.

const assert = require("node:assert/strict");
const { once } = require("node:events");

const grpc = require("@grpc/grpc-js");

const { clientStream, collect, connect, reader, talk, unary, within } = require("./calls");
const { refused, run } = require("./checks");
const service = require("./service");

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

const [address] = process.argv.slice(2);
const ledger = connect(address, "examples/ledger/proto", "ledger.proto", "ledger.Ledger");
const debug = service.inspect(address);

const entry = (account, cents) => ({ account, cents });

// Every kind of field, and an amount that no number holds.
const posted = {
  account: "ann",
  cents: "9007199254740993",
  memo: "Ünal ☂",
  at: { seconds: "1700000000", nanos: 123_456_789 },
};

const checks = {
  "unary call": async () => {
    const { reply } = await unary(ledger, "post", posted);
    assert.deepEqual(reply, { account: "ann", cents: "9007199254740993", entries: 1 });
  },

  "client stream": async () => {
    const entries = [entry("ann", -1), entry("bob", 50), entry("ann", -2)];
    const imported = await clientStream(ledger, "import", entries);
    assert.deepEqual(imported, { entries: 3, cents: { ann: "9007199254740990", bob: "50" } });
  },

  "server stream": async () => {
    const listed = await collect(ledger.statement({ account: "ann" }, within()));
    assert.equal(listed.length, 3);
    assert.deepEqual(listed[0], posted);
    assert.ok(!("memo" in listed[1]));
    assert.ok(Math.abs(Number(listed[1].at.seconds) - Date.now() / 1000) < 600);
  },

  "stream in both directions": async () => {
    const entries = [entry("eve", 10), entry("eve", 20), entry("eve", 30)];
    const balances = await talk(ledger.follow(within()), entries);
    assert.deepEqual(
      balances.map((balance) => balance.cents),
      ["10", "30", "60"],
    );
  },

  "metadata in both directions": async () => {
    const metadata = new grpc.Metadata();
    metadata.set("traceparent", `00-${TRACE}-00f067aa0ba902b7-01`);
    const call = ledger.statement({ account: "ann" }, metadata, within());
    const [header] = await once(call, "metadata");
    assert.deepEqual(header.get("entries"), ["3"]);
    assert.equal((await collect(call)).length, 3);
    await service.logged(debug, TRACE);
  },

  "error with code and message": async () => {
    const error = await refused(unary(ledger, "total", { account: "Ünal" }), "NOT_FOUND");
    assert.equal(error.details, 'no account "Ünal"');
    assert.deepEqual(error.metadata.get("micro-error-id"), ["ledger"]);
  },

  "error of a stream": async () => {
    const call = ledger.follow(within());
    const read = reader(call);
    call.write(entry("zoe", 5));
    call.write(entry("zoe", -6));
    assert.equal((await read()).cents, "5");
    const error = await refused(read(), "FAILED_PRECONDITION");
    assert.equal(error.details, '"zoe" holds 5 cents');
  },

  "large messages": async () => {
    const memo = "x".repeat(1_000_000);
    await unary(ledger, "post", { ...entry("big", 1), memo });
    const [listed] = await collect(ledger.statement({ account: "big" }, within()));
    assert.ok(listed.memo === memo);
    const tooLong = { ...entry("big", 1), memo: "x".repeat(5_000_000) };
    await refused(unary(ledger, "post", tooLong), "RESOURCE_EXHAUSTED");
  },

  "cancellation": async () => {
    const call = ledger.follow(within());
    const read = reader(call);
    call.write(entry("tom", 1));
    assert.equal((await read()).cents, "1");
    call.cancel();
    await refused(read(), "CANCELLED");
    await service.left(debug, "/ledger.Ledger/Follow");
  },

  "deadline": async () => {
    // Nothing is posted, so nothing is answered.
    await refused(collect(ledger.follow(within(300))), "DEADLINE_EXCEEDED");
  },

  "call after all that": async () => {
    const { reply } = await unary(ledger, "total", { account: "bob" });
    assert.deepEqual(reply, { account: "bob", cents: "50", entries: 1 });
  },
};

run(checks).finally(() => [ledger, debug].forEach((client) => client.close()));
