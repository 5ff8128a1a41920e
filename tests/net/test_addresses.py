"""Which addresses may be reached, in every notation there is, and when that is looked at."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import AddressBlocked, Unreachable
from monitor.net import Client, Limits, parse_allow
from monitor.net.addresses import is_public, literal

from .server import OPEN, Request, Server, reply

CLOSED = Limits(spacing_s=0.0)

PRIVATE = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b:1::808:808",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]


@pytest.mark.parametrize("text", PRIVATE)
def test_an_address_that_is_not_public_is_known_as_such(text: str) -> None:
    assert not is_public(ip_address(text))


@pytest.mark.parametrize(
    "text",
    ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "64:ff9b::101:101", "2002:101:101::1"],
)
def test_a_public_address_is_public_also_behind_nat64_and_6to4(text: str) -> None:
    assert is_public(ip_address(text))


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_the_same_however_ipv6_carries_it(address: IPv4Address) -> None:
    number = int(address)
    for carrier in (
        IPv6Address((0xFFFF << 32) | number),
        IPv6Address((0x64FF9B << 96) | number),
        IPv6Address((0x2002 << 112) | (number << 80)),
    ):
        assert is_public(carrier) == is_public(address)


@given(st.ip_addresses())
def test_nothing_python_calls_private_is_public_to_us(address: IPv4Address | IPv6Address) -> None:
    plain = address if isinstance(address, IPv4Address) else address.ipv4_mapped or address
    if not plain.is_global or plain.is_multicast:
        assert not is_public(address) or address in parse_allow(["2002::/16"]).networks[0]


@pytest.mark.parametrize(
    "host",
    ["2130706433", "0x7f.1", "0x7f000001", "017700000001", "127.1", "0177.0.0.1", "[::1]"],
)
def test_every_notation_of_loopback_is_read_as_loopback(host: str) -> None:
    address = literal(host)
    assert address is not None
    assert address.is_loopback


@pytest.mark.parametrize("host", ["example.org", "localhost", "1.2.3.4.5", "dead.beef", "x1"])
def test_a_name_is_not_taken_for_an_address(host: str) -> None:
    assert literal(host) is None


@pytest.mark.anyio
@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "LOCALHOST",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "2130706433",
        "0x7f.1",
        "127.1",
        "0",
        "192.0.0.8",
        "224.0.0.1",
        "169.254.169.254",
    ],
)
async def test_a_private_host_is_refused_before_a_byte_is_sent(host: str) -> None:
    async with Server(lambda _: reply(b"secret")) as server, Client(CLOSED) as client:
        with pytest.raises(AddressBlocked, match=r"not a public address.*net\.allow"):
            await client.get(f"http://{host}:{server.port}/")
        assert server.connections == 0


@pytest.mark.anyio
async def test_a_name_that_resolves_to_inside_is_refused() -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return ["10.0.0.5"]

    async with Client(CLOSED, resolve=resolve) as client:
        with pytest.raises(AddressBlocked, match=r"10\.0\.0\.5"):
            await client.get("http://innocent.example/")


@pytest.mark.anyio
async def test_a_name_with_one_public_and_one_private_address_is_refused() -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return ["93.184.216.34", "127.0.0.1"]

    async with Client(CLOSED, resolve=resolve) as client:
        with pytest.raises(AddressBlocked, match=r"127\.0\.0\.1"):
            await client.get("http://innocent.example/")


@pytest.mark.anyio
async def test_dns_rebinding_fails_because_the_address_checked_is_the_address_connected_to() -> (
    None
):
    """The second lookup would say 10.0.0.1; a connection takes one lookup, so it is never made."""
    answers = [["127.0.0.1"], ["10.0.0.1"]]
    lookups: list[str] = []

    async def resolve(host: str, port: int) -> Sequence[str]:
        lookups.append(host)
        return answers[len(lookups) - 1]

    async with Server(lambda _: reply(b"fine")) as server, Client(OPEN, resolve=resolve) as client:
        url = server.url("/", host="rebinding.example")
        assert (await client.get(url)).body == b"fine"
        assert lookups == ["rebinding.example"]
        assert server.requests[0].headers["host"] == f"rebinding.example:{server.port}"


@pytest.mark.anyio
async def test_dns_rebinding_fails_on_the_next_connection_too() -> None:
    answers = [["127.0.0.1"], ["10.0.0.1"]]

    async def resolve(host: str, port: int) -> Sequence[str]:
        return answers.pop(0)

    def closing(request: Request) -> bytes:
        return reply(b"fine", ("Connection", "close"))

    async with Server(closing) as server, Client(OPEN, resolve=resolve) as client:
        url = server.url("/", host="rebinding.example")
        await client.get(url)
        with pytest.raises(AddressBlocked, match=r"10\.0\.0\.1"):
            await client.get(url)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "target",
    ["http://10.0.0.1/", "http://[::ffff:10.0.0.1]/", "//169.254.169.254/latest/meta-data/"],
)
async def test_a_redirect_to_inside_is_refused(target: str) -> None:
    moved = reply(b"", ("Location", target), status=302)
    async with Server(lambda _: moved) as server, Client(OPEN) as client:
        with pytest.raises(AddressBlocked, match="redirected to"):
            await client.get(server.url())


@pytest.mark.anyio
async def test_the_next_address_is_tried_when_the_first_does_not_answer() -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.2", "127.0.0.1"]

    async with Server(lambda _: reply(b"fine")) as server, Client(OPEN, resolve=resolve) as client:
        assert (await client.get(server.url("/", host="two.example"))).body == b"fine"


@pytest.mark.anyio
async def test_a_name_nobody_knows_is_unreachable() -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    async with Client(CLOSED, resolve=resolve) as client:
        with pytest.raises(Unreachable, match="host name is not found"):
            await client.get("http://nobody.example/")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("allow", "host"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.0/8", "127.0.0.1"),
        ("127.0.0.0/8", "[::ffff:127.0.0.1]"),
        ("localhost", "localhost"),
        ("LocalHost.", "localhost"),
    ],
)
async def test_the_allowlist_opens_hosts_and_networks(allow: str, host: str) -> None:
    limits = replace(CLOSED, allow=(allow,))
    async with Server(lambda _: reply(b"mine")) as server, Client(limits) as client:
        assert (await client.get(server.url("/", host=host))).body == b"mine"


@pytest.mark.anyio
async def test_a_host_that_is_allowed_does_not_open_its_address_to_other_names() -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    limits = replace(CLOSED, allow=("mine.example",))
    async with Server(lambda _: reply(b"x")) as server, Client(limits, resolve=resolve) as client:
        await client.get(server.url("/", host="mine.example"))
        with pytest.raises(AddressBlocked):
            await client.get(server.url("/", host="theirs.example"))


@pytest.mark.parametrize("entry", ["", "http://x", "a b", "10.0.0.0/99", "127.1", "host:80", "*"])
def test_an_allowlist_entry_that_means_nothing_is_an_error(entry: str) -> None:
    with pytest.raises(ValueError, match="neither a host name, an address nor a network"):
        Client(Limits(allow=(entry,)))
