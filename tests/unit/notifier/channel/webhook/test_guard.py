"""The guard against server-side request forgery: what must never be connected to, and what may."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from ipaddress import ip_address

import pytest

from sla_notifier.channel.webhook.forbidden import FORBIDDEN, in_networks
from sla_notifier.channel.webhook.guard import Denial, Guard, Vetted, parse_networks, system_resolver
from sla_platform.errors import BadSettings

PUBLIC = "93.184.215.14"

INSIDE = (
    # IPv4: the registries of RFC 6890 and friends
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.254", "127.0.0.1", "127.0.0.53",
    "127.255.255.255", "169.254.0.1", "169.254.169.254", "169.254.170.2", "172.16.0.1", "172.31.255.255", "192.0.0.1",
    "192.0.0.8", "192.0.0.170", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1", "192.168.255.255",
    "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.255", "240.0.0.1",
    "255.255.255.255",
    # IPv6, and what wraps an IPv4 address
    "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "64:ff9b:1:fffe::7f00:1", "100::1", "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::",
    "2002:a9fe:a9fe::1", "3fff::1", "5f00::1", "fc00::1", "fd00::1", "fd00:ec2::254", "fe80::1", "febf::1", "fec0::1",
    "feff::1", "ff02::1", "ff0e::1",
)  # fmt: skip

# Spellings the system's resolver understands as addresses inside; no stub stands between.
SPELLINGS = (
    "127.1", "127.0.1", "2130706433", "0x7f.1", "0x7f000001", "0x7f.0x0.0x0.0x1", "017700000001", "0177.0.0.1",
    "0177.1", "127.000.000.001", "0", "0.0", "0x0", "00", "10.1", "0xa.1", "012.1", "167772161", "192.168.257",
    "0xc0.0xa8.1.1", "3232235777", "169.254.43518", "0xa9fea9fe", "2852039166", "0251.0376.0251.0376",
    "127.0.0.1.", "localhost", "localhost.", "LOCALHOST", "LocalHost",
)  # fmt: skip

# Never even resolved.
UNREADABLE = (
    "", " ", "https", "https:", "https:/", "https://", "https:///", "https:///path", "//example.com", "/etc/passwd",
    "example.com", "javascript:alert(1)", "file:///etc/passwd", "ftp://example.com/", "gopher://example.com:70/_x",
    "dict://example.com:11211/stat", "ldap://example.com/", "data:text/plain,x", "unix:/var/run/docker.sock",
    "http+unix://%2Fvar%2Frun%2Fdocker.sock/", "ws://example.com/", "jar:https://example.com!/", "HTTPS//example.com",
    "https://user@example.com/", "https://user:pass@example.com/", "https://example.com@127.0.0.1/",
    "https://127.0.0.1@example.com/", "https://example.com:443@127.0.0.1/", "https://@example.com/",
    "https://example.com%00.evil.example/", "https://example.com%2f@127.0.0.1/", "https://%31%32%37.0.0.1/",
    "https://[fe80::1%25eth0]/", "https://[fe80::1%eth0]/", "https://[::1", "https://::1]/", "https://[::1]x/",
    "https://[]/", "https://[127.0.0.1]/", "https://[v1.fe80::a]/", "https://exa mple.com/", "https://example.com /",
    "https://example.com/a b", "https://example.com/\r\nHost: evil", "https://example.com/\n", "https://example.com/\t",
    "\thttps://example.com/", " https://example.com/", "https://example.com\\@127.0.0.1/", "https:\\\\example.com/",
    "https://example.com\\.evil.example/", "https://exam\x00ple.com/", "https://example.com/\x7f",
    "https://①②⑦.⓪.⓪.①/", "https://ⓔxample.com/", "https://example。com/", "https://ｅxample.com/",
    "https://example.com:0/", "https://example.com:65536/", "https://example.com:99999/", "https://example.com:-1/",
    "https://example.com:x/", "https://example.com:443:443/", "https://example..com/", "https://.example.com/",
    "https://" + "a" * 300 + ".example/", "https://example.com/" + "a" * 2_000, 'https://example.com/"', "https://<x>/",
)  # fmt: skip


class Names:
    """A resolver that answers from a script, one answer a call, and remembers being asked."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        if not self._answers:
            raise OSError("no such name")
        return self._answers.pop(0)


@pytest.mark.parametrize("address", INSIDE)
async def test_an_address_inside_is_refused_as_a_literal_and_behind_a_name(address: str) -> None:
    literal = f"[{address}]" if ":" in address else address
    assert await Guard(resolve=Names([address])).vet(f"https://{literal}/hook") is Denial.ADDRESS
    assert await Guard(resolve=Names([address])).vet("https://hooks.example/") is Denial.ADDRESS


@pytest.mark.parametrize("host", SPELLINGS)
async def test_other_spellings_of_an_address_inside_are_refused(host: str) -> None:
    assert await Guard(resolve=system_resolver).vet(f"https://{host}/hook") in (
        Denial.ADDRESS,
        Denial.UNRESOLVED,
        Denial.MALFORMED,
    )


@pytest.mark.parametrize("url", UNREADABLE)
async def test_what_two_parsers_could_read_differently_is_refused_before_it_is_resolved(url: str) -> None:
    names = Names([PUBLIC])
    assert isinstance(await Guard(resolve=names).vet(url), Denial)
    assert names.asked == []


def test_there_are_enough_vectors() -> None:
    assert len(INSIDE) + len(SPELLINGS) + len(UNREADABLE) >= 120


@pytest.mark.parametrize("answers", [[PUBLIC, "127.0.0.1"], ["127.0.0.1", PUBLIC], [PUBLIC, "::ffff:10.0.0.1"]])
async def test_one_forbidden_answer_refuses_the_name(answers: list[str]) -> None:
    assert await Guard(resolve=Names(answers)).vet("https://hooks.example/") is Denial.ADDRESS


async def test_a_name_that_changes_after_the_check_changes_nothing() -> None:
    names = Names([PUBLIC], ["127.0.0.1"])
    target = await Guard(resolve=names).vet("https://rebinding.example/hook?x=1")
    assert isinstance(target, Vetted)
    assert target.url(1) == f"https://{PUBLIC}:443/hook?x=1", "connected to by address: nobody asks again"
    assert (target.host, target.host_header) == ("rebinding.example", "rebinding.example")
    assert names.asked == ["rebinding.example"]


async def test_public_addresses_are_reached_by_https_on_allowed_ports_alone() -> None:
    async def vet(url: str) -> Vetted | Denial:
        return await Guard(resolve=Names([PUBLIC])).vet(url)

    assert isinstance(await vet("https://hooks.example/"), Vetted)
    assert isinstance(await vet("https://hooks.example:8443/"), Vetted)
    assert await vet("http://hooks.example/") is Denial.SCHEME
    for port in (22, 25, 80, 6379, 9200, 11211):
        assert await vet(f"https://hooks.example:{port}/") is Denial.PORT


async def test_allow_listed_networks_may_be_reached_by_plain_http_on_any_port() -> None:
    guard = Guard(parse_networks(["10.1.0.0/16"]), resolve=Names(["10.1.2.3"], ["10.2.2.3"], ["10.1.2.3", "10.2.2.3"]))
    assert isinstance(await guard.vet("http://inside.example:9000/"), Vetted)
    assert await guard.vet("http://inside.example:9000/") is Denial.ADDRESS
    assert await guard.vet("http://inside.example:9000/") is Denial.ADDRESS


async def test_a_channel_for_private_addresses_still_reaches_no_metadata_service() -> None:
    for address in ("127.0.0.1", "192.168.1.1", "fd00::1", "::1"):
        assert isinstance(await Guard(resolve=Names([address])).vet("http://x.example/", private=True), Vetted)
    for address in ("169.254.169.254", "fe80::1", "0.0.0.0", "::ffff:127.0.0.1"):
        assert await Guard(resolve=Names([address])).vet("http://x.example/", private=True) is Denial.ADDRESS


async def test_later_attempts_take_the_other_answers() -> None:
    target = await Guard(resolve=Names([PUBLIC, "93.184.215.15"])).vet("https://hooks.example/")
    assert isinstance(target, Vetted)
    assert [target.url(attempt) for attempt in (1, 2, 3)] == [
        f"https://{PUBLIC}:443/",
        "https://93.184.215.15:443/",
        f"https://{PUBLIC}:443/",
    ]


async def test_a_name_that_does_not_resolve_says_so() -> None:
    assert await Guard(resolve=Names()).vet("https://nowhere.example/") is Denial.UNRESOLVED


async def test_a_resolver_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hangs(host: str, port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        return []

    monkeypatch.setattr("sla_notifier.channel.webhook.guard.RESOLVE_SECONDS", 0.01)
    assert await Guard(resolve=hangs).vet("https://slow.example/") is Denial.UNRESOLVED


def test_ordinary_addresses_are_not_forbidden() -> None:
    for address in ("1.1.1.1", "8.8.8.8", PUBLIC, "100.63.255.255", "172.32.0.1", "2606:4700::1111", "2a00:1450::1"):
        assert not in_networks(ip_address(address), FORBIDDEN), address


def test_a_bad_allow_list_stops_the_start() -> None:
    with pytest.raises(BadSettings, match=r"10\.1\.0\.5/16"):
        parse_networks(["10.1.0.5/16"])
