"""python-zeroconf as a neighbour.

`zeroconf_peer.py browse OWN_ADDRESS` prints `found INSTANCE ADDRESS PORT KEY=VALUE...` and `lost INSTANCE`;
`zeroconf_peer.py publish OWN_ADDRESS INSTANCE PORT KEY=VALUE...` prints `published`, and takes its service back at
the end of its input, saying `withdrawn`.
"""

import ipaddress
import sys

from zeroconf import ServiceBrowser, ServiceInfo, ServiceListener, Zeroconf

TYPE = "_micro._tcp.local."


class Listener(ServiceListener):
    def add_service(self, zc, kind, name):
        info = zc.get_service_info(kind, name)
        if info is None:
            return
        text = [f"{key.decode()}={(value or b'').decode()}" for key, value in info.properties.items()]
        instance = name.removesuffix("." + TYPE)
        print("found", instance, ",".join(info.parsed_addresses()), info.port, *text, flush=True)

    def update_service(self, zc, kind, name):
        self.add_service(zc, kind, name)

    def remove_service(self, zc, kind, name):
        print("lost", name.removesuffix("." + TYPE), flush=True)


def main():
    mode, own, *rest = sys.argv[1:]
    zeroconf = Zeroconf(interfaces=[own])
    if mode == "browse":
        ServiceBrowser(zeroconf, TYPE, Listener())
        print("browsing", flush=True)
        sys.stdin.read()
    else:
        instance, port, *text = rest
        info = ServiceInfo(
            TYPE,
            f"{instance}.{TYPE}",
            addresses=[ipaddress.ip_address(own).packed],
            port=int(port),
            properties=dict(pair.split("=", 1) for pair in text),
            server="zeroconf-peer.local.",
        )
        zeroconf.register_service(info)
        print("published", flush=True)
        sys.stdin.read()
        zeroconf.unregister_service(info)
        print("withdrawn", flush=True)
    zeroconf.close()


main()
