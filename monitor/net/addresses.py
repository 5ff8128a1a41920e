"""Which addresses may be reached: public ones, and those the allowlist opens.

``ipaddress`` alone does not answer that. ``is_global`` is true for multicast, for IPv4 addresses
written into IPv6 ones (NAT64, 6to4, Teredo, IPv4-mapped), and for protocol assignments such as
192.0.0.8. The blocks refused here are the IANA special-purpose registries (RFC 6890 and its
updates) whatever the Python version knows of them.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

IP = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_REFUSED_4 = tuple(
    map(
        IPv4Network,
        [
            "0.0.0.0/8",  # this network (RFC 791)
            "10.0.0.0/8",  # private (RFC 1918)
            "100.64.0.0/10",  # carrier-grade NAT (RFC 6598)
            "127.0.0.0/8",  # loopback
            "169.254.0.0/16",  # link-local, cloud metadata
            "172.16.0.0/12",  # private (RFC 1918)
            "192.0.0.0/24",  # protocol assignments (RFC 6890)
            "192.0.2.0/24",  # documentation (RFC 5737)
            "192.88.99.0/24",  # 6to4 relays, deprecated (RFC 7526)
            "192.168.0.0/16",  # private (RFC 1918)
            "198.18.0.0/15",  # benchmarking (RFC 2544)
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, broadcast
        ],
    )
)
# Only 2000::/3 is handed out for the public Internet (IANA); within it, these are not public.
_PUBLIC_6 = IPv6Network("2000::/3")
_REFUSED_6 = tuple(
    map(
        IPv6Network,
        [
            "2001::/23",  # protocol assignments, Teredo among them (RFC 2928)
            "2001:db8::/32",  # documentation (RFC 3849)
            "3fff::/20",  # documentation (RFC 9637)
        ],
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052; the local-use 64:ff9b:1::/48 is refused


def is_public(address: IP) -> bool:
    """Whether an address belongs to the public Internet.

    IPv6 addresses that carry an IPv4 address are judged by the address carried: a NAT64 gateway
    or a 6to4 relay would take the connection there.
    """
    if isinstance(address, IPv6Address):
        carried = _carried(address)
        if carried is None:
            return address in _PUBLIC_6 and not any(address in block for block in _REFUSED_6)
        address = carried
    return not any(address in block for block in _REFUSED_4)


def _carried(address: IPv6Address) -> IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.sixtofour


def literal(host: str) -> IP | None:
    """The address a host name spells, in any notation that connects, or None for a real name.

    ``2130706433``, ``0x7f.1`` and ``017700000001`` are 127.0.0.1 to the operating system
    (``inet_aton``), so they are to us.
    """
    host = host.strip("[]").partition("%")[0]
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):
        return None


@dataclass(frozen=True, slots=True)
class Allowlist:
    """Hosts and networks that may be reached although their addresses are not public."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    def host(self, host: str) -> bool:
        return host.lower().rstrip(".") in self.hosts

    def permits(self, host: str, address: IP) -> bool:
        """Whether a connection to ``address``, reached as ``host``, may be made."""
        if is_public(address) or self.host(host):
            return True
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        return any((mapped or address) in network for network in self.networks)


def parse_allow(entries: Sequence[str]) -> Allowlist:
    """Read ``net.allow``: host names, addresses and networks (``10.0.0.0/8``).

    Raises ``ValueError`` with one sentence for the first entry that is none of these.
    """
    hosts: set[str] = set()
    networks: list[Network] = []
    for entry in entries:
        kind = _allow_entry(entry.strip())
        if isinstance(kind, str):
            hosts.add(kind)
        else:
            networks.append(kind)
    return Allowlist(frozenset(hosts), tuple(networks))


def _allow_entry(entry: str) -> str | Network:
    try:
        return ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        pass
    name = entry.lower().rstrip(".")
    if not name or any(c in name for c in "/:@*?# \t") or literal(name) is not None:
        raise ValueError(
            f"{entry!r} is neither a host name, an address nor a network such as 10.0.0.0/8"
        )
    return name.encode("idna").decode("ascii") if not name.isascii() else name


def unique(addresses: Sequence[str]) -> Iterator[IP]:
    """Addresses as ``getaddrinfo`` lists them, each once, in its order."""
    seen: set[IP] = set()
    for text in addresses:
        address = ip_address(text.partition("%")[0])
        if address not in seen:
            seen.add(address)
            yield address
