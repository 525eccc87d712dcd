"""A foreign client that knows no contract: argv is the address and `hello` or `ledger`.

What it knows it got by reflection, in both versions of it; then it calls all four kinds of methods.
"""

import sys

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpc_reflection.v1alpha import reflection_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

address, which = sys.argv[1:]

NO_SIDE_EFFECTS = descriptor_pb2.MethodOptions.NO_SIDE_EFFECTS
VERSIONS = ["v1", "v1alpha"]


def expect(found, wanted):
    assert found == wanted, f"found {found!r}, wanted {wanted!r}"


def reflect(channel, version, **request):
    """Asks one question. Both versions have the same messages, apart from the name of their package."""
    ask = channel.stream_stream(
        f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )
    return next(ask(iter([reflection_pb2.ServerReflectionRequest(**request)]), timeout=10))


def file_of(channel, version, symbol):
    answer = reflect(channel, version, file_containing_symbol=symbol)
    return [
        descriptor_pb2.FileDescriptorProto.FromString(encoded)
        for encoded in answer.file_descriptor_response.file_descriptor_proto
    ]


def comments(file):
    return [place.leading_comments.strip() for place in file.source_code_info.location]


class Service:
    """A service of which nothing is known but its name."""

    def __init__(self, channel, name):
        self.channel = channel
        # The pool keeps no database alive that only it knows.
        self.database = ProtoReflectionDescriptorDatabase(channel)
        self.pool = descriptor_pool.DescriptorPool(self.database)
        self.descriptor = self.pool.FindServiceByName(name)

    def message(self, name, /, **fields):
        return message_factory.GetMessageClass(self.pool.FindMessageTypeByName(name))(**fields)

    def call(self, name, *requests):
        """Calls a method as its descriptor says; returns a message, or a list of them."""
        method = self.descriptor.methods_by_name[name]
        sides = [method.client_streaming, method.server_streaming]
        kind = "_".join("stream" if streams else "unary" for streams in sides)
        stub = getattr(self.channel, kind)(
            f"/{self.descriptor.full_name}/{name}",
            request_serializer=lambda request: request.SerializeToString(),
            response_deserializer=message_factory.GetMessageClass(method.output_type).FromString,
        )
        answer = stub(iter(requests) if method.client_streaming else requests[0], timeout=10)
        return list(answer) if method.server_streaming else answer

    def readonly(self):
        methods = self.descriptor.methods
        return [method.name for method in methods if method.GetOptions().idempotency_level == NO_SIDE_EFFECTS]


def hello(channel):
    say = Service(channel, "greeter.v1.Say")
    expect([method.name for method in say.descriptor.methods], ["Hello", "Count", "Sum", "Chat"])
    expect(say.readonly(), ["Count"])
    expect(say.call("Hello", say.message("greeter.v1.HelloRequest", name="Zoë")).message, "Hello Zoë")
    numbers = say.call("Count", say.message("greeter.v1.CountRequest", to=3))
    expect([number.value for number in numbers], [1, 2, 3])
    expect(say.call("Sum", *numbers).value, 6)
    lines = say.call("Chat", say.message("greeter.v1.Line", text="rain"))
    expect([line.text for line in lines], ["rain, you say?"])


def ledger(channel):
    book = Service(channel, "ledger.Ledger")
    names = sorted(method.name for method in book.descriptor.methods)
    expect(names, ["Follow", "Import", "Post", "Statement", "Total"])
    expect(sorted(book.readonly()), ["Statement", "Total"])
    entry = lambda cents: book.message("ledger.Entry", account="ann", cents=cents)  # noqa: E731
    expect(book.call("Post", entry(2**53 + 1)).cents, 2**53 + 1)
    imported = book.call("Import", entry(1), entry(2))
    expect((imported.entries, dict(imported.cents)), (2, {"ann": 2**53 + 4}))
    account = book.message("ledger.AccountRequest", account="ann")
    expect([posted.cents for posted in book.call("Statement", account)], [2**53 + 1, 1, 2])
    expect([balance.entries for balance in book.call("Follow", entry(5), entry(5))], [4, 5])
    # The documentation of the code has come along, that of messages and of methods.
    for version in VERSIONS:
        (file,) = file_of(channel, version, "ledger.Ledger")
        for text in ["One movement on one account.", "Posts many entries."]:
            assert text in comments(file), f"{text!r} is not in {comments(file)}"
        (timestamp,) = file_of(channel, version, "google.protobuf.Timestamp")
        assert timestamp.name in file.dependency, file.dependency


with grpc.insecure_channel(address) as channel:
    lists = []
    for version in VERSIONS:
        listed = reflect(channel, version, list_services="").list_services_response
        services = [service.name for service in listed.service]
        expect(len(services), len(set(services)))
        lists.append(sorted(services))
    expect(lists[0], lists[1])
    for name in lists[0]:
        # Every service that is listed has its file, and its file all the files it needs.
        Service(channel, name)
    reflections = [f"grpc.reflection.{version}.ServerReflection" for version in VERSIONS]
    contract = {"hello": "greeter.v1.Say", "ledger": "ledger.Ledger"}[which]
    missing = {contract, "grpc.health.v1.Health", *reflections} - set(lists[0])
    assert not missing, f"{missing} is not in {lists[0]}"
    {"hello": hello, "ledger": ledger}[which](channel)

print("reflection: all four kinds answered")
