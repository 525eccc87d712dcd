"use strict";
// A foreign client of the contract-first service. Its argument is the address.

const assert = require("node:assert/strict");

const grpc = require("@grpc/grpc-js");

const { clientStream, collect, connect, reader, talk, unary, within } = require("./calls");
const { refused, run } = require("./checks");
const service = require("./service");

const [address] = process.argv.slice(2);
const say = connect(address, "examples/hello/proto", "greeter/v1/greeter.proto", "greeter.v1.Say");
const debug = service.inspect(address);

const checks = {
  "unary call": async () => {
    const { reply } = await unary(say, "hello", { name: "Zoë" });
    assert.equal(reply.message, "Hello Zoë");
    assert.ok(reply.process > 0);
  },

  "client stream": async () => {
    const numbers = Array.from({ length: 1000 }, (_, value) => ({ value }));
    assert.deepEqual(await clientStream(say, "sum", numbers), { value: "499500" });
  },

  "server stream": async () => {
    const numbers = await collect(say.count({ to: 1000 }, within()));
    const counted = Array.from({ length: 1000 }, (_, at) => ({ value: String(at + 1) }));
    assert.deepEqual(numbers, counted);
  },

  "stream in both directions": async () => {
    const said = ["rain", "sun", ""];
    const replies = await talk(
      say.chat(within()),
      said.map((text) => ({ text })),
    );
    assert.deepEqual(
      replies.map((reply) => reply.text),
      said.map((text) => `${text}, you say?`),
    );
  },

  "metadata in both directions": async () => {
    const metadata = new grpc.Metadata();
    metadata.set("request-id", "4711");
    const { header } = await unary(say, "hello", { name: "Ann" }, metadata);
    assert.deepEqual(header.get("request-id"), ["4711"]);
  },

  "error with code and message": async () => {
    const error = await refused(unary(say, "hello", {}), "INVALID_ARGUMENT");
    assert.equal(error.details, "name must not be empty");
    assert.deepEqual(error.metadata.get("micro-error-id"), ["greeter"]);
  },

  "error of a stream": async () => {
    const error = await refused(collect(say.count({ to: 1001 }, within())), "OUT_OF_RANGE");
    assert.equal(error.details, "nobody counts beyond 1000");
  },

  "large messages": async () => {
    const name = "x".repeat(1_000_000);
    const { reply } = await unary(say, "hello", { name });
    assert.ok(reply.message === `Hello ${name}`);
    await refused(unary(say, "hello", { name: "x".repeat(5_000_000) }), "RESOURCE_EXHAUSTED");
  },

  "cancellation": async () => {
    const call = say.chat(within());
    const read = reader(call);
    call.write({ text: "rain" });
    assert.deepEqual(await read(), { text: "rain, you say?" });
    call.cancel();
    await refused(read(), "CANCELLED");
    await service.left(debug, "/greeter.v1.Say/Chat");
  },

  "deadline": async () => {
    // Nothing is said, so nothing is answered.
    await refused(collect(say.chat(within(300))), "DEADLINE_EXCEEDED");
  },

  "call after all that": async () => {
    const { reply } = await unary(say, "hello", { name: "again" });
    assert.equal(reply.message, "Hello again");
  },
};

run(checks).finally(() => [say, debug].forEach((client) => client.close()));
