"""A foreign client of the contract-first service: argv is the address and the directory of the stubs."""

import sys
import threading

import grpc

address, stubs = sys.argv[1:]
sys.path.insert(0, stubs)

from greeter.v1 import greeter_pb2, greeter_pb2_grpc  # noqa: E402


def expect(found, wanted):
    assert found == wanted, f"found {found!r}, wanted {wanted!r}"


def refused(code, call):
    try:
        call()
    except grpc.RpcError as error:
        expect(error.code(), code)
        return error
    raise AssertionError(f"the call succeeded, {code} was expected")


with grpc.insecure_channel(address) as channel:
    say = greeter_pb2_grpc.SayStub(channel)

    reply = say.Hello(greeter_pb2.HelloRequest(name="Zoë"), timeout=10)
    expect(reply.message, "Hello Zoë")

    # Metadata in both directions.
    numbered = [("request-id", "4711")]
    reply, call = say.Hello.with_call(greeter_pb2.HelloRequest(name="Ann"), timeout=10, metadata=numbered)
    expect((reply.message, dict(call.initial_metadata()).get("request-id")), ("Hello Ann", "4711"))

    numbers = say.Count(greeter_pb2.CountRequest(to=1000), timeout=10)
    expect([number.value for number in numbers], list(range(1, 1001)))

    values = (greeter_pb2.Number(value=value) for value in range(1000))
    expect(say.Sum(values, timeout=10).value, sum(range(1000)))

    # One line at a time: an answer has to come before the next line is sent.
    said, heard, answered = ["rain", "sun", ""], [], threading.Semaphore(0)

    def lines():
        for text in said:
            yield greeter_pb2.Line(text=text)
            assert answered.acquire(timeout=10), "no answer before the next line"

    for line in say.Chat(lines(), timeout=20):
        heard.append(line.text)
        answered.release()
    expect(heard, [f"{text}, you say?" for text in said])

    error = refused(grpc.StatusCode.INVALID_ARGUMENT, lambda: say.Hello(greeter_pb2.HelloRequest(), timeout=10))
    expect(error.details(), "name must not be empty")
    expect(dict(error.trailing_metadata()).get("micro-error-id"), "greeter")

    error = refused(
        grpc.StatusCode.OUT_OF_RANGE, lambda: list(say.Count(greeter_pb2.CountRequest(to=1001), timeout=10))
    )
    expect(error.details(), "nobody counts beyond 1000")

    # Large messages in both directions, and one that is too large.
    long = "x" * 1_000_000
    expect(say.Hello(greeter_pb2.HelloRequest(name=long), timeout=20).message, "Hello " + long)
    refused(
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        lambda: say.Hello(greeter_pb2.HelloRequest(name="x" * 5_000_000), timeout=20),
    )

    # A stream that the client keeps open is ended by its deadline.
    silent = threading.Event()

    def never():
        silent.wait(30)
        yield greeter_pb2.Number(value=1)

    refused(grpc.StatusCode.DEADLINE_EXCEEDED, lambda: say.Sum(never(), timeout=0.3))
    silent.set()

    # A path that does not exist is told apart from a service that does not answer.
    wrong = channel.unary_unary(
        "/greeter.v1.Say/Shout",
        request_serializer=greeter_pb2.HelloRequest.SerializeToString,
        response_deserializer=greeter_pb2.HelloReply.FromString,
    )
    error = refused(grpc.StatusCode.UNIMPLEMENTED, lambda: wrong(greeter_pb2.HelloRequest(name="x"), timeout=10))
    assert "/greeter.v1.Say/Hello" in error.details(), error.details()

    # An undecodable message.
    raw = channel.unary_unary(
        "/greeter.v1.Say/Hello", request_serializer=lambda data: data, response_deserializer=lambda data: data
    )
    refused(grpc.StatusCode.INVALID_ARGUMENT, lambda: raw(b"\x0a\x7fshort", timeout=10))

    # Dropping a call in its middle leaves the connection usable.
    numbers = say.Count(greeter_pb2.CountRequest(to=1000), timeout=10)
    next(numbers)
    numbers.cancel()
    expect(say.Hello(greeter_pb2.HelloRequest(name="again"), timeout=10).message, "Hello again")

print("hello: all four kinds answered")
