"""Counts mDNS queries: `sniff.py INTERFACE`.

A line of input is a number of seconds to listen from then on; the answer is `queries NUMBER`, with one line
`query AGE NAMES` for each before it.
"""

import select
import socket
import struct
import sys
import time

ALL_PROTOCOLS = 3


def payload(frame):
    """Returns what a frame brings to UDP port 5353, of either version of IP."""
    kind = struct.unpack("!H", frame[12:14])[0]
    packet = frame[14:]
    if kind == 0x0800 and len(packet) >= 20 and packet[9] == 17:
        datagram = packet[(packet[0] & 15) * 4:]
    elif kind == 0x86DD and len(packet) >= 40 and packet[6] == 17:
        datagram = packet[40:]
    else:
        return None
    if len(datagram) < 8 + 12 or struct.unpack("!H", datagram[2:4])[0] != 5353:
        return None
    return datagram[8:]


def names(message):
    """Returns the names asked for as far as they stand uncompressed."""
    at, found = 12, []
    for _ in range(struct.unpack("!H", message[4:6])[0]):
        labels = []
        while at < len(message) and 0 < message[at] < 64:
            labels.append(message[at + 1:at + 1 + message[at]].decode("latin-1"))
            at += 1 + message[at]
        found.append(".".join(labels) or "?")
        if at < len(message) and message[at] != 0:
            return found + ["..."]
        at += 5
    return found


def main():
    sniffer = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL_PROTOCOLS))
    sniffer.bind((sys.argv[1], 0))
    print("sniffing", flush=True)
    for line in sys.stdin:
        begin, count = time.monotonic(), 0
        # What came before the order does not count.
        while select.select([sniffer], [], [], 0)[0]:
            sniffer.recv(65536)
        while (left := begin + float(line) - time.monotonic()) > 0:
            if not select.select([sniffer], [], [], left)[0]:
                break
            message = payload(sniffer.recv(65536))
            if message is not None and not message[2] & 0x80:
                count += 1
                print(f"query {time.monotonic() - begin:.2f} {' '.join(names(message))}", flush=True)
        print(f"queries {count}", flush=True)


main()
