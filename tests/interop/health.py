"""A foreign client of the gRPC health service: argv is the address and the names that are served.

It says `watching` when every watch serves and a call runs, and `told` when each was told that nothing serves any more.
The call keeps the service from ending until then.
"""

import queue
import sys

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

address, *names = sys.argv[1:]

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
SERVICE_UNKNOWN = health_pb2.HealthCheckResponse.SERVICE_UNKNOWN

# How long any call may take, in seconds.
LIMIT = 60

# A message of the service that is called: the text "a".
SAID = b"\x0a\x01a"


def expect(found, wanted):
    assert found == wanted, f"found {found!r}, wanted {wanted!r}"


def refused(code, call):
    try:
        call()
    except grpc.RpcError as error:
        expect(error.code(), code)
        return
    raise AssertionError(f"the call succeeded, {code} was expected")


with grpc.insecure_channel(address) as channel:
    health = health_pb2_grpc.HealthStub(channel)

    def check(name):
        return health.Check(health_pb2.HealthCheckRequest(service=name), timeout=LIMIT, wait_for_ready=True)

    def watch(name):
        return health.Watch(health_pb2.HealthCheckRequest(service=name), timeout=LIMIT)

    names = ["", *names]
    for name in names:
        expect(check(name).status, SERVING)
    refused(grpc.StatusCode.NOT_FOUND, lambda: check("nobody"))

    watches = [watch(name) for name in names]
    for watching in watches:
        expect(next(watching).status, SERVING)
    # A name that is unknown ends no watch.
    stranger = watch("nobody")
    expect(next(stranger).status, SERVICE_UNKNOWN)

    requests = queue.SimpleQueue()
    replies = channel.stream_stream("/tests.Kinds/Echo")(iter(requests.get, None), timeout=LIMIT)
    requests.put(SAID)
    expect(next(replies), SAID)
    print("health: watching", flush=True)

    for watching in watches:
        expect(next(watching).status, NOT_SERVING)
    print("health: told", flush=True)

    # As long as the service drains it goes on to tell whoever asks, and has ended no watch.
    for name in names:
        expect(check(name).status, NOT_SERVING)
    requests.put(SAID)
    expect(next(replies), SAID)
    for watching in [*watches, stranger]:
        assert watching.is_active(), "a watch ended before the service"
    requests.put(None)
    expect(list(replies), [])
    for watching in [*watches, stranger]:
        refused(grpc.StatusCode.UNAVAILABLE, lambda: next(watching))

print("health: everything was said")
