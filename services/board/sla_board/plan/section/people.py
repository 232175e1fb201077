"""Who serves the customer: roles with their hours, people, and the escalation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sla_board.plan.model import Paragraph, Part, PlanSubject, Section, per_plan, table
from sla_board.plan.words.words import PlanWords


def people(subject: PlanSubject) -> Section:
    """Return the support plan's section on people: roles with their hours, languages and escalations.

    The escalations show who is notified how long after a breach.
    """
    words, sheet = subject.words, subject.sheet
    names = _names(subject)
    hours = {
        one["id"]: one["title"] or one["id"] for bought in reversed(subject.bought) for one in bought.sheet["coverages"]
    }
    roles = [
        (
            one["title"] or one["id"],
            ", ".join(names.get(each, each) for each in one["held_by"]) or words.nobody,
            _hours(one, hours, subject),
            one["clause"],
        )
        for one in sheet["roles"]
    ]
    parts: list[Part] = [*table("", (words.role, words.held_by, words.hours, words.clause), roles)]
    spoken = [
        (
            one["name"],
            ", ".join(dict.fromkeys((one["language"], *one["languages"]))),
            one["hours"],
            one["zone"] or (sheet["zone"] if one["hours"] else ""),
        )
        for one in sheet["people"]
    ]
    parts += table("", (words.person, words.speaks, words.hours, words.zone), spoken)
    parts += per_plan(subject, lambda bought: _escalation(bought.sheet, sheet["roles"], names, words))
    return Section("people", words.people, tuple(parts))


def _escalation(
    sheet: Mapping[str, Any], roles: Sequence[Mapping[str, Any]], names: dict[str, str], words: PlanWords
) -> list[Part]:
    """Who is told how long after a breach, by the plan of this sheet. `roles`: of all plans."""
    policy = sheet["escalation"]
    if policy is None:
        return []
    titles = {one["id"]: one["title"] or one["id"] for one in roles}
    levels = [
        (one["after"], "; ".join(_told(name, held, titles, names) for name, held in one["tell"].items() if held))
        for one in policy["levels"]
    ]
    levels = [(after, told or words.nobody) for after, told in levels]
    title = f"{words.escalation}: {policy['title']}" if policy["title"] else words.escalation
    parts: list[Part] = [*table(title, (words.after, words.told), levels)]
    if policy["repeat"]:
        parts.append(Paragraph("", words.repeated.format(count=policy["repeat"], pause=policy["pause"])))
    return parts


def recipients_text(to: Mapping[str, list[str]], subject: PlanSubject) -> str:
    """Return who is notified, as text: people, and roles with those who have the role in parentheses.

    A role that nobody has is left out. If nobody is left, the text is "nobody" in the plan's language.

    Args:
        to: Role, or id of a person -> who has the role, as in `sla_catalogue.sheet`.
    """
    titles = {one["id"]: one["title"] or one["id"] for one in subject.sheet["roles"]}
    names = _names(subject)
    told = "; ".join(_told(name, held, titles, names) for name, held in to.items() if held)
    return told or subject.words.nobody


def _names(subject: PlanSubject) -> dict[str, str]:
    """Of people and rotas, by what the sheet calls the holders of roles."""
    words, sheet = subject.words, subject.sheet
    names = {one["id"]: one["name"] for one in sheet["people"]}
    return names | {f"rota {one['id']}": words.rota.format(name=one["title"] or one["id"]) for one in sheet["rotas"]}


def _hours(role: dict[str, Any], hours: dict[str, str], subject: PlanSubject) -> str:
    if role["coverage"] is None:
        return subject.words.around_the_clock
    title = hours.get(role["coverage"], role["coverage"])
    return subject.words.outside.format(hours=title) if role["outside"] else title


def _told(name: str, held: list[str], titles: dict[str, str], names: dict[str, str]) -> str:
    people = ", ".join(names.get(one, one) for one in held)
    return people if name in names else f"{titles.get(name, name.replace('_', ' '))} ({people})"
