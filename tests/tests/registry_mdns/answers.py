"""Writes mDNS answers byte by byte, well-formed or not, and opens the sockets that send them."""

import socket
import struct

TYPE = ("_micro", "_tcp", "local")
GROUP = ("224.0.0.251", 5353)
PTR, TXT, SRV, A = 12, 16, 33, 1
# The class Internet, and with the bit that says that no other record of that name is true.
IN, IN_FLUSH = 1, 0x8001
TTL = 120


def name(labels):
    """Returns a name without compression. Labels may be longer than is allowed."""
    parts = [label if isinstance(label, bytes) else label.encode() for label in labels]
    return b"".join(bytes([len(part) & 0xFF]) + part for part in parts) + b"\0"


def record(owner, kind, data, ttl=TTL, of=IN_FLUSH, length=None):
    """Returns a record; `owner` is labels or raw bytes, `length` says another length than it has."""
    owner = owner if isinstance(owner, bytes) else name(owner)
    return owner + struct.pack("!HHIH", kind, of, ttl, len(data) if length is None else length) + data


def message(records, answers=None):
    """Returns an answer that holds `records`, or claims to hold `answers`."""
    count = len(records) if answers is None else answers
    return struct.pack("!6H", 0, 0x8400, 0, count, 0, 0) + b"".join(records)


def text(strings):
    """Returns the data of a TXT record."""
    return b"".join(bytes([len(part)]) + part for part in (
        string if isinstance(string, bytes) else string.encode() for string in strings)) or b"\0"


def node(instance, address, port, strings, ttl=TTL, host=None):
    """Returns the answer that announces a node."""
    full = (instance, *TYPE)
    host = host or (instance, "local")
    return message([
        record(TYPE, PTR, name(full), ttl, of=IN),
        record(full, SRV, struct.pack("!3H", 0, 0, port) + name(host), ttl),
        record(full, TXT, text(strings), ttl),
        record(host, A, socket.inet_aton(address), ttl),
    ])


def multicaster(own):
    """Opens a socket that sends to the group from port 5353 of this machine."""
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sender.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(own))
    sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
    sender.bind((own, 5353))
    return sender


class Forger:
    """Sends datagrams from port 5353 of whatever address it says."""

    def __init__(self, own):
        self.raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self.raw.setsockopt(socket.IPPROTO_IP, socket.IP_HDRINCL, 1)
        self.raw.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(own))

    def send(self, source, destination, data):
        """Sends `data`; the kernel fills in what is left zero in the head, and a zero checksum of UDP is none."""
        udp = struct.pack("!4H", 5353, 5353, 8 + len(data), 0) + data
        head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 0, 0, 0, 255, socket.IPPROTO_UDP, 0,
                           socket.inet_aton(source), socket.inet_aton(destination))
        self.raw.sendto(head + udp, (destination, 0))
