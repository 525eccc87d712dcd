"use strict";
// Questions to the service about itself, by the contract that every service answers.

const assert = require("node:assert/strict");

const { LIMIT, connect, unary, within } = require("./calls");

/** Makes a client that asks the service at `address`. */
function inspect(address) {
  return connect(address, "proto", "micro/debug/v1/debug.proto", "micro.debug.v1.Debug");
}

/**
 * Waits until the service is done with every call of `path`. Node's HTTP/2 ends a stream that it cancels before it
 * resets it, so a handler that reads may end well: how the call ended is not asked for.
 */
async function left(debug, path) {
  const end = Date.now() + LIMIT;
  for (;;) {
    const { reply } = await unary(debug, "stats", {});
    const { traffic } = reply.endpoints.find((endpoint) => endpoint.path === path);
    if (traffic.in_flight === "0") {
      return;
    }
    assert.ok(Date.now() < end, `the service still works on a call of ${path} that was cancelled`);
  }
}

/** Waits until the service has logged a call that belongs to `trace`. */
async function logged(debug, trace) {
  const call = debug.log({ target: "micro::server", follow: true }, within());
  // The loop below has seen what it wanted by the time it cancels the call.
  call.on("error", () => {});
  for await (const { record } of call) {
    if (record?.trace_id === trace) {
      call.cancel();
      return;
    }
  }
  assert.fail(`the service has logged no call of the trace ${trace}`);
}

module.exports = { inspect, left, logged };
