"""slad as its neighbours meet it: a fleet, a mail server, a pager, and a clock that a story moves forward.

Stories share a world, so they share its time: it never goes back, and each story begins by moving on to an hour that
suits it. Everything here goes through public interfaces: HTTP in; SMTP, webhooks and HTTP out.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import itertools
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
import orjson
from holidays import country_holidays
from tests.e2e.fleet import Fleet, Profile
from tests.real.http import http_client
from tests.real.smtp import Mail, SmtpServer
from tests.real.webhook import Request, WebhookReceiver

from sla_platform.timesource import SteeredTime

PATIENCE_SECONDS = 20.0
_LOOK_SECONDS = 0.05
BEGINNING = datetime(2026, 10, 26, 7, 0, tzinfo=UTC)
CATALOGUE = Path(__file__).parent / "catalogue"
SOURCE = "desk"

# Words that no log may show; addresses hold `canary` too.
INGEST_KEY = "canary-ingest-key-2f6c81"
READ_KEY = "canary-read-key-77ab03"
ADMIN_KEY = "canary-admin-key-901dce"
PAGE_KEY = "canary-page-key-5530aa"
GITHUB_SECRET = "canary-github-secret-6d1e"
JIRA_SECRET = "canary-jira-secret-03b8"
TOKEN = "canary-undecided-token-91"
LINK_SECRET = "canary-link-secret-4c5d"
PAGER_SECRET = "whsec_Y2FuYXJ5LXBhZ2VyLXNlY3JldC0wMTIzNDU2Nzg5YQ=="
CANARIES = ("canary", "Y2FuYXJ5LXBhZ2VyLXNlY3JldC0wMTIzNDU2Nzg5YQ")

_LINK = re.compile(r"http://127\.0\.0\.1:\d+/ack/[\w.-]+")


def settings(catalogue: Path, clock: Path, mail: SmtpServer, ca_file: Path, pager: WebhookReceiver) -> dict[str, str]:
    """What every profile of a world shares."""
    return {
        "SLAD_CATALOGUE": str(catalogue),
        "SLAD_TIME": f"steered:{clock}",
        "SLAD_SMTP_URL": f"smtp://localhost:{mail.port}?ca={ca_file}",
        "SLAD_LINK_SECRET": LINK_SECRET,
        "SLAD_WEBHOOK_ALLOW": '["127.0.0.0/8"]',
        "SLAD_PARTITIONS": "6",
        # Ten looks a second: an hour passes at once, and four timers that look oftener take a processor from the tests.
        "SLAD_TICK_MS": "100",
        # A story's hour passes in a moment: no partition is really behind.
        "SLAD_PROVISIONAL_AFTER_SECONDS": "1000000000",
        "SLAD_BOARD_OPEN": "false",
        "SLAD_RATE_PER_MINUTE": "1000000",
        "E2E_SINK": pager.url,
        "E2E_PAGER_SECRET": PAGER_SECRET,
        "E2E_INGEST_KEY": INGEST_KEY,
        "E2E_READ_KEY": READ_KEY,
        "E2E_ADMIN_KEY": ADMIN_KEY,
        "E2E_PAGE_KEY": PAGE_KEY,
        "E2E_GITHUB_SECRET": GITHUB_SECRET,
        "E2E_JIRA_SECRET": JIRA_SECRET,
        "E2E_UNDECIDED_TOKEN": TOKEN,
    }


@dataclass(frozen=True, slots=True)
class Paged:
    """A webhook at the pager, its signature verified."""

    kind: str
    data: Mapping[str, Any]
    id: str
    target: str
    text: str
    possibly_duplicate: bool


class World:
    """One installation with what surrounds it."""

    def __init__(
        self,
        folder: Path,
        profile: Profile,
        mail: SmtpServer,
        pager: WebhookReceiver,
        ca_file: Path,
        more: Mapping[str, str],
        *,
        instances: int = 2,
    ) -> None:
        self.profile = profile
        self.mail = mail
        self.pager = pager
        self.catalogue = folder / "catalogue"
        shutil.copytree(CATALOGUE, self.catalogue)
        self._clock = folder / "clock"
        self.now = BEGINNING
        SteeredTime.steer(self._clock, self.now)
        self.environment = settings(self.catalogue, self._clock, mail, ca_file, pager)
        self.fleet = Fleet(folder, profile, {**self.environment, **more}, instances=instances)
        self._numbers = itertools.count(1)
        self._mails_before = len(mail.accepted.all())
        self._pages_before = len(pager.requests.all())
        self._pages_read: dict[int, Paged] = {}

    # -- time

    def move(self, to: datetime) -> None:
        """Time passes, for every process at once."""
        assert to >= self.now, "time does not go back in a world"
        self.now = to.astimezone(UTC)
        SteeredTime.steer(self._clock, self.now)

    def pass_by(self, **span: float) -> None:
        self.move(self.now + timedelta(**span))

    def next_morning(self, zone: str, hour: str = "09:00", weekday: int = 0) -> datetime:
        """Move on to the next such weekday (0 = Monday) at that hour on the wall of a zone."""
        clock = clock_time.fromisoformat(hour)
        day = self.now.astimezone(ZoneInfo(zone)).date()
        while True:
            day += timedelta(days=1)
            if day.weekday() == weekday and not _closed(day, zone):
                self.move(datetime.combine(day, clock, ZoneInfo(zone)))
                return self.now

    # -- in

    def name(self, story: str) -> str:
        """An incident of its own for a story, also when it is told twice in this world."""
        return f"{story}-{self.profile.value}-{next(self._numbers)}"

    async def happens(
        self,
        incident: str,
        kind: str,
        data: Mapping[str, Any] | None = None,
        *,
        at: datetime | None = None,
        id_: str | None = None,
        key: str = INGEST_KEY,
        instance: int = 0,
    ) -> httpx2.Response:
        """A CloudEvent of the desk, now or at another instant; the answer is expected to be 202."""
        event = cloud_event(incident, kind, data, at or self.now, id_)
        answer = await self.post("/v1/events", event, key=key, instance=instance)
        assert answer.status_code == 202, answer.text
        return answer

    async def post(
        self,
        path: str,
        body: Any,
        *,
        service: str = "ingest",
        key: str = "",
        headers: Mapping[str, str] | None = None,
        instance: int = 0,
    ) -> httpx2.Response:
        """`instance`: which of the processes of the service is asked; -1 for the last."""
        raw = body if isinstance(body, bytes) else orjson.dumps(body)
        kind = "application/cloudevents+json" if path == "/v1/events" else "application/json"
        sent = {"content-type": kind, **({"authorization": f"Bearer {key}"} if key else {}), **(headers or {})}
        async with http_client(timeout=20.0) as client:
            return await client.post(self.fleet.urls(service)[instance] + path, content=raw, headers=sent)

    # -- out

    async def get(self, service: str, path: str, key: str = READ_KEY, **query: str) -> httpx2.Response:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        async with http_client(timeout=20.0, headers=headers) as client:
            return await client.get(self.fleet.url(service) + path, params=query)

    async def incident(self, name: str, source: str = SOURCE) -> dict[str, Any]:
        answer = await self.get("timer", f"/v1/incidents/{source}:{name}")
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def until(self, what: str, look: Callable[[], Any]) -> Any:
        """The first answer that is not empty; a failure names what was waited for and shows the logs' ends."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            found = look()
            if asyncio.iscoroutine(found):
                found = await found
            if found:
                return found
            if time.monotonic() > deadline:
                raise AssertionError(f"no {what} within {PATIENCE_SECONDS:.0f} s\n{self.fleet.tails()}")
            await asyncio.sleep(_LOOK_SECONDS)

    async def applied(self, name: str, condition: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        """The incident once the timer shows what is wanted."""

        async def look() -> dict[str, Any] | None:
            answer = await self.get("timer", f"/v1/incidents/{SOURCE}:{name}")
            return answer.json() if answer.status_code == 200 and condition(answer.json()) else None

        found: dict[str, Any] = await self.until(f"such state of {name}", look)
        return found

    # -- mails and pages of this world

    def mails(self, to: str, about: str) -> list[Mail]:
        """Mails to a mailbox (its part before the @) that name an incident."""
        found = [mail for mail in self.mail.accepted.all()[self._mails_before :]
                 if mail.recipients[0].startswith(to) and about in _words(mail)]  # fmt: skip
        return [mail for number, mail in enumerate(found) if not _repeats(mail, found[:number])]

    async def mailed(self, to: str, about: str, count: int = 1) -> list[Mail]:
        found: list[Mail] = await self.until(
            f"{count} mails to {to} about {about}",
            lambda: (mails := self.mails(to, about)) if len(self.mails(to, about)) >= count else None,
        )
        return found

    def pages(self, pager: str, about: str) -> list[Paged]:
        """Webhooks at a pager that concern an incident or notice, in the order in which they came."""
        return [page for page in self._pages(pager) if about in page.text]

    async def paged(self, pager: str, about: str, count: int = 1) -> list[Paged]:
        found: list[Paged] = await self.until(
            f"{count} webhooks at {pager} about {about}",
            lambda: (pages := self.pages(pager, about)) if len(self.pages(pager, about)) >= count else None,
        )
        return found

    def _pages(self, target: str) -> Iterator[Paged]:
        seen = set()
        for place, request in enumerate(self.pager.requests.all()[self._pages_before :]):
            if request.target == f"/{target}":
                page = self._pages_read.get(place) or self._pages_read.setdefault(place, _verified(request))
                if not (page.possibly_duplicate and page.id in seen):  # as of mails that repeat
                    yield page
                seen.add(page.id)

    async def fence(self) -> None:
        """Let a minute's worth of time pass and prove it has passed everywhere: an incident of the fence is paged.

        What should have been told before then has been told, or never will be.
        """
        name = self.name("fence")
        await self.happens(name, "opened", {"customer": "Fence", "priority": "P1"})
        self.pass_by(minutes=10, seconds=1)
        await self.paged("fence", name)
        await self.happens(name, "resolved", {"actor": "staff"})


_HOLIDAYS = {  # of the zones the stories play in, as far as a story could stumble over one
    date(2026, 11, 11), date(2026, 11, 26), date(2026, 12, 25), date(2026, 12, 26), date(2026, 12, 28),
    date(2027, 1, 1),
}  # fmt: skip


_COUNTRIES = {"Europe/Warsaw": "PL", "Europe/Moscow": "RU"}  # in which years of stories pass many a holiday


def _closed(day: date, zone: str) -> bool:
    country = _COUNTRIES.get(zone)
    return day in _HOLIDAYS or (country is not None and day in country_holidays(country, years=day.year))


def cloud_event(
    incident: str, kind: str, data: Mapping[str, Any] | None, at: datetime, id_: str | None = None
) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": id_ or f"{incident}/{kind}/{at.timestamp():.6f}",
        "source": SOURCE,
        "type": f"io.slad.incident.{kind}.v1",
        "subject": incident,
        "time": at.astimezone(UTC).isoformat(),
        "data": {"title": f"Trouble with {incident}", **(data or {})} if kind == "opened" else dict(data or {}),
    }


def link_in(mail: Mail) -> str:
    """The acknowledgement link of a mail's text part."""
    part = mail.parsed.get_body(("plain",))
    assert part is not None
    found = _LINK.search(part.get_content())
    assert found, part.get_content()
    return found.group()


def subject_of(mail: Mail) -> str:
    return str(mail.parsed["subject"])


def _repeats(mail: Mail, before: Sequence[Mail]) -> bool:
    """Sent once more, and marked so: a minute of a story may pass while a slow machine is still sending."""
    marked = mail.parsed["X-Slad-Possibly-Duplicate"] is not None
    return marked and any(mail.parsed["Message-ID"] == each.parsed["Message-ID"] for each in before)


@cache  # a story looks at the mails of its world again and again
def _words(mail: Mail) -> str:
    part = mail.parsed.get_body(("plain",))
    return f"{mail.parsed['subject']}\n{part.get_content() if part else ''}"


def _verified(request: Request) -> Paged:
    """Standard Webhooks, checked by hand: the library would compare the world's time with the machine's."""
    id_, at = request.header("webhook-id") or "", request.header("webhook-timestamp") or ""
    key = base64.b64decode(PAGER_SECRET.removeprefix("whsec_"))
    mac = hmac.digest(key, f"{id_}.{at}.".encode() + request.body, "sha256")
    assert f"v1,{base64.b64encode(mac).decode()}" in (request.header("webhook-signature") or "").split(" ")
    told = orjson.loads(request.body)
    return Paged(
        told["type"].removeprefix("slad."), told["data"], id_, request.target.removeprefix("/"),
        orjson.dumps(told["data"]).decode(), bool(told.get("possibly_duplicate")),
    )  # fmt: skip
