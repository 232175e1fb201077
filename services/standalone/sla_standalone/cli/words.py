"""The words of commands whose output people read in their own language, a table a language.

English is the default everywhere, whatever the machine's own language: scripts and runbooks count on it. `--lang`, or
SLAD_LANG for good, chooses another. JSON is the same in every language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated

import typer

from sla_domain.explain.language import LANGUAGES
from sla_domain.explain.language.tag import nearest_tag
from sla_standalone.cli.output import stop


def language_tag(value: str) -> str:
    """Return the supported language tag nearest to the value of `--lang`.

    If none is near, the command ends with a message.
    """
    return nearest_tag(value, LANGUAGES) or stop(f"--lang {value}: write one of {', '.join(LANGUAGES)}")


Lang = Annotated[
    str, typer.Option("--lang", envvar="SLAD_LANG", callback=language_tag, help=f"One of {', '.join(LANGUAGES)}.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class WhenWords:
    """The texts of `slad when` in one language."""

    head: str
    """The first line, with the places `{contract}`, `{plan}`, `{priority}`, `{opened}` and `{zone}`."""
    conditional: str
    """The name of a metric that starts only after a later event, with the place `{metric}`."""
    columns: tuple[str, str, str, str, str, str]
    """The headings of the table: metric, due, target, hours, warnings, row."""


WHEN: Mapping[str, WhenWords] = MappingProxyType(
    {
        "en": WhenWords(
            head="{contract} · plan {plan} · priority {priority} · opened {opened} ({zone})",
            conditional="{metric} (once armed)",
            columns=("metric", "due", "target", "coverage", "warnings", "row"),
        ),
        "pl": WhenWords(
            head="{contract} · plan {plan} · priorytet {priority} · otwarte {opened} ({zone})",
            conditional="{metric} (dopiero po zdarzeniu, które uruchamia zegar)",
            columns=("co jest mierzone", "termin", "cel", "godziny", "ostrzeżenia", "wiersz"),
        ),
        "it": WhenWords(
            head="{contract} · piano {plan} · priorità {priority} · aperta {opened} ({zone})",
            conditional="{metric} (solo dopo l'evento che avvia l'orologio)",
            columns=("che cosa si misura", "scadenza", "obiettivo", "orario", "avvisi", "riga"),
        ),
        "ru": WhenWords(
            head="{contract} · план {plan} · приоритет {priority} · открыто {opened} ({zone})",
            conditional="{metric} (после события, которое запускает отсчёт)",
            columns=("что измеряется", "срок", "норматив", "часы", "предупреждения", "строка"),
        ),
        "zh-TW": WhenWords(
            head="{contract} · 方案 {plan} · 優先順序 {priority} · 開啟於 {opened}（{zone}）",
            conditional="{metric}（待啟動計時的事件發生後）",
            columns=("計時項目", "期限", "目標", "服務時段", "警示", "規則列"),
        ),
    }
)
