"""`slad contract list`, `slad contract show CONTRACT`: what was promised to whom, with the clauses behind it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from sla_catalogue.sheet import sheet_of
from sla_domain.plan import written_name
from sla_platform.settings import Settings
from sla_standalone.cli.book import book_of, catalogue_at
from sla_standalone.cli.output import emit, table_console
from sla_standalone.cli.place import path

Where = Annotated[Path | None, typer.Option(parser=path, help="Catalogue directory or file.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(app: typer.Typer) -> None:
    """Add the commands `slad contract …` to the application."""
    group = typer.Typer(
        name="contract", no_args_is_help=True, help="What was promised to whom: contracts listed, and shown whole."
    )
    group.command("list")(list_contracts)
    group.command("show")(show)
    app.add_typer(group)


def list_contracts(catalogue: Where = None, json: Json = False) -> None:
    """List the contracts of a catalogue (by default SLAD_CATALOGUE, else the shipped examples)."""
    usual = Settings().catalogue
    book = catalogue_at(catalogue or (usual if usual.exists() else None)).rulebook
    found: list[dict[str, Any]] = [
        {
            "contract": one.id,
            "title": one.title,
            "plan": written_name(one.plan),
            "base_plan": one.base_plan,
            "zone": one.zone,
            "valid": {"from": one.valid_from, "to": one.valid_to},
            "customers": sorted(one.customers),
            "default": one.id == book.default_contract,
        }
        for one in book.contracts.values()
    ]
    if json:
        emit(found)
        return
    table = Table("contract", "title", "plan", "zone", "valid", "customers")
    for row in found:
        plan = " over ".join(filter(None, (row["plan"], row["base_plan"])))
        name = f"{row['contract']} (default)" if row["default"] else row["contract"]
        table.add_row(name, row["title"], plan, row["zone"], _period(row["valid"]), ", ".join(row["customers"]))
    table_console().print(table)


def show(
    contract: Annotated[str, typer.Argument(help="A contract's id, from the catalogue or the built-in plans.")],
    language: Annotated[str, typer.Option("--lang", help="The language of titles, where the plan has it.")] = "en",
    catalogue: Where = None,
    json: Json = False,
) -> None:
    """Show everything that a contract and its plan promise: targets, hours, priorities, rules, people, escalation."""
    book, found = book_of(contract, catalogue)
    sheet = sheet_of(book, found.id, language)
    if json:
        emit(sheet)
    else:
        _print(sheet, table_console())


def _print(sheet: dict[str, Any], out: Console) -> None:
    for line in _head(sheet):
        out.print(line)
    for title, table in _sections(sheet):
        if table.row_count:
            out.print()
            out.print(title)
            out.print(table)
    for one in sheet["priorities"]:
        if one["definition"]:
            out.print(f"\n{one['id']}: {one['definition']}")


_NOBODY = "none; no one is paged, and the operators are informed of a breach once"


def _head(sheet: dict[str, Any]) -> Iterator[str]:
    yield f"{sheet['contract']} · {sheet['title']}"
    for name in ("plan", "base_plan"):
        if (plan := sheet[name]) is not None:
            sold = _period(plan["sold"])
            told = [f"rank {plan['rank']}", f"sold {sold}" if sold else "", f"in {', '.join(plan['languages'])}"]
            words = ", ".join(part for part in told if part and part != "in ")
            yield f"{name.replace('_', ' ')}: {plan['id']} · {plan['title']} ({words})"
            if plan["note"]:
                yield f"  {plan['note']}"
            if plan["notices"] == "registered":
                yield "  critical fixes reach people who have registered (notices: true) and no others"
    facts = {
        "customers": ", ".join(sheet["customers"]),
        "valid": _period(sheet["valid"]),
        "zone": f"{sheet['zone']}{', holidays of ' + sheet['country'] if sheet['country'] else ''}",
        "languages": ", ".join(sheet["languages"]),
        "products": ", ".join(sheet["products"]),
        "not covered": ", ".join(sheet["excluded_products"]),
        "environment": ", ".join(_product(one) for one in sheet["environment"]),
        "channels": ", ".join(sheet["channels"]),
        "the most urgent by": ", ".join(sheet["urgent_channels"]),
        "left open by agreement": ", ".join(sheet["leaves_unspecified"]),
        "escalation": _NOBODY if sheet["escalation"] is None else "",
        "note": sheet["note"],
    }
    yield from (f"{name}: {value}" for name, value in facts.items() if value)


def _sections(sheet: dict[str, Any]) -> Iterator[tuple[str, Table]]:
    targets = Table("metric", "time", "hours", "when", "warnings", "also met by", "clause", "row")
    titles = {one["id"]: _titled(one["title"], one["id"], one["clause"]) for one in sheet["metrics"]}
    for one in sheet["targets"]:
        when, also = "\n".join(one["when"]), ", ".join(one["satisfied_by"])
        metric = titles.get(one["metric"], one["metric"])
        also = f"priority {also}" if also else ""
        targets.add_row(
            metric, one["time"], one["coverage"], when, ", ".join(one["warn"]), also, one["clause"], one["line"]
        )
    yield "Targets, the first row that fits counts", targets
    yield "Hours", _table(
        ("name", "title", "hours", "zone", "holidays", "exceptions", "clause"),
        (
            (one["id"], one["title"], one["hours"] or _made(one["made_of"]), one["zone"], one["holidays"],
             "\n".join(_exceptions(one)), one["clause"])
            for one in sheet["coverages"]
        ),
    )  # fmt: skip
    yield (
        "Holidays changed by hand",
        _table(
            ("code", "date", "name", "closed", "reason"),
            (
                (one["code"], str(one["date"]), one["name"], one["closed"], one["reason"])
                for one in sheet["holidays_by_hand"]
            ),
        ),
    )
    yield (
        "Priorities",
        _table(
            ("priority", "rank", "title", "also called", "clause"),
            (
                (one["id"], str(one["rank"]), one["title"], ", ".join(one["also"]), one["clause"])
                for one in sheet["priorities"]
            ),
        ),
    )
    yield "Rules", _table(("rule", "value"), _rules(sheet["rules"], sheet["agreed_dates"]))
    yield "Roles", _table(
        ("role", "title", "hours", "held by", "clause"),
        (
            (one["id"], one["title"], f"{'outside ' if one['outside'] else ''}{one['coverage'] or 'always'}",
             ", ".join(one["held_by"]) or "nobody", one["clause"])
            for one in sheet["roles"]
        ),
    )  # fmt: skip
    yield "Hours that can be booked", _table(
        ("window", "title", "notice", "with less notice", "a contract year", "on", "lasts", "for", "in", "on duty",
         "clause"),
        (
            (one["id"], one["title"], _days(one["notice_seconds"]),
             f"+{one['surcharge']} %" if one["late"] == "surcharge" else "refused",
             str(one["per_contract_year"] or "any number"), ", ".join(one["days"]) or "any day",
             _days(one["longest_seconds"]), _for_what(one), ", ".join(one["languages"]), one["role"] or "",
             one["clause"])
            for one in sheet["windows"]
        ),
    )  # fmt: skip
    yield "Allowances", _table(
        ("allowance", "title", "unit", "amount", "expires after", "at most", "off hours", "warnings at", "clause"),
        (
            (one["id"], one["title"], one["unit"], _granted(one), one["expires"], _limits(one), _rate(one),
             ", ".join(one["warn"]), one["clause"])
            for one in sheet["allowances"]
        ),
    )  # fmt: skip
    if (escalation := sheet["escalation"]) is not None:
        yield _told(escalation), _table(
            ("after", "who", "how", "by"),
            (
                (one["after"], "\n".join(_who(name, people) for name, people in one["tell"].items()), one["kind"],
                 ", ".join(one["channels"]))
                for one in escalation["levels"]
            ),
        )  # fmt: skip
    yield (
        "People",
        _table(
            ("person", "name", "of", "language", "critical fixes"),
            (
                (one["id"], one["name"], one["side"], one["language"], "yes" if one["notices"] else "no")
                for one in sheet["people"]
            ),
        ),
    )


def _days(seconds: float | None) -> str:
    if not seconds:
        return ""
    days = seconds / 86_400
    return f"{days:g} days" if days >= 1 else f"{seconds / 3_600:g} hours"


def _for_what(window: dict[str, Any]) -> str:
    not_for = [f"not {product}" for product in window["excluded_products"]]
    return ", ".join([*window["priorities"], *window["products"], *not_for]) or "everything"


def _table(columns: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Table:
    table = Table(*columns)
    for row in rows:
        table.add_row(*row)
    return table


def _rules(rules: dict[str, Any], agreed: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if rules["default"]:
        yield "stated none, or an unknown one", rules["default"]
    if rules["without_description"]:
        yield "without a description", rules["without_description"]
    pairs = ", ".join(f"{one['from']} to {one['to']}" for one in rules["downgrade_pairs"]) or "every one"
    if rules["downgrade"] == "by_agreement":
        yield "lowered only with the customer's agreement", pairs
    if rules["correction_notice"]:
        yield "corrected by staff", "the customer hears old, new and why"
    if rules["clause"]:
        yield "clause", rules["clause"]
    priorities = agreed["priorities"]
    named = priorities if isinstance(priorities, str) else ", ".join(priorities) or "none"
    who = "staff alone may set it" if agreed["by"] == "staff" else "the customer agrees"
    yield "another date may be agreed for", f"{named} ({who}) {agreed['clause']}".rstrip()


def _granted(one: dict[str, Any]) -> str:
    if one["optional"]:
        return "optional, not bought"
    return "what is bought" if one["amount"] is None else f"{one['amount']} per {one['per']}"


def _limits(one: dict[str, Any]) -> str:
    return ", ".join(f"{limit} per {period}" for period, limit in one["at_most"].items())


def _rate(one: dict[str, Any]) -> str:
    rate = one["off_hours"]
    return "" if rate is None else f"× {rate['multiplier']} outside {rate['coverage']}"


def _told(escalation: dict[str, Any]) -> str:
    named = _titled(escalation["title"], escalation["id"], escalation["clause"])
    again = f", {escalation['repeat']} times again after {escalation['pause']}" if escalation["repeat"] else ""
    return f"Escalation: {named}{again}"


def _titled(title: str, id_: str, clause: str) -> str:
    named = f"{title} ({id_})" if title and title != id_ else id_
    return f"{named} {clause}".rstrip()


def _exceptions(coverage: dict[str, Any]) -> Iterator[str]:
    for kind, word in (("openings", "open"), ("closings", "closed")):
        for span in coverage[kind]:
            yield f"{word} {span['from']} to {span['to']} {span['reason']}".rstrip()


def _made(parts: dict[str, list[str]]) -> str:
    return "; ".join(f"{how} of {', '.join(names)}" for how, names in parts.items())


def _who(role: str, people: list[str]) -> str:
    return role if people == [role] else f"{role}: {', '.join(people) or 'nobody'}"


def _product(one: dict[str, Any]) -> str:
    facts = ", ".join(f"{name}: {text}" for name, text in one["facts"].items())
    return " ".join((one["product"], *one["versions"])) + (f" ({facts})" if facts else "")


def _period(valid: dict[str, Any]) -> str:
    start, end = valid["from"], valid["to"]
    return " ".join(part for part in (f"from {start}" if start else "", f"until {end}" if end else "") if part)
