"""Rendering pages from templates with autoescape, and the numbers of a page for the browser's script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from hashlib import blake2b
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import orjson
from babel import Locale
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from sla_board.attainment.listed import AttainmentPage
from sla_board.attainment.model import ContractAttainment, percent_text, query_of_cell, query_of_objective
from sla_board.attainment.words import (
    amended_text,
    assumption_of,
    misses_text,
    objective_text,
    objective_title,
    standing_word,
)
from sla_board.history.cursor import written_cursor
from sla_board.history.query import IncidentPage
from sla_board.page.incidents import LOOKS, chips, clock_words, counted_words, dates_words, empty_words, metric_choices
from sla_board.page.marked import marked_block, marked_line
from sla_board.page.report import ReportPages
from sla_board.page.static import StaticFiles
from sla_board.plan.bought import day_text
from sla_board.plan.listed import ContractLink, contract_path
from sla_board.plan.model import SupportPlan
from sla_board.plan.words.words import PlanWords
from sla_board.shown import word
from sla_board.shown.breaches import BreachFilter, BreachPage, PlanReasons
from sla_board.shown.bucket import Bucket
from sla_board.shown.filter import BoardFilter, ClockCondition, QueueOrder
from sla_board.shown.incident import IncidentFile
from sla_board.shown.not_shown import Attempts, NotShown
from sla_board.shown.notice import ShownNotice
from sla_board.shown.pauses import PauseFilter, PausePage, PauseSums
from sla_board.shown.queue import Queue
from sla_board.shown.row import ClockRow, ack_path, explain_path, incident_path, row_of
from sla_catalogue.system import (
    SECRETS,
    SecretMaker,
    System,
    filled_step,
    secret_file_line,
    source_lines,
    system_names,
    system_of,
    webhook_address,
)
from sla_domain.attainment import PromiseVerdict
from sla_domain.breach_reason import NO_RULES, BreachReasons
from sla_domain.explain.language import LANGUAGES, words_for
from sla_domain.rfc3339 import rfc3339

_MOST_CACHED = 5000


def _own_name(tag: str) -> str:
    """Return what a language calls itself: `pl` gives "polski"."""
    locale = Locale.parse(tag, sep="-")
    by_script: str | None = locale.languages.get(f"{locale.language}_{locale.script}")
    return by_script or locale.get_language_name() or tag


_static_files = cache(StaticFiles)
_FACT_WORDS = {
    "when": "Which time counts",
    "staff": "Who is staff",
    "snapshot": "What of the ticket it shows",
    "redelivered": "How a redelivery is known",
    "not known": "What cannot be known",
}
_SECRETS = {
    SecretMaker.OURS: "You make the secret (openssl rand -hex 32). Keep it in the file {file}, beside that file.",
    SecretMaker.WHSEC: "You make the secret, whsec_ and 32 random bytes in base64. Keep it in the file {file}, beside "
    "that file.",
    SecretMaker.THEIRS: "{title} makes the secret. Keep it in the file {file}, beside that file.",
}
_LANGUAGES = {tag: _own_name(tag) for tag in LANGUAGES}  # of explanations


class Pages:
    """Renders the board's pages as HTML from templates, which escape all values.

    The HTML of a row is cached until the row's `mark` (a checksum of its values) changes.

    Args:
        attempts: Makes each row of the board and catches errors. A row that fails is replaced by a remark.
    """

    def __init__(self, attempts: Attempts | None = None) -> None:
        self.attempts = attempts or Attempts()
        self.static = _static_files()
        self._rows: dict[tuple[str, str], str] = {}
        self._templates = self._compiled()
        style = self.static.get("report.css")
        self.reports = ReportPages(self._templates, "" if style is None else style.content.decode())

    @staticmethod
    @cache
    def _compiled() -> Environment:
        """The templates, compiled once in a process: a third of a second, and they are the same for all boards."""
        templates = Environment(
            loader=PackageLoader("sla_board.page"),
            autoescape=select_autoescape(default=True, default_for_string=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        templates.globals.update(
            static=_static_files().address,
            incident_path=incident_path,
            explain_path=explain_path,
            ack_path=ack_path,
            LANGUAGES=_LANGUAGES,
            day_text=day_text,
            metric_word=word.metric_title,
            reason_path=reason_path,
            reason_title=reason_title,
            words=words_for("en"),
            QueueOrder=QueueOrder,
            Bucket=Bucket,
            ClockCondition=ClockCondition,
            PromiseVerdict=PromiseVerdict,
            verdict_look=LOOKS,
            clock_words=clock_words,
            counted_words=counted_words,
            dates_words=dates_words,
            web_link=word.web_link,
            contract_path=contract_path,
            percent=percent_text,
            assumption_of=assumption_of,
            amended_text=amended_text,
            misses_text=misses_text,
            objective_text=objective_text,
            objective_title=objective_title,
            standing_word=standing_word,
            objective_query=query_of_objective,
            cell_query=query_of_cell,
            fact_words=_FACT_WORDS,
        )
        templates.filters.update(
            local=word.local_text, dated=word.dated_text, utc=word.utc_text, span=word.short_span, iso=browser_instant,
            marked=marked_block, marked_line=marked_line,
        )  # fmt: skip
        for name in templates.list_templates(extensions=["html"]):
            templates.get_template(name)  # read now: later there may be no descriptor left for it
        return templates

    def board_fragment(self, queue: Queue) -> dict[str, Any]:
        """Return the parts of the board's page that change, as one JSON object.

        Equal objects mean an equal page. The keys are:

        - `rows`: maps the id of a row's HTML element to its HTML, in the order of the page.
        - `counts`: maps a bucket (how soon due) to the number of clocks.
        - `title`: the title of the page.
        - `breached`: the number of breached clocks.
        - `total`: the number of clocks that match the filter.
        - `shown`: the number of clocks in `rows`.
        - `open`: the number of clocks that the viewer may see.
        """
        rows = dict(self._row_or_remark(record, queue) for record in queue.rows)
        return {
            "rows": rows,
            "counts": {bucket.slug: count for bucket, count in queue.buckets.items()},
            "title": board_title(queue),
            "breached": queue.buckets[Bucket.BREACHED],
            "total": queue.total,
            "shown": len(rows),
            "open": queue.open_clocks,
        }

    def board(self, shown: BoardFilter, queue: Queue, *, wall: bool, notices: int) -> str:
        """Return the HTML of the board's page with the clocks in `queue`.

        Args:
            shown: The filter that selected the clocks. The page displays its choices.
            wall: Whether to use the layout for a wall display.
            notices: The number of critical-fix notices.
        """
        fragment = self.board_fragment(queue)
        return self._templates.get_template("board.html").render(
            shown=shown,
            queue=queue,
            fragment=fragment,
            rows=Markup("".join(fragment["rows"].values())),  # noqa: S704 - it came out of the autoescaping template just now
            frame=frame_id(fragment),
            now=queue.now,
            wall=wall,
            notices=notices,
        )

    def incident_fragment(self, file: IncidentFile, reasons: PlanReasons = lambda _: NO_RULES) -> dict[str, Any]:
        """Return the parts of an incident's page that change, as one JSON object.

        Its keys are `html` (the body of the page) and `title`. Unchanged contents give an equal object, because the
        present instant is not part of it. One exception: the drawing of the timeline changes every half minute.

        Args:
            file: The content of the page.
            reasons: Returns the rules of a plan on reasons of breaches, given the plan's id.
        """
        html = self._templates.get_template("incident_body.html").render(file=file, reasons=reasons)
        return {"html": html, "title": f"{file.title} · slad"}

    def incident(self, file: IncidentFile, now: datetime, reasons: PlanReasons = lambda _: NO_RULES) -> str:
        """Return the HTML of an incident's page with the content `file`.

        Args:
            now: The server's present instant (aware), at which the page's own clock starts.
            reasons: Returns the rules of a plan on reasons of breaches, given the plan's id.
        """
        fragment = self.incident_fragment(file, reasons)
        return self._templates.get_template("incident.html").render(
            file=file,
            body=Markup(fragment["html"]),  # noqa: S704 - as above
            fragment=fragment,
            frame=frame_id(fragment),
            now=now,
        )

    def incidents(self, page: IncidentPage, cursor: str, now: datetime) -> str:
        """Return the HTML of a page of the list of incidents.

        Args:
            cursor: The place in the list where this page begins. "" for the first page.
            now: The server's present instant (aware), at which the page's own clock starts.
        """
        query = page.shown.query()
        following = "" if page.after is None else f"cursor={written_cursor(page.after, page.shown)}"
        return self._templates.get_template("incidents.html").render(
            page=page,
            cursor=cursor,
            next="&".join(part for part in (query, following) if part),
            chips=list(chips(page.shown)),
            metrics=metric_choices(page.shown),
            empty=empty_words(page),
            now=now,
        )

    def unfit_list(self, errors: Sequence[Mapping[str, Any]], now: datetime) -> str:
        """Return the HTML of the page that replaces the list of incidents if its filter cannot be read.

        Args:
            errors: Mappings with `pointer` (the parameter of the URL) and `detail` (what is wrong).
            now: The server's present instant (aware), at which the page's own clock starts.
        """
        return self._templates.get_template("unfit_list.html").render(errors=errors, now=now)

    def notices(self, notices: Sequence[ShownNotice | NotShown], now: datetime) -> str:
        """Return the HTML of the page of critical-fix notices, in the order given.

        Args:
            now: The server's present instant (aware), at which the page's own clock starts.
        """
        return self._templates.get_template("notices.html").render(notices=notices, now=now)

    def pauses(
        self, asked: PauseFilter, page: PausePage, sums: PauseSums, query: Mapping[str, str], now: datetime
    ) -> str:
        """Return the HTML of the audit of pauses: which clocks were paused for how long, by whom, and waiting for whom.

        Args:
            asked: The filter, whose choices the page shows.
            page: The listed pauses.
            sums: The sums over all pauses that match the filter.
            query: The query parameters of the present URL, for the link to older pauses.
            now: The server's present instant (aware).
        """
        older = "" if page.next is None else urlencode({**query, "after": str(page.next)})
        template = self._templates.get_template("pauses.html")
        return template.render(asked=asked, page=page, sums=sums, older=older, query=query, now=now)

    def breaches(
        self,
        asked: BreachFilter,
        page: BreachPage,
        reasons: PlanReasons,
        query: Mapping[str, str],
        now: datetime,
    ) -> str:
        """Return the HTML of the list of breaches with their reasons.

        Args:
            asked: The filter, whose choices the page shows.
            page: The listed breaches.
            reasons: Returns the rules of a plan on reasons, given the plan's id.
            query: The query parameters of the present URL, for the link to older breaches.
            now: The server's present instant (aware).
        """
        older = "" if page.next is None else urlencode({**query, "after": str(page.next)})
        template = self._templates.get_template("breaches.html")
        return template.render(asked=asked, page=page, reasons=reasons, older=older, query=query, now=now)

    def sources(self, now: datetime) -> str:
        """Return the HTML of the page of the sources (ticketing systems), filled by the browser from `/v1/sources`.

        Args:
            now: The server's present instant (aware), at which the page's own clock starts.
        """
        systems = sorted(map(system_of, system_names()), key=lambda system: system.title.casefold())
        return self._templates.get_template("sources.html").render(now=now, systems=systems)

    def connect(self, system: System, source: str, public_url: str, now: datetime) -> str:
        """Return the HTML of the page that says how to connect a ticketing system, as `slad connect` does.

        Args:
            system: The ticketing system.
            source: The id of the new source.
            public_url: The URL at which slad is reached from outside.
            now: The server's present instant (aware), at which the page's own clock starts.
        """
        url = webhook_address(public_url, source)
        lines = source_lines(system, source, secret_file_line(source))
        return self._templates.get_template("connect.html").render(
            system=system,
            source=source,
            url=url,
            yaml="\n".join(["sources:", *(f"  {line}" for line in lines)]),
            secret=_SECRETS[system.secret].format(file=f"{SECRETS}/{source}", title=system.title),
            steps=[filled_step(step, url, source) for step in system.steps],
            traps=[filled_step(trap, url, source) for trap in system.traps],
            now=now,
        )

    def parked(self, source: str, now: datetime) -> str:
        """Return the HTML of the page on the parked deliveries of a source (those that were not understood).

        The browser asks the ingest service for them.

        Args:
            source: The source's id.
            now: The server's present instant (aware), at which the page's own clock starts.
        """
        return self._templates.get_template("parked.html").render(source=source, now=now)

    def contracts(self, contracts: Sequence[ContractLink], text: str, more: bool, now: datetime) -> str:
        """Return the HTML of the list of contracts.

        Args:
            text: The search text.
            more: Whether there are more matches than `contracts`.
            now: The server's present instant (aware), at which the page's own clock starts.
        """
        return self._templates.get_template("contracts.html").render(contracts=contracts, text=text, next=more, now=now)

    def attainment(self, page: AttainmentPage, named: Sequence[str], written: str, now: datetime) -> str:
        """Return the HTML of the page of attainment.

        Args:
            page: The contracts to show, with their attainment.
            named: Ids of the requested contracts. Empty for all.
            written: The requested period, such as `2026-11`. "" for the present month.
            now: The server's present instant (aware), at which the page's own clock starts.
        """
        return self._templates.get_template("attainment.html").render(
            page=page,
            named=named,
            written=written,
            neighbours=_neighbours(page, named),
            more=_attainment_path(named, written, page.after or ""),
            now=now,
        )

    def support_plan(self, plan: SupportPlan, now: datetime, attained: ContractAttainment | None = None) -> str:
        """Return the HTML of a contract's support plan for callers with an API key.

        Args:
            now: The server's present instant (aware), at which the page's own clock starts.
            attained: The contract's attainment this month, shown below the plan. None for none.
        """
        pdf = f"{contract_path(plan.contract)}/plan.pdf"
        return self._templates.get_template("support_plan.html").render(plan=plan, pdf=pdf, one=attained, now=now)

    def plan_for_customer(self, plan: SupportPlan, pdf: str) -> str:
        """Return the HTML of a support plan for a customer.

        The page has no links to other pages of the board.

        Args:
            pdf: The path of the plan as PDF. "" without a PDF.
        """
        return self._templates.get_template("plan_alone.html").render(plan=plan, pdf=pdf)

    def closed_link(self, said: str, words: PlanWords) -> str:
        """Return the HTML of the page for a link that does not open a support plan.

        Args:
            said: The sentence with the reason.
            words: The texts in the language of the page.
        """
        return self._templates.get_template("link_closed.html").render(said=said, words=words)

    def not_found(self, what: str, now: datetime) -> str:
        """Return the HTML of the page for status 404 (not found).

        Args:
            what: The requested id of an incident or contract.
            now: The server's present instant (aware), at which the page's own clock starts.
        """
        return self._templates.get_template("missing.html").render(what=what, now=now)

    def _row_or_remark(self, record: Any, queue: Queue) -> tuple[str, str]:
        """The row's id on the page and its HTML; for one that cannot be shown a remark in its place."""
        id_, element = str(record.id), f"c-{record.id}"
        made = self.attempts.make(
            "row", id_, record.incident, lambda: self._row(row_of(record, queue.hours, queue.alerts.get(id_)))
        )
        if isinstance(made, NotShown):
            return element, self._templates.get_template("not_shown_row.html").render(not_shown=made, element=element)
        return element, made

    def _row(self, row: ClockRow) -> str:
        key = (row.id, row.mark)
        html = self._rows.get(key)
        if html is None:
            if len(self._rows) >= _MOST_CACHED:
                self._rows.clear()
            html = self._rows[key] = self._templates.get_template("row.html").render(row=row)
        return html


def reason_path(clock: UUID) -> str:
    """Return the path in the board's API to which a reason for the breach of a clock is posted."""
    return f"/v1/breaches/{clock}/reason"


def reason_title(rules: BreachReasons, code: str) -> str:
    """Return the English title of a code by which a breach's reason is stated, such as `late_handover`.

    If the plan no longer offers the code, the result is the code itself.

    Args:
        rules: The rules of the plan on reasons, with the codes that the plan offers.
    """
    known = rules.code(code)
    return code if known is None else known.title("en")


def board_title(queue: Queue) -> str:
    """Return the title of the board's page, with the number of breached clocks.

    The title is `(3) slad board` for three breached clocks, and `slad board` for none.
    """
    breached = queue.buckets[Bucket.BREACHED]
    return f"({breached}) slad board" if breached else "slad board"


def _neighbours(page: AttainmentPage, named: Sequence[str]) -> dict[str, str] | None:
    """Links to the periods before and after, as the first contract shown has them."""
    if not page.contracts:
        return None
    period = page.contracts[0].period
    before, after = period.previous().label, period.next().label
    return {
        "before": before,
        "after": after,
        "previous": _attainment_path(named, before, ""),
        "next": _attainment_path(named, after, ""),
    }


def _attainment_path(named: Sequence[str], period: str, after: str) -> str:
    pairs = [("contract", one) for one in named] + [("period", period), ("after", after)]
    return f"/attainment?{urlencode([(name, value) for name, value in pairs if value])}"


def frame_id(fragment: dict[str, Any]) -> str:
    """Return the id of a rendered page: 18 hex digits computed from the changing parts.

    Equal parts give an equal id.

    Args:
        fragment: The changing parts, for example from `Pages.board_fragment`.
    """
    return blake2b(orjson.dumps(fragment), digest_size=9).hexdigest()


def browser_instant(instant: datetime) -> str:
    """Return an instant as RFC 3339 with milliseconds, which JavaScript's Date parses."""
    return rfc3339(instant, "milliseconds")


def remaining_seconds(due_at: datetime | None, now: datetime) -> float | None:
    """Return the seconds of wall time from `now` to the due instant `due_at`.

    The number is negative once the due instant has passed. The result is None without a due instant.
    """
    return None if due_at is None else (due_at - now) / timedelta(seconds=1)
