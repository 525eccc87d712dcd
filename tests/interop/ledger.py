"""A foreign client of the code-first service: argv is the address and the directory of the stubs."""

import sys
import threading
import time

import grpc

address, stubs = sys.argv[1:]
sys.path.insert(0, stubs)

import ledger_pb2  # noqa: E402
import ledger_pb2_grpc  # noqa: E402


def expect(found, wanted):
    assert found == wanted, f"found {found!r}, wanted {wanted!r}"


def entry(account, cents, **more):
    return ledger_pb2.Entry(account=account, cents=cents, **more)


with grpc.insecure_channel(address) as channel:
    ledger = ledger_pb2_grpc.LedgerStub(channel)

    # Unary, with every kind of field, metadata in both directions and a deadline.
    posted = entry("ann", 2**53 + 1, memo="Ünal ☂")
    posted.at.FromNanoseconds(1_700_000_000_123_456_789)
    balance = ledger.Post(posted, timeout=10, metadata=[("tenant", "acme"), ("blob-bin", b"\x00\xff")])
    expect(balance, ledger_pb2.Balance(account="ann", cents=2**53 + 1, entries=1))

    # Client streaming.
    entries = [entry("ann", -1), entry("bob", 50), entry("ann", -2)]
    imported = ledger.Import(iter(entries), timeout=10)
    expect(imported.entries, 3)
    expect(dict(imported.cents), {"ann": 2**53 - 2, "bob": 50})

    # Server streaming, with the metadata that comes before the first message.
    statement = ledger.Statement(ledger_pb2.AccountRequest(account="ann"), timeout=10)
    expect(dict(statement.initial_metadata()).get("entries"), "3")
    listed = list(statement)
    expect(listed[0], posted)
    assert not listed[1].HasField("memo"), listed[1]
    assert abs(listed[1].at.seconds - time.time()) < 600, listed[1]

    # Bidirectional: every balance comes before the next entry is sent.
    heard, answered = [], threading.Semaphore(0)

    def slowly():
        for _ in range(5):
            yield entry("eve", 10)
            assert answered.acquire(timeout=10), "no balance before the next entry"

    for balance in ledger.Follow(slowly(), timeout=20):
        heard.append(balance.cents)
        answered.release()
    expect(heard, [10, 20, 30, 40, 50])

    # An error in the middle of a stream, after the messages before it.
    heard = []
    try:
        for balance in ledger.Follow(iter([entry("zoe", 5), entry("zoe", -6), entry("zoe", 1)]), timeout=10):
            heard.append(balance.cents)
        raise AssertionError("the overdraft was accepted")
    except grpc.RpcError as error:
        expect(error.code(), grpc.StatusCode.FAILED_PRECONDITION)
        expect(error.details(), '"zoe" holds 5 cents')
        expect(dict(error.trailing_metadata()).get("micro-error-id"), "ledger")
    expect(heard, [5])

    try:
        ledger.Total(ledger_pb2.AccountRequest(account="Ünal"), timeout=10)
        raise AssertionError("an unknown account was found")
    except grpc.RpcError as error:
        expect(error.code(), grpc.StatusCode.NOT_FOUND)
        expect(error.details(), 'no account "Ünal"')

print("ledger: all four kinds answered")
