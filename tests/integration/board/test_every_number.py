"""Every number of the board's pages and reports is followed: it leads to a list that has as many rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from tests.integration.board.vendors import VendorBoard, vendor_board

CONTRACT = "hpe-flexcare-pl"
NUMBER = re.compile(r"-?\d[\d,\u00a0 ]*")
# Numbers of which no page has a list: they count what a report lists itself, or people and messages.
ALONE = {
    "figure.ratings", "figure.escalations", "figure.alerts", "figure.answered", "column.score", "column.shifts",
    "column.alerts", "column.told",
}  # fmt: skip


@dataclass(slots=True)
class Link:
    href: str
    text: str = ""
    bold: str = ""
    """The number of a choice, which stands beside its word."""

    @property
    def number(self) -> int | None:
        """The number that the link consists of, or that its choice has."""
        written = (self.bold or self.text).strip()
        return int(re.sub(r"[^\d-]", "", written)) if NUMBER.fullmatch(written) else None


@dataclass(slots=True)
class Page(HTMLParser):
    """The links of a page, and how many rows its list says to have."""

    links: list[Link] = field(default_factory=list)
    total: str = ""

    def __post_init__(self) -> None:
        HTMLParser.__init__(self)
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if tag == "a" and known.get("href"):
            self.links.append(Link(str(known["href"])))
            self._open.append("a")
        elif tag == "b" and "a" in self._open:
            self._open.append("b")
        elif known.get("id") == "total":
            self._open.append("total")

    def handle_endtag(self, tag: str) -> None:
        if self._open and (tag in self._open or (tag == "strong" and "total" in self._open)):
            self._open.remove("total" if tag == "strong" else tag)

    def handle_data(self, data: str) -> None:
        if "total" in self._open:
            self.total += data
        elif "a" in self._open:
            self.links[-1].text += data
            self.links[-1].bold += data if "b" in self._open else ""


@pytest.fixture
async def board(tmp_path: Path) -> Any:
    async with vendor_board(f"sqlite:///{tmp_path}/board.db") as made:
        await made.quarter(CONTRACT, 40)
        yield made


def target(path: str, link: Link) -> str:
    """The address of another page of the board; "" for none."""
    address = urlsplit(urljoin(f"http://board{path}", link.href.replace("https://sla.example", "http://board")))
    if address.netloc != "board":
        return ""
    return address.path + (f"?{address.query}" if address.query else "")


def numbers(pages: dict[str, Page]) -> Iterator[tuple[str, Link, str]]:
    """Each number that leads to a list of incidents or clocks."""
    for path, page in pages.items():
        for link in page.links:
            there = target(path, link)
            if link.number is not None and urlsplit(there).path == "/incidents":
                yield path, link, there


async def test_every_number_of_attainment_and_reports_leads_to_a_list_of_as_many(board: VendorBoard) -> None:
    periods = ("2026-11", "2026-Q4")
    starts = [f"/attainment?contract={CONTRACT}&period={one}" for one in periods]
    starts += [f"/reports/{CONTRACT}?period={one}" for one in periods]
    read: dict[str, Page] = {}
    for start in starts:
        answer = await board.client.get(start)
        assert answer.status_code == 200, answer.text
        read[start] = Page()
        read[start].feed(answer.text)
    followed = 0
    lists: dict[str, int] = {}
    for path, link, there in numbers(read):
        if there not in lists:
            answer = await board.client.get(there)
            assert answer.status_code == 200, (there, answer.text[:300])
            page = Page()
            page.feed(answer.text)
            lists[there] = int(page.total.replace(",", ""))
        assert lists[there] == link.number, (path, there)
        followed += 1
    assert followed > 60
    assert len(set(lists.values())) > 5


async def test_every_count_of_a_report_has_a_link_unless_it_counts_what_the_report_lists_itself(
    board: VendorBoard,
) -> None:
    for period in ("2026-11", "2026-Q4"):
        made = (await board.client.get(f"/v1/reports/{CONTRACT}", params={"period": period})).json()
        for part in (part for chapter in made["chapters"] for one in chapter["sections"] for part in one["parts"]):
            named = [(one["id"], one) for one in part.get("items", [])]
            named += [
                (key, cell) for row in part.get("rows", []) for key, cell in zip(part["columns"], row, strict=True)
            ]
            for key, cell in named:
                if cell["kind"] == "count" and key not in ALONE:
                    assert cell.get("page"), (part.get("id"), key)


async def test_every_page_that_a_list_offers_has_what_its_choice_says(board: VendorBoard) -> None:
    starts = [
        f"/incidents?contract={CONTRACT}&period=2026-11",
        f"/incidents?contract={CONTRACT}&period=2026-11&counted=requests",
        f"/incidents?contract={CONTRACT}&period=2026-Q4&counted=clocks&metric=first_response&metric=resolution",
        f"/incidents?contract={CONTRACT}&period=2026-11&date=opened",
        f"/incidents?contract={CONTRACT}&period=2026-11&date=present",
    ]
    followed = 0
    for start in starts:
        first = Page()
        answer = await board.client.get(start)
        assert answer.status_code == 200, answer.text
        first.feed(answer.text)
        for _, link, there in numbers({start: first}):
            page = Page()
            page.feed((await board.client.get(there)).text)
            assert int(page.total.replace(",", "")) == link.number, there
            followed += 1
    assert followed > 20


async def test_every_row_leads_to_its_explanation(board: VendorBoard) -> None:
    starts = (f"/reports/{CONTRACT}?period=2026-Q4", f"/incidents?contract={CONTRACT}&period=2026-Q4&counted=requests")
    explained = set()
    for start in starts:
        page = Page()
        page.feed((await board.client.get(start)).text)
        there = {target(start, link) for link in page.links}
        explained |= {urlsplit(one).path for one in there if one.startswith("/incidents/")}
    assert len(explained) > 30
    for incident in sorted(explained):
        answer = await board.client.get(incident)
        assert answer.status_code == 200
        assert 'data-explain="/v1/incidents/' in answer.text, incident
