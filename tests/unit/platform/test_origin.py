"""Which names are ours, and which pages may change something."""

from __future__ import annotations

import pytest

from sla_platform.http.origin import HostNames, RequestRefusal, origin_of, refusal

LOCAL = HostNames.of("http://127.0.0.1:8321", "127.0.0.1", (), "laptop")
EVERYWHERE = HostNames.of("http://0.0.0.0:8321", "0.0.0.0", (), "Server7")  # nothing was set but where to listen
PUBLIC = HostNames.of("https://SLA.example", "0.0.0.0", ("sla.internal", "[2001:db8::5]"), "pod-1")


@pytest.mark.parametrize(
    ("names", "host", "own"),
    [
        (LOCAL, "127.0.0.1:8321", True),
        (LOCAL, "localhost:8321", True),
        (LOCAL, "LOCALHOST", True),
        (LOCAL, "localhost.:8321", True),
        (LOCAL, "127.9.9.9", True),
        (LOCAL, "[::1]:8321", True),
        (LOCAL, "laptop:8321", False),
        (LOCAL, "192.0.2.7:8321", False),
        (LOCAL, "evil.example", False),
        (LOCAL, "127.0.0.1.evil.example:8321", False),
        (LOCAL, "localhost.evil.example", False),
        (LOCAL, "2130706433", False),
        (EVERYWHERE, "192.0.2.7:8321", True),
        (EVERYWHERE, "[2001:db8::1]", True),
        (EVERYWHERE, "server7:8321", True),
        (EVERYWHERE, "localhost:8321", True),
        (EVERYWHERE, "evil.example:8321", False),
        (EVERYWHERE, "192.0.2.7.evil.example", False),
        (PUBLIC, "sla.example", True),
        (PUBLIC, "sla.example:8443", True),
        (PUBLIC, "sla.internal:8321", True),
        (PUBLIC, "[2001:db8::5]", True),
        (PUBLIC, "evil.sla.example", False),
        (PUBLIC, "sla.example.evil", False),
        (PUBLIC, "", None),
        (PUBLIC, "sla.example/", None),
        (PUBLIC, "user@sla.example", None),
        (PUBLIC, "sla.example, evil.example", None),
        (PUBLIC, "sla.example:http", None),
        (PUBLIC, "sla.exa mple", None),
        (PUBLIC, "[", None),
    ],
)
def test_names_that_are_ours(names: HostNames, host: str, own: bool | None) -> None:
    assert names.includes(host) is own


def test_a_public_url_that_is_none_names_nobody() -> None:
    for url in ("", "http://[", "sla.example", "ftp://sla.example"):
        assert HostNames.of(url, "0.0.0.0", (), "").includes("sla.example") is False


@pytest.mark.parametrize("hosts", [[], ["sla.example", "sla.example"], ["sla.example", "evil.example"]])
def test_exactly_one_host_is_needed(hosts: list[str]) -> None:
    assert refusal("GET", "/", {"host": hosts} if hosts else {}, PUBLIC) is RequestRefusal.NO_HOST


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
def test_probes_ask_by_any_name(path: str) -> None:
    for headers in ({}, {"host": ["slad-ingest.prod.svc:8321"]}):
        assert refusal("GET", path, headers, PUBLIC) is None
    assert refusal("GET", "/info", {"host": ["slad-ingest.prod.svc:8321"]}, PUBLIC) is RequestRefusal.FOREIGN_HOST


SAYS = [
    ({}, True),
    ({"origin": ["https://sla.example"]}, True),
    ({"origin": ["https://SLA.example:443"]}, True),
    ({"origin": ["http://sla.internal:8321"]}, True),  # by the Host header
    ({"origin": ["https://evil.example"]}, False),
    ({"origin": ["https://sla.example.evil"]}, False),
    ({"origin": ["https://sla.example@evil.example"]}, False),
    ({"origin": ["http://sla.internal:9999"]}, False),
    ({"origin": ["null"]}, False),
    ({"origin": [""]}, False),
    ({"origin": ["file://"]}, False),
    ({"origin": ["https://sla.example", "https://evil.example"]}, False),
    ({"sec-fetch-site": ["same-origin"]}, True),
    ({"sec-fetch-site": ["same-origin"], "origin": ["null"]}, True),
    ({"sec-fetch-site": ["none"]}, True),
    ({"sec-fetch-site": ["same-site"]}, False),
    ({"sec-fetch-site": ["cross-site"]}, False),
    ({"sec-fetch-site": ["cross-site"], "origin": ["https://sla.example"]}, False),
    ({"sec-fetch-site": ["same-origin", "cross-site"]}, False),
    ({"sec-fetch-site": [""]}, False),
]
WHO = [{}, {"authorization": ["Basic eDp5"]}, {"authorization": ["basic eDp5", "Bearer x"]}]


@pytest.mark.parametrize(("says", "let_in"), SAYS)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PROPFIND"])
def test_what_changes_something_comes_from_our_own_page(method: str, says: dict[str, list[str]], let_in: bool) -> None:
    for who in WHO:
        answer = refusal(method, "/v1/alerts/x/ack", {"host": ["sla.internal:8321"]} | who | says, PUBLIC)
        assert answer is (None if let_in else RequestRefusal.FOREIGN_ORIGIN)


@pytest.mark.parametrize(("says", "_"), SAYS)
def test_reading_and_tokens_do_not_depend_on_it(says: dict[str, list[str]], _: bool) -> None:
    host = {"host": ["sla.example"]}
    for method in ("GET", "HEAD", "OPTIONS"):
        assert refusal(method, "/", host | says, PUBLIC) is None
    assert refusal("POST", "/v1/events", host | says | {"authorization": ["Bearer x"]}, PUBLIC) is None


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://sla.example/path?q", "https://sla.example"),
        ("http://[2001:DB8::1]:80/", "http://[2001:db8::1]"),
        ("http://sla.example:8321", "http://sla.example:8321"),
        ("ftp://sla.example", ""),
        ("null", ""),
        ("https://", ""),
        ("http://[", ""),
        ("https://sla.example:99999", ""),
    ],
)
def test_origins_as_a_browser_writes_them(url: str, origin: str) -> None:
    assert origin_of(url) == origin
