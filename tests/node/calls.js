"use strict";
// Clients of contracts, and their calls as promises and iterators. Every call is bounded.

const assert = require("node:assert/strict");
const path = require("node:path");
const { Readable } = require("node:stream");

const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");

const WORKSPACE = path.join(__dirname, "../..");

// How long a call may take that is given no time of its own, in milliseconds.
const LIMIT = 20_000;

// Names are as the contract has them. 64 bits come as text: a number holds 53 of them.
const CONVERSION = { keepCase: true, longs: String, enums: String, defaults: true };

/** Makes a client of the service `contract`, which `file` declares; `root` is what its imports start from. */
function connect(address, root, file, contract) {
  const includeDirs = [root, "proto"].map((directory) => path.join(WORKSPACE, directory));
  const loaded = grpc.loadPackageDefinition(loader.loadSync(file, { ...CONVERSION, includeDirs }));
  const Client = contract.split(".").reduce((found, name) => found[name], loaded);
  // A proxy that the environment names does not know the way to this machine.
  return new Client(address, grpc.credentials.createInsecure(), { "grpc.enable_http_proxy": 0 });
}

/** Makes the options of a call that has to be over in `timeout` milliseconds. */
function within(timeout = LIMIT) {
  return { deadline: Date.now() + timeout };
}

/** Makes a unary call; resolves to the reply and the metadata that came before it. */
function unary(client, method, request, metadata = new grpc.Metadata()) {
  return new Promise((resolve, reject) => {
    let header;
    const call = client[method](request, metadata, within(), (error, reply) =>
      error ? reject(error) : resolve({ reply, header }),
    );
    call.on("metadata", (received) => {
      header = received;
    });
  });
}

/** Sends `requests` as a stream; resolves to the one reply. */
function clientStream(client, method, requests) {
  return new Promise((resolve, reject) => {
    const call = client[method](within(), (error, reply) => (error ? reject(error) : resolve(reply)));
    Readable.from(requests).pipe(call);
  });
}

/** Reads a stream to its end. */
async function collect(call) {
  const messages = [];
  for await (const message of call) {
    messages.push(message);
  }
  return messages;
}

/** Returns what reads `call` message by message; a stream that has ended has none. */
function reader(call) {
  const messages = call[Symbol.asyncIterator]();
  return async () => {
    const { value, done } = await messages.next();
    return done ? undefined : value;
  };
}

/** Sends each request when the reply to the one before has come; resolves to the replies. */
async function talk(call, requests) {
  const read = reader(call);
  const replies = [];
  for (const request of requests) {
    call.write(request);
    replies.push(await read());
  }
  call.end();
  assert.equal(await read(), undefined, "the stream goes on after its last reply");
  return replies;
}

module.exports = { LIMIT, clientStream, collect, connect, reader, talk, unary, within };
