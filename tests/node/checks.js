"use strict";
// Checks that are told line by line.

const assert = require("node:assert/strict");

const grpc = require("@grpc/grpc-js");

/** Runs the checks in order and prints the name of each that has passed. The first that fails ends the process. */
async function run(checks) {
  for (const [name, check] of Object.entries(checks)) {
    try {
      await check();
    } catch (error) {
      console.error(`failed: ${name}: ${error.stack}`);
      process.exit(1);
    }
    console.log(`ok: ${name}`);
  }
}

/** Resolves to the error that `answer` is rejected with; fails when there is none, or its code has another name. */
async function refused(answer, code) {
  const error = await answer.then(
    (reply) => assert.fail(`answered ${JSON.stringify(reply)}, wanted ${code}`),
    (error) => error,
  );
  assert.equal(grpc.status[error.code], code, error.stack);
  return error;
}

module.exports = { refused, run };
