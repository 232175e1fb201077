"""Pages and their JSON twins over HTTP: what is shown, what is refused, what a hostile sender can do (nothing)."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

import httpx2
import pytest
from tests.integration.board.bench import BoardBench, HandTime, bench
from tests.unit.board.envelopes import NOW, Ticket, minutes, notice

from sla_catalogue.api_key import ApiKey, KeyId, KeyScope
from sla_domain.contract import ContractId
from sla_domain.event import Actor, EventKind, TimeQuality, WaitingOn
from sla_domain.fact import FactKind
from sla_platform.envelope import Envelope
from sla_platform.http.keys import KeyGate
from sla_platform.wire import DeliveryFact, encode_delivery_fact


@pytest.fixture
async def client(small_board: BoardBench) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=small_board.app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://board") as opened:
        yield opened


class _Tags(HTMLParser):
    """What a browser would make of a page: its tags with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


async def test_the_board_counts_breaches_in_its_title_and_names_due_in_zone_and_utc(
    small_board: BoardBench, client: httpx2.AsyncClient
) -> None:
    late = Ticket("a:1", left=-10, title="Checkout is down")
    await small_board.tell(late.started(), late.breached(), Ticket("a:2", left=30).started())
    answer = await client.get("/")
    page = _Tags(answer.text)
    assert answer.status_code == 200
    assert "<title>(1) slad board</title>" in answer.text
    for text in ("Checkout is down", "Mon 16 Nov 12:50 CET", "2026-11-16 11:50:00 UTC", "Breached", "Acme Ltd", "P1"):
        assert text in page.text
    assert ("use", {"href": "#i-breached"}) in page.tags


async def test_an_incident_without_a_clock_names_its_contract_and_speaks_in_its_zone(
    small_board: BoardBench, client: httpx2.AsyncClient
) -> None:
    """Nothing is promised for it: there is no clock to take contract and zone from, only the timer's fact."""
    ticket = Ticket("a:1")
    opened = NOW - minutes(60)
    await small_board.tell(
        ticket.event(EventKind.OPENED, opened),
        ticket.fact(FactKind.PROMISE_NONE, "promise-none", opened, due_at=None, contract="formosa", plan="silver",
                    zone="Asia/Taipei", details={"why": "the plan gives no number"}),
    )  # fmt: skip
    page = _Tags((await client.get("/incidents/a:1")).text)
    assert "No clock runs on this incident." in page.text
    shown = " ".join(" ".join(page.text).split())
    assert "Contract formosa · silver" in shown
    assert f"Opened {opened.astimezone(ZoneInfo('Asia/Taipei')):%a %-d %b %H:%M} CST" in shown


async def test_every_page_forbids_what_it_does_not_need(small_board: BoardBench, client: httpx2.AsyncClient) -> None:
    await small_board.tell(Ticket("a:1").started())
    for path in ("/", "/?wall=1", "/incidents/a:1", "/incidents/nothing", "/notices", "/board/static/board.js"):
        headers = (await client.get(path)).headers
        policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
        assert policy == {
            "default-src": "'none'",
            "script-src": "'self'",
            "style-src": "'self'",
            "img-src": "'self' data:",
            "connect-src": "'self'",
            "frame-ancestors": "'none'",
            "base-uri": "'none'",
            "form-action": "'self'",
        }
        assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")


async def test_pages_have_no_inline_script_or_style_and_nothing_from_elsewhere(
    small_board: BoardBench, client: httpx2.AsyncClient
) -> None:
    ticket = Ticket("a:1", url="https://tickets.example/1")
    await small_board.tell(ticket.event(), ticket.started(), notice())
    for path in ("/", "/incidents/a:1", "/notices"):
        for tag, attributes in _Tags((await client.get(path)).text).tags:
            assert "style" not in attributes
            assert not any(name.startswith("on") for name in attributes)
            if tag == "script":
                assert (attributes["src"] or "").startswith("/board/static/")
            if tag == "link":
                assert (attributes["href"] or "").startswith("/board/static/")


PAYLOADS = (
    "<script>document.title='owned'</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "</title><script>alert(1)</script>",
    "{{ 7 * 7 }}{% raw %}",
    "\u202egnp.exe",
    "--><script>alert(1)</script>",
    "&lt;script&gt;",
)


@pytest.mark.parametrize("payload", PAYLOADS)
async def test_hostile_text_is_text_wherever_it_is_shown(
    small_board: BoardBench, client: httpx2.AsyncClient, payload: str
) -> None:
    ticket = Ticket(f"x:{payload}", title=payload, customer=payload, contract=payload, priority=payload[:50])
    ticket.context |= {"plan": payload, "allowed": payload, "url": f"javascript:{payload}"}
    await small_board.tell(
        ticket.event(attributes={payload: payload}, actor_name=payload),
        ticket.event(EventKind.WAITING, waiting_on=WaitingOn.CUSTOMER, reason=payload),
        ticket.started(),
        ticket.paused(why=payload),
        ticket.delivery("failed", recipient=payload, reason=payload, error=payload, channel=payload),
        ticket.alert("acknowledged", by=payload),
        notice(payload[:100], payload, text=payload, link=f"javascript:{payload}", published_by=payload),
    )
    for path in ("/", f"/incidents/{quote(ticket.incident, safe=':')}", "/notices", f"/?q={quote(payload)}"):
        answer = await client.get(path)
        assert answer.status_code == 200
        page = _Tags(answer.text)
        assert payload in page.text, "shown as it is"
        scripts = [attributes.get("src") or "inline" for tag, attributes in page.tags if tag == "script"]
        assert [src.partition("?")[0].rpartition("/")[2] for src in scripts] == (
            ["board.js", "explain.js", "ack.js", "reason.js"] if path.startswith("/incidents/") else ["board.js"]
        )
        assert {"img"}.isdisjoint(tag for tag, _ in page.tags)
        for _, attributes in page.tags:
            assert not any(name.startswith("on") for name in attributes)
            assert not (attributes.get("href") or "").lower().startswith("javascript:")


async def test_an_incident_page_tells_its_life(small_board: BoardBench, client: httpx2.AsyncClient) -> None:
    ticket = Ticket("gh:acme/web#12", left=-5, title="Login loop", url="https://tickets.example/12")
    await small_board.tell(
        ticket.event(at=NOW - minutes(180)),
        ticket.started(NOW - minutes(180)),
        ticket.event(
            EventKind.RESPONDED,
            NOW - minutes(170),
            received_at=NOW - minutes(150),
            quality=TimeQuality.OBJECT_UPDATED,
            actor=Actor.STAFF,
            actor_name="Anna",
        ),
        ticket.paused(NOW - minutes(160)),
        ticket.resumed(NOW - minutes(100), left=-5),
        ticket.warned(NOW - minutes(30)),
        ticket.breached(),
        ticket.alert("opened", NOW - minutes(5)),
        ticket.delivery("sent", NOW - minutes(5), attempts=2, possibly_duplicate=True),
    )
    page = await client.get("/incidents/gh:acme%2Fweb%2312")
    words = " ".join(" ".join(_Tags(page.text).text).split())
    for text in (
        "Login loop", "gh:acme/web#12", "Breached", "4h", "Mon 16 Nov 12:55 CET",
        "2026-11-16 11:55:00 UTC", "Anna", "object updated", "received 20m 00s late", "waiting on customer: logs",
        "not acknowledged, open since Mon 16 Nov 12:55 CET", "anna", "Sent", "possibly a duplicate", "past due",
    ):  # fmt: skip
        assert text in words, text
    twin = (await client.get("/v1/board/incidents/gh:acme%2Fweb%2312")).json()
    assert [span["kind"] for span in twin["promises"][0]["spans"]] == ["running", "paused", "running", "overdue"]
    assert [event["late_seconds"] for event in twin["events"]] == [None, 1200.0]
    assert twin["alerts"][0]["state"] == "open"
    assert (twin["deliveries"][0]["state"], twin["deliveries"][0]["attempts"]) == ("sent", 2)


async def test_an_open_alert_has_a_button_and_one_that_is_answered_or_over_has_none(
    small_board: BoardBench, client: httpx2.AsyncClient
) -> None:
    ticket = Ticket("gh:12", left=-5)
    opened = ticket.alert("opened", NOW - minutes(5))
    await small_board.tell(ticket.event(at=NOW - minutes(180)), ticket.started(), ticket.breached(), opened)
    page = _Tags((await client.get("/incidents/gh:12")).text)
    (form,) = [attributes for tag, attributes in page.tags if tag == "form" and attributes.get("class") == "answer"]
    alert = (await client.get("/v1/board/incidents/gh:12")).json()["alerts"][0]["id"]
    assert (form["method"], form["action"]) == ("post", f"/v1/alerts/{alert}/ack")
    await small_board.tell(ticket.alert("acknowledged", NOW - minutes(4), by="anna"))
    after = _Tags((await client.get("/incidents/gh:12")).text)
    assert not [attributes for tag, attributes in after.tags if attributes.get("class") == "answer"]


async def test_a_moved_promise_keeps_the_first_one_in_sight(
    small_board: BoardBench, client: httpx2.AsyncClient
) -> None:
    ticket = Ticket("a:1", left=60)
    await small_board.tell(ticket.started(), ticket.paused(NOW - minutes(60)), ticket.resumed(NOW, left=120))
    page = await client.get("/incidents/a:1")
    assert "first promised Mon 16 Nov 14:00 CET" in page.text


async def test_how_a_system_is_connected_is_a_page_and_an_unknown_one_is_none(client: httpx2.AsyncClient) -> None:
    page = await client.get("/sources/connect/jira?source=desk")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "/v1/webhooks/desk" in page.text
    assert 'href="/sources/connect/jira"' in (await client.get("/sources")).text
    assert (await client.get("/sources/connect/gitlba")).status_code == 404
    assert (await client.get("/sources/connect/jira?source=A%20B")).status_code == 422


async def test_an_unknown_incident_is_a_page_for_people_and_a_problem_for_programs(client: httpx2.AsyncClient) -> None:
    page = await client.get("/incidents/no:such")
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    problem = await client.get("/v1/board/incidents/no:such")
    assert (problem.status_code, problem.headers["content-type"]) == (404, "application/problem+json")
    stream = await client.get("/v1/stream/incidents/no:such")
    assert stream.status_code == 404


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("limit=0", 422),
        ("limit=100000", 422),
        ("limit=x", 422),
        (f"q={'x' * 500}", 422),
        (f"contract={'x' * 500}", 422),
        ("&".join(["contract=a"] * 60), 422),
        ("q=%00&contract=%00", 400),
        ("sort=nonsense&state=nonsense&bucket=nonsense&priority=", 200),
    ],
)
async def test_odd_queries_have_a_clear_answer(client: httpx2.AsyncClient, query: str, status: int) -> None:
    answer = await client.get(f"/v1/board/clocks?{query}")
    assert answer.status_code == status
    if status == 422:
        assert answer.headers["content-type"] == "application/problem+json"


async def test_odd_paths_have_a_clear_answer(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/incidents/%00")).status_code == 400
    for path in ("/incidents/" + "x" * 3000, "/incidents/..%2F..%2Fetc", "/board/static/..%2Fapi.py"):
        assert (await client.get(path)).status_code == 404, path


async def test_the_json_twin_counts_and_filters_like_the_page(
    small_board: BoardBench, client: httpx2.AsyncClient
) -> None:
    late, soon = Ticket("a:1", left=-10, severity=2), Ticket("a:2", left=10, contract="umbrella")
    await small_board.tell(late.started(), late.breached(), soon.started())
    body = (await client.get("/v1/board/clocks?contract=umbrella")).json()
    assert (body["total"], body["open"], body["buckets"]["soon"], body["buckets"]["breached"]) == (1, 2, 1, 0)
    [clock] = body["clocks"]
    assert (clock["remaining_seconds"], clock["bucket"], clock["due_at"]) == (600.0, "soon", "2026-11-16T12:10:00Z")
    by_breach = (await client.get("/v1/board/clocks?state=breached")).json()["clocks"]
    assert [(c["incident"], c["breached"], c["remaining_seconds"]) for c in by_breach] == [("a:1", True, -600.0)]


async def test_notices_are_shown_with_how_far_their_telling_has_come(
    small_board: BoardBench, client: httpx2.AsyncClient
) -> None:
    await small_board.tell(notice())
    page = await client.get("/notices")
    assert "Fix it now" in page.text
    assert "No notifications yet" in page.text

    def told(what: str, number: int, by: str = "") -> Envelope:
        fact = DeliveryFact(
            what=what,
            notice="CVE-1",
            alert=f"fix_{number}",
            delivery=f"d{number}",
            contract=f"c{number}",
            at=NOW,
            by=by,
        )
        return encode_delivery_fact(fact, f"{what}/{number}")

    await small_board.tell(
        *(told("alert.opened", number) for number in range(3)),
        *(told("delivery.sent", number) for number in range(2)),
        told("delivery.retrying", 2),
        told("alert.acknowledged", 1, by="anna"),
    )
    words = " ".join((await client.get("/notices")).text.split())
    assert "Notifications: 1 retrying, 2 sent · acknowledged for 1 of 3 contracts" in words


async def test_static_files_are_kept_by_browsers_until_they_change(client: httpx2.AsyncClient) -> None:
    page = await client.get("/")
    script = next(a["src"] for tag, a in _Tags(page.text).tags if tag == "script")
    assert script is not None
    answer = await client.get(script)
    assert hashlib.sha256(answer.content).hexdigest().startswith(script.partition("?v=")[2])
    assert "immutable" in answer.headers["cache-control"]


# Keys.


def _gate() -> KeyGate:
    def key(text: str, *scopes: KeyScope, contract: str | None = None) -> ApiKey:
        digest = hashlib.sha256(text.encode()).hexdigest()
        one = ContractId(contract) if contract else None
        return ApiKey(id=KeyId(text), sha256=digest, scopes=frozenset(scopes), contract=one)

    keys = (key("all", KeyScope.READ), key("acme", KeyScope.READ, contract="acme"), key("sender", KeyScope.INGEST))
    return KeyGate(lambda: keys, HandTime())


@pytest.fixture
async def closed_board(tmp_path: Path) -> AsyncIterator[BoardBench]:
    async with bench(f"sqlite:///{tmp_path}/board.db", _gate()) as built:
        mine, theirs = Ticket("a:1", left=-10), Ticket("b:1", contract="umbrella", title="Shared")
        shared = Ticket("b:1", contract="acme", metric="first_response", title="Shared")
        await built.tell(
            mine.event(), mine.started(), mine.breached(), theirs.event(), theirs.started(), shared.started(),
            theirs.delivery("sent", contract="umbrella", recipient="their-person"), notice(),
        )  # fmt: skip
        yield built


A_CLOCK = Ticket("a:1").clock
ROUTES = (
    "/", "/notices", "/incidents/a:1", "/v1/board/clocks", "/v1/board/incidents/a:1", "/v1/stream",
    "/v1/stream/incidents/a:1", "/incidents", "/v1/incidents", "/v1/incidents.csv", "/v1/incidents.jsonl",
    "/v1/incidents.events.jsonl", "/attainment", "/v1/attainment", "/v1/due.ics", "/v1/evidence/board/a:1", "/pauses",
    "/v1/pauses", "/v1/pauses/shares", "/breaches", "/v1/breaches", "/sources", "/sources/front/parked",
    "/sources/connect/jira",
    "/v1/breakdowns?contract=acme&period=2026-11",
    f"/v1/breaches/{A_CLOCK}",
)  # fmt: skip


@pytest.mark.parametrize("route", ROUTES)
async def test_every_route_asks_for_a_key_and_its_scope(closed_board: BoardBench, route: str) -> None:
    transport = httpx2.ASGITransport(app=closed_board.app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://board") as client:
        nobody = await client.get(route)
        assert (nobody.status_code, nobody.headers["www-authenticate"][:5]) == (401, "Basic")
        assert (await client.get(route, headers={"Authorization": "Bearer sender"})).status_code == 403
        if "stream" not in route:
            read = await client.get(route, auth=("anyone", "all"))
            assert read.status_code == (403 if route.endswith("/parked") else 200), "bodies are an admin's alone"


async def test_no_route_lacks_a_check(closed_board: BoardBench) -> None:
    declared = {route.path for route in closed_board.service.router.routes}  # type: ignore[attr-defined]
    checked = {
        route.replace("a:1", "{incident:path}")
        .replace("/front/", "/{source}/")
        .replace("/connect/jira", "/connect/{system}")
        .replace(str(A_CLOCK), "{clock}")
        .partition("?")[0]
        for route in ROUTES
    }
    explained = "/v1/breaches/{clock}/reason"  # tests/integration/board/test_breaches.py
    assert declared - checked == {"/board/static/{name}", explained}


async def test_a_key_of_one_contract_sees_that_contract_alone(closed_board: BoardBench) -> None:
    transport = httpx2.ASGITransport(app=closed_board.app)
    headers = {"Authorization": "Bearer acme"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://board", headers=headers) as client:
        board = await client.get("/")
        assert "umbrella" not in board.text
        clocks = (await client.get("/v1/board/clocks?contract=umbrella")).json()
        assert (clocks["clocks"], clocks["open"]) == ([], 2)
        incident = (await client.get("/v1/board/incidents/b:1")).json()
        assert [promise["clock"]["contract"] for promise in incident["promises"]] == ["acme"]
        assert incident["deliveries"] == []
        assert "their-person" not in (await client.get("/incidents/b:1")).text
        assert "Fix it now" not in (await client.get("/notices")).text


async def test_an_incident_of_another_contract_is_not_even_known(closed_board: BoardBench) -> None:
    other = Ticket("c:1", contract="umbrella")
    await closed_board.tell(other.event(), other.started())
    transport = httpx2.ASGITransport(app=closed_board.app)
    headers = {"Authorization": "Bearer acme"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://board", headers=headers) as client:
        for path in ("/incidents/c:1", "/v1/board/incidents/c:1", "/v1/stream/incidents/c:1"):
            assert (await client.get(path)).status_code == 404, path


async def test_a_notice_is_shown_in_its_newest_revision_and_as_withdrawn(
    small_board: BoardBench, client: httpx2.AsyncClient
) -> None:
    await small_board.tell(
        notice(), notice(title="Fix it at leisure", revision=2, cause="data_loss", reason="it is rare")
    )
    words = " ".join((await client.get("/notices")).text.split())
    assert "Fix it at leisure" in words
    assert "Revision 2: <bdi>it is rare</bdi>" in words
    assert "data loss" in words
    await small_board.tell(notice(title="It is over", revision=4, withdrawn=True, reason="a slip"))
    await small_board.tell(notice(title="Late", revision=3))
    words = " ".join((await client.get("/notices")).text.split())
    assert ("It is over" in words, "Late" in words) == (True, False)
    assert "Withdrawn: <bdi>a slip</bdi>" in words


async def test_what_waits_for_quiet_hours_says_until_when(small_board: BoardBench, client: httpx2.AsyncClient) -> None:
    ticket = Ticket("gh:acme/web#13", left=300, title="Slow search", url="https://tickets.example/13")
    until = NOW + minutes(240)
    await small_board.tell(
        ticket.event(at=NOW - minutes(10)),
        ticket.started(),
        ticket.delivery("held", NOW, held_until=until),
    )
    page = await client.get("/incidents/gh:acme%2Fweb%2313")
    words = " ".join(" ".join(_Tags(page.text).text).split())
    assert "Held quiet hours until Mon 16 Nov 17:00 CET" in words
    [shown] = (await client.get("/v1/board/incidents/gh:acme%2Fweb%2313")).json()["deliveries"]
    assert (shown["state"], shown["held_until"]) == ("held", "2026-11-16T16:00:00Z")
    await small_board.tell(ticket.delivery("sent", until))
    [shown] = (await client.get("/v1/board/incidents/gh:acme%2Fweb%2313")).json()["deliveries"]
    assert (shown["state"], shown["held_until"]) == ("sent", None)
