"""`slad contract list`, `slad contract show CONTRACT`: what was promised to whom, with the clauses behind it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from sla_catalogue.sheet import sheet_of
from sla_catalogue.yaml_text import yaml_text
from sla_domain.normal import normal
from sla_domain.notice_terms import Cause, Registration, Severity
from sla_domain.plan import written_name
from sla_platform.settings import Settings
from sla_standalone.cli.book import book_of, catalogue_at
from sla_standalone.cli.contract.service import API, ContractService
from sla_standalone.cli.output import emit, say, table_console
from sla_standalone.cli.place import path
from sla_standalone.cli.remote import Key, open_client
from sla_standalone.cli.rota_lines import override_lines, rota_lines

Where = Annotated[Path | None, typer.Option(parser=path, help="Catalogue directory or file.")]
Service = Annotated[
    str, typer.Option("--url", help="A running service, for its recorded contracts too.", envvar="SLAD_URL")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def list_contracts(
    text: Annotated[str, typer.Option("--q", help="Only those whose id, title or customers contain it.")] = "",
    catalogue: Where = None,
    url: Service = "",
    key: Key = "",
    json: Json = False,
) -> None:
    """List the contracts of a catalogue, or of a running service (--url).

    Without options: the catalogue of SLAD_CATALOGUE, or the shipped examples if it does not exist.
    """
    found = _of_service(url, key, text) if url and catalogue is None else _of_files(catalogue, text)
    if json:
        emit(found)
        return
    table = Table("contract", "title", "plan", "zone", "valid", "customers")
    for row in found:
        plan = " over ".join(filter(None, (row["plan"], row.get("base_plan"))))
        mark = "default" if row.get("default") else "recorded" if row.get("managed") == API else ""
        name = f"{row['contract']} ({mark})" if mark else row["contract"]
        valid = _period(row["valid"]) if "valid" in row else ""
        table.add_row(name, row["title"], plan, row.get("zone", ""), valid, ", ".join(row["customers"]))
    table_console().print(table)


def _of_files(catalogue: Path | None, text: str) -> list[dict[str, Any]]:
    usual = Settings().catalogue
    book = catalogue_at(catalogue or (usual if usual.exists() else None)).rulebook
    return [
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
        if normal(text) in normal(" ".join([one.id, one.title, *one.customers]))
    ]


def _of_service(url: str, key: str, text: str) -> list[dict[str, Any]]:
    with open_client(url, key) as client:
        rows = list(ContractService(client).listed(text))
    return [{"contract": row["id"], **{name: value for name, value in row.items() if name != "id"}} for row in rows]


def show(
    contract: Annotated[str, typer.Argument(help="A contract's id, from the catalogue or the built-in plans.")],
    language: Annotated[
        str, typer.Option("--lang", envvar="SLAD_LANG", help="The language of titles, where the plan has it.")
    ] = "en",
    catalogue: Where = None,
    url: Service = "",
    key: Key = "",
    json: Json = False,
) -> None:
    """Show everything that a contract and its plan promise: targets, hours, priorities, rules, people, escalation.

    With --url, a contract recorded in the service is shown from there: its versions and its history.
    """
    if url and catalogue is None and _show_recorded(contract, url, key, json=json):
        return
    book, found = book_of(contract, catalogue)
    sheet = sheet_of(book, found.id, language)
    if json:
        emit(sheet)
    else:
        _print(sheet, table_console())


def _show_recorded(contract: str, url: str, key: str, *, json: bool) -> bool:
    """Whether the service has it as a record; one of the files is shown from them."""
    with open_client(url, key) as client:
        service = ContractService(client)
        known = service.known(contract)
        if known is None or known.managed != API:
            return False
        changes = list(service.changes(contract))
    if json:
        emit(known.told | {"changes": changes})
        return True
    out = table_console()
    out.print(f"{contract} · recorded, revision {known.told['revision']}")
    versions = Table("version", "state", "from", "by", "reason")
    for one in known.told["versions"]:
        versions.add_row(
            str(one["number"]), one["state"].replace("_", " "), one["effective_from"], one["by"], one["reason"]
        )
    out.print(versions)
    history = Table("revision", "at", "what", "by", "reason")
    for one in changes:
        history.add_row(str(one["revision"]), one["at"], one["what"], one["by"], one["reason"])
    out.print(history)
    say(f"\nIts newest version:\n{yaml_text(known.newest)}", nl=False)
    return True


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


def _notices(terms: dict[str, Any]) -> Iterator[str]:
    """Say what a plan restricts of the notices of critical fixes; nothing of one that entitles everybody to all."""
    if not terms["causes"]:
        yield "  critical fixes: none"
        return
    if len(terms["causes"]) < len(Cause) or len(terms["severities"]) < len(Severity):
        causes, severities = (", ".join(terms[name]).replace("_", " ") for name in ("causes", "severities"))
        yield f"  critical fixes: {causes}; of severity {severities}"
    if terms["registration"] == Registration.OPT_IN:
        yield "  critical fixes reach people who have registered (or have notices: true) and no others"


_NOBODY = "none; no one is paged, and the operators are informed of a breach once"


def _head(sheet: dict[str, Any]) -> Iterator[str]:
    yield f"{sheet['contract']} · {sheet['title']}"
    for name in ("plan", "base_plan"):
        if (plan := sheet[name]) is not None:
            sold = _period(plan["sold"])
            told = [f"rank {plan['rank']}", f"sold {sold}" if sold else "", f"in {', '.join(plan['languages'])}"]
            words = ", ".join(part for part in told if part and part != "in ")
            yield f"{name.replace('_', ' ')}: {plan['id']} · {plan['title']} ({words})"
            yield from (f"  {line}" for line in _terms(plan["terms"]))
            if plan["note"]:
                yield f"  {plan['note']}"
            yield from _notices(plan["notices"])
    for one in sheet["entitlements"]:
        over = f" over {one['base_plan']['id']}" if one["base_plan"] else ""
        said = [f"for {', '.join(one['products'])}" if one["products"] else "for every product"]
        said += [f"without {', '.join(one['excluded_products'])}"] if one["excluded_products"] else []
        said += [f"requests: {', '.join(one['types'])}"] if one["types"] else []
        said += [period] if (period := _period(one["valid"])) else []
        yield f"entitlement {one['id']}: {one['plan']['id']}{over}, {', '.join(said)}"
    hours = sheet["channel_hours"]
    vendors = sheet["vendors"] or []
    facts = {
        "customers": ", ".join(sheet["customers"]),
        "valid": _period(sheet["valid"]),
        "zone": f"{sheet['zone']}{', holidays of ' + sheet['country'] if sheet['country'] else ''}",
        "languages": ", ".join(sheet["languages"]),
        "products": ", ".join(sheet["products"]),
        "not covered": ", ".join(sheet["excluded_products"]),
        "environment": ", ".join(_product(one) for one in sheet["environment"]),
        "may register for notices": ", ".join(sheet["registration_domains"]),
        "channels": ", ".join(sheet["channels"]),
        "channels with hours": ", ".join(f"{name} in {hours[name]}" for name in sorted(hours)),
        "contracts with vendors": ", ".join(f"{one['vendor']} {_period(one['valid'])}".strip() for one in vendors),
        "the most urgent by": ", ".join(sheet["urgent_channels"]),
        "left open by agreement": ", ".join(sheet["leaves_unspecified"]),
        "escalation": _NOBODY if sheet["escalation"] is None else "",
        "note": sheet["note"],
    }
    yield from (f"{name}: {value}" for name, value in facts.items() if value)


def _terms(terms: dict[str, Any]) -> Iterator[str]:
    """What the plan asks of a contract, and what it does not cover."""
    if terms["minimum_term"]:
        yield f"bought for {terms['minimum_term']} at least"
    if terms["all_products"]:
        yield "bought for all products"
    gone = terms["not_available_for"]
    if named := [*gone["products"], *gone["countries"]]:
        yield f"not available for {', '.join(named)} {gone['clause']}".rstrip()
    if (scope := terms["scope"]) is not None:
        times = (
            "" if scope["changes_per_term"] is None else f", changed {scope['changes_per_term']} time(s) in the term"
        )
        notice = f" with a notice of {scope['notice']}" if scope["notice"] else ""
        yield f"bought per {scope['per'].replace('_', ' ')}{times}{notice} {scope['clause']}".rstrip()
    for one in terms["not_covered"]:
        clocks = " (no clock counts)" if one["clocks"] == "none" else ""
        yield f"not covered: {', '.join(one['type'])}{clocks} {one['clause']}: {one['advice']}".rstrip(": ")


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
         "costs", "clause"),
        (
            (one["id"], one["title"], _days(one["notice_seconds"]),
             f"+{one['surcharge']} %" if one["late"] == "surcharge" else "refused",
             str(one["per_contract_year"] or "any number"), ", ".join(one["days"]) or "any day",
             _days(one["longest_seconds"]), _for_what(one), ", ".join(one["languages"]), one["role"] or "",
             _price(one["price"]), one["clause"])
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
    yield "Objectives", _table(
        ("objective", "title", "entitlement", "in time", "per", "counted", "at risk", "tells", "credits", "clause"),
        (
            (one["id"], one["title"], one["entitlement"] or "all", one["percent"], one["period"], _counted(one),
             f"{one['at_risk']} of the misses used", "\n".join(_who(name, who) for name, who in one["tell"].items()),
             "\n".join(f"below {row['below']}: {row['credit']}" for row in one["credits"]), one["clause"])
            for one in sheet["objectives"]
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
    yield "Rotas", _table(("rota", "title", "zone", "who, in turns", "hands over", "hours"), rota_lines(sheet["rotas"]))
    yield "Exceptions of rotas", _table(("rota", "who", "from", "until", "why"), override_lines(sheet["rotas"]))
    yield (
        "People",
        _table(
            ("person", "name", "of", "language", "zone", "critical fixes", "leaves"),
            (
                (
                    one["id"],
                    one["name"],
                    one["side"],
                    _languages(one),
                    one["zone"] or "",
                    "yes" if one["notices"] else "no",
                    str(one["until"] or ""),
                )
                for one in sheet["people"]
            ),
        ),
    )


def _days(seconds: float | None) -> str:
    if not seconds:
        return ""
    days = seconds / 86_400
    return f"{days:g} days" if days >= 1 else f"{seconds / 3_600:g} hours"


def _counted(objective: dict[str, Any]) -> str:
    return ", ".join([objective["of"], *objective["metrics"], *objective["priorities"]])


def _price(price: dict[str, Any] | None) -> str:
    return "" if price is None else f"{price['amount']} of {price['allowance']}"


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


def _languages(person: dict[str, Any]) -> str:
    """Of messages first, then the others that the person speaks."""
    return ", ".join(dict.fromkeys([person["language"], *person["languages"]]))


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
    for one in coverage["seasons"]:
        bounds = " ".join(part for part in (f"from {one['from']}" if one["from"] else "",
                                            f"to {one['to']}" if one["to"] else "") if part)  # fmt: skip
        yield f"{bounds}: {one['hours'] or 'closed'}"
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
