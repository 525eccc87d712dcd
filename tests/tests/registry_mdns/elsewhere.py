"""A neighbour that brings lies from elsewhere: `elsewhere.py OWN_ADDRESS VICTIM STRING...`, the strings being those
that the TXT record of a good node has.

It announces nodes that nobody may believe, their ids in alphabetical order, then `z-truth`, which is good, and
prints `told`.
"""

import sys

from answers import GROUP, Forger, multicaster, node

OWN, VICTIM, *GOOD = sys.argv[1:]
# Addresses kept for documentation: none of them is on this link.
ELSEWHERE = "203.0.113.9"


def announcement(instance, address):
    return node(instance, address, 4000, GOOD)


def main():
    sender, forger = multicaster(OWN), Forger(OWN)
    # We say that somebody beyond the link is a node, and that the listener itself is one on its loopback.
    sender.sendto(announcement("a-address-beyond", ELSEWHERE), GROUP)
    sender.sendto(announcement("b-address-loopback", "127.0.0.1"), GROUP)
    # Somebody beyond the link says that we are a node: to everybody, and to the listener alone.
    forger.send(ELSEWHERE, GROUP[0], announcement("c-sender-beyond", OWN))
    forger.send(ELSEWHERE, VICTIM, announcement("d-sender-beyond-unicast", OWN))
    sender.sendto(announcement("z-truth", OWN), GROUP)
    print("told", flush=True)


main()
