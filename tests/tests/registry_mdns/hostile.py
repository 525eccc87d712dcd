"""A hostile neighbour: `hostile.py OWN_ADDRESS SECONDS RATE VICTIM STRING...`, with the id of a good node, and with
the strings that the TXT record of a good node has.

It prints `attacking`, sends RATE spoofed answers a second for so many seconds, each a new lie, then prints
`sent NUMBER`.
"""

import random
import struct
import sys
import time

from answers import A, GROUP, IN, PTR, SRV, TXT, TYPE, message, multicaster, name, node, record, text

OWN, SECONDS, RATE, VICTIM, *GOOD = sys.argv[1:]
# Every run tells the same lies.
random.seed(7)


def compressed(offset):
    return struct.pack("!H", 0xC000 | offset)


def listed(key, items):
    """Returns the strings of a long list of short items."""
    parts = [items[at:at + 100] for at in range(0, len(items), 100)]
    return [f"{key}{f'.{part}' if part else ''}={' '.join(some)} " for part, some in enumerate(parts)]


def chained(links):
    """Returns a name behind a chain of pointers, and the record that hides the chain."""
    hidden, begin = b"\0", 12 + 11
    for link in range(links):
        hidden += compressed(begin + max(0, 2 * link - 1))
    return compressed(begin + 2 * links - 1), record(b"\0", 99, hidden)


def lies(number):
    """Returns one lie of every kind, each about a node that nobody heard of before."""
    me = f"lie-{number}"
    full, host = (me, *TYPE), (me, "local")
    pointer = record(TYPE, PTR, name(full), of=IN)
    service = record(full, SRV, struct.pack("!3H", 0, 0, 4000) + name(host))
    return [
        # Nodes that look right, on the link and off it, and with nobody's and everybody's address.
        node(me, f"10.77.0.{100 + number % 100}", 4000, GOOD),
        node(f"{me}-afar", "203.0.113.5", 4000, GOOD),
        node(f"{me}-zero", "0.0.0.0", 4000, GOOD),
        node(f"{me}-group", "224.0.0.251", 4000, GOOD),
        # The good one's goodbye, and its name for another host, neither from where it lives.
        node(VICTIM, OWN, 4000, GOOD, ttl=0),
        node(VICTIM, OWN, 4000, GOOD, host=host),
        # A node that says it is the good one; nodes whose text leads elsewhere.
        node(f"{me}-thief", OWN, 4000, [*GOOD, f"id={VICTIM}"]),
        node(f"{me}-at", OWN, 4000, [*GOOD, "at=203.0.113.6:80 127.0.0.1:22 10.77.0.77:9"]),
        node(f"{me}-name", OWN, 4000, [*GOOD, "at=evil.example:80"]),
        # Nodes that look right and stay for no time, or for ever.
        node(f"{me}-never", OWN, 4000, GOOD, ttl=0),
        node(f"{me}-ever", OWN, 4000, GOOD, ttl=1 << 31),
        node(f"{me}-more", OWN, 4000, GOOD, ttl=(1 << 32) - 1),
        # Port 0; a host without a name; a host that is the service itself.
        node(f"{me}-port", OWN, 0, GOOD),
        message([pointer, record(full, SRV, struct.pack("!3H", 0, 0, 4000) + b"\0"), record(full, TXT, text(GOOD))]),
        node(f"{me}-self", OWN, 4000, GOOD, host=full),
        # Texts: far too large, many empty strings, no keys, keys twice, bytes that are no text, a length too long.
        node(f"{me}-large", OWN, 4000, GOOD + ["m" + "x" * 254] * 33),
        node(f"{me}-values", OWN, 4000, GOOD + [f"m{index}=" + "y" * 200 for index in range(40)]),
        node(f"{me}-empty", OWN, 4000, [""] * 1000),
        node(f"{me}-keys", OWN, 4000, ["=1", "==", "novalue", *GOOD, *GOOD]),
        node(f"{me}-bytes", OWN, 4000, [b"v=\xff\xfe\x00\x80", b"\xc3\x28=" + bytes(range(200))]),
        message([pointer, service, record(full, TXT, b"\xffshort")]),
        # Pointers without anything behind them, which invite us to ask.
        message([record(TYPE, PTR, name((f"{me}-{index}", *TYPE)), of=IN) for index in range(10)]),
        # Names: a loop of one, a loop of two, one that points beyond the end, one too long, a forbidden label.
        message([record(compressed(12), PTR, compressed(12))]),
        message([record(compressed(14) + compressed(12), PTR, compressed(14))]),
        message([record(compressed(0x3FFF), PTR, compressed(0x3FFE))]),
        message([record(TYPE, PTR, name([*["l" * 63] * 20, *TYPE]), of=IN)]),
        message([record(TYPE, PTR, b"\x80" + b"z" * 128 + b"\0", of=IN)]),
        # Names that take a thousand steps each; texts of items that take more memory than their bytes.
        message([chained(1000)[1]] + [record(chained(1000)[0], A, b"\x0a\x4d\x00\x02")] * 100),
        node(f"{me}-topics", OWN, 4000, GOOD + listed("topics", ["a"] * 1800)),
        node(f"{me}-many", OWN, 4000, GOOD + listed("topics", ["a"] * 500)),
        node(f"{me}-addresses", OWN, 4000, [*GOOD, *listed("at", [f"{OWN}:{port}" for port in range(1, 16)])]),
        # Counts and lengths that are not true; a record cut short; noise.
        message([pointer, service], answers=65535),
        message([record(TYPE, PTR, name(full), of=IN, length=65535)]),
        message([record(full, A, b"\x01", length=4)]),
        node(me, OWN, 4000, GOOD)[:random.randrange(12, 90)],
        random.randbytes(random.randrange(1, 1400)),
        struct.pack("!6H", 0, 0x8400, 65535, 65535, 65535, 65535) + random.randbytes(200),
    ]


def endless():
    number = 0
    while True:
        yield from lies(number)
        number += 1


def main():
    seconds, rate = float(SECONDS), float(RATE)
    sender, sent, lie = multicaster(OWN), 0, endless()
    print("attacking", flush=True)
    begin = time.monotonic()
    while sent < seconds * rate:
        if sent > (time.monotonic() - begin) * rate:
            time.sleep(1 / rate)
            continue
        sender.sendto(next(lie), GROUP)
        sent += 1
    print(f"sent {sent}", flush=True)


main()
