"""A foreign client of the gRPC health service: argv is the address and the names that are served.

It says `watching` when every watch serves, and `told` when each was told that nothing serves any more.
"""

import sys

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

address, *names = sys.argv[1:]

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


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

    def about(name):
        return health_pb2.HealthCheckRequest(service=name)

    names = ["", *names]
    for name in names:
        expect(health.Check(about(name), timeout=10).status, SERVING)
    refused(grpc.StatusCode.NOT_FOUND, lambda: health.Check(about("nobody"), timeout=10))

    watches = [health.Watch(about(name)) for name in names]
    for watch in watches:
        expect(next(watch).status, SERVING)
    print("health: watching", flush=True)
    for watch in watches:
        expect(next(watch).status, NOT_SERVING)
    print("health: told", flush=True)
    for watch in watches:
        refused(grpc.StatusCode.UNAVAILABLE, lambda: next(watch))

print("health: everything was said")
