"""What sound documents can still get wrong together: each rule looks at everything built and reports."""

from __future__ import annotations

from collections.abc import Callable

from sla_catalogue.rule.subject import Subject

RULES: tuple[Callable[[Subject], None], ...] = ()


def check_everything(subject: Subject) -> None:
    """Runs every rule; none stops another."""
    for rule in RULES:
        rule(subject)
