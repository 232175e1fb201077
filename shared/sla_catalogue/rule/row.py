"""When one row shadows another: the arithmetic of matches, priority by priority."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sla_catalogue.assembly.target import PRIORITY, TargetRow
from sla_domain.plan import Match, MatchCondition, Target

ANY = "(any other)"


def priorities_of(target: Target, all_of_them: Sequence[str]) -> list[str]:
    """Return those of the plan's priorities that a target can match.

    The item `ANY` is added at the end if the target matches incidents with a priority unknown to the plan too.

    Args:
        all_of_them: The plan's priorities.
    """
    for condition in target.match.conditions:
        if condition.attribute == PRIORITY:
            named = [name for name in all_of_them if (name in condition.values) is not condition.negated]
            return [*named, ANY] if condition.negated else named
    return [*all_of_them, ANY]


def shadowing_rows(row: TargetRow, earlier: Iterable[TargetRow], all_of_them: Sequence[str]) -> list[TargetRow]:
    """Return the earlier targets because of which the target `row` is never used.

    Of the targets that match an incident, the first is used. The returned targets together match every incident that
    `row` matches. The result is empty if `row` is used for some incidents, or if it can match no priority.

    Args:
        earlier: The targets before `row`. Targets of other metrics are ignored.
        all_of_them: The plan's priorities.
    """
    takers: list[TargetRow] = []
    candidates = [other for other in earlier if other.target.metric == row.target.metric]
    for priority in priorities_of(row.target, all_of_them):
        taker = next(
            (other for other in candidates if takes_all(other.target, row.target, priority, all_of_them)), None
        )
        if taker is None:
            return []
        if taker not in takers:
            takers.append(taker)
    return takers


def has_unconditional_row(rows: Iterable[TargetRow], priority: str, all_of_them: Sequence[str]) -> bool:
    """Return whether one of these targets matches every incident of a priority.

    Such a target has no condition on any attribute but the priority.

    Args:
        all_of_them: The plan's priorities.
    """
    return any(
        priority in priorities_of(row.target, all_of_them)
        and all(condition.attribute == PRIORITY for condition in row.target.match.conditions)
        for row in rows
    )


def takes_all(other: Target, row: Target, priority: str, all_of_them: Sequence[str]) -> bool:
    """Return whether `other` matches every incident of `priority` that `row` matches.

    If the result is True and `other` comes before `row`, then `row` is never used for that priority.

    Args:
        all_of_them: The plan's priorities.
    """
    if priority not in priorities_of(other, all_of_them):
        return False
    rest = [condition for condition in other.match.conditions if condition.attribute != PRIORITY]
    return all(_implied(condition, row.match) for condition in rest)


def restrict_to(target: Target, known: Mapping[str, str]) -> Target | None:
    """Return a copy of the target that matches only incidents with the attributes `known`.

    The result is None if the target matches no incident with these attributes.

    Args:
        known: Name of an attribute -> the value that an incident must have.
    """
    conditions = target.match.conditions
    if not all(each.holds(known) for each in conditions if each.attribute in known):
        return None
    rest = [each for each in conditions if each.attribute not in known]
    given = [MatchCondition(name, frozenset({value})) for name, value in known.items()]
    return replace(target, match=Match((*rest, *given)))


def _implied(condition: MatchCondition, by: Match) -> bool:
    """Whether whatever satisfies `by` satisfies the condition too."""
    for held in by.conditions:
        if held.attribute != condition.attribute:
            continue
        match held.negated, condition.negated:
            case False, False:
                implied = held.normal_values <= condition.normal_values
            case False, True:
                implied = not held.normal_values & condition.normal_values
            case True, True:
                implied = condition.normal_values <= held.normal_values
            case _:
                implied = False
        if implied:
            return True
    return False
