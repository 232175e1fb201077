"""The words of the calendar of what falls due, by language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sla_domain.explain.language import tag_for
from sla_domain.language_table import language_table
from sla_domain.metrics import BUILT_IN
from sla_domain.plan import MetricId


@dataclass(frozen=True, slots=True)
class DueWords:
    """The fixed texts of the calendar in one language. Fields without a description are labels, such as `Customer`."""

    language: str
    name: str
    """Name of the calendar."""
    of_contract: str
    """Name of the calendar of one contract, with the place `{contract}`."""
    overdue: str
    """Text before the summary of an overdue entry."""
    provisional: str
    """Text after the summary of a provisional entry."""
    more: str
    """Summary of the entry for clocks that are left out, with the place `{count}`."""
    paused: str
    """How many clocks have no due instant, with the place `{count}`."""
    customer: str
    contract: str
    priority: str
    target: str
    ticket: str


_WORDS: Mapping[str, DueWords] = language_table(
    {
        one.language: one
        for one in (
            DueWords(
                "en", "slad: due", "slad: due, {contract}", "Overdue", "provisional",
                "{count} more, less urgent", "{count} paused, without a due instant",
                "Customer", "Contract", "Priority", "Target", "Ticket",
            ),
            DueWords(
                "pl", "slad: terminy", "slad: terminy, {contract}", "Po terminie", "wstępnie",
                "Dalsze, mniej pilne: {count}", "Wstrzymane, bez terminu: {count}",
                "Klient", "Umowa", "Priorytet", "Cel", "Zgłoszenie",
            ),
            DueWords(
                "it", "slad: scadenze", "slad: scadenze, {contract}", "Scaduto", "provvisorio",
                "Altre, meno urgenti: {count}", "In pausa, senza scadenza: {count}",
                "Cliente", "Contratto", "Priorità", "Obiettivo", "Ticket",
            ),
            DueWords(
                "ru", "slad: сроки", "slad: сроки, {contract}", "Просрочено", "предварительно",
                "Другие, менее срочные: {count}", "Приостановлено, без срока: {count}",
                "Клиент", "Договор", "Приоритет", "Цель", "Обращение",
            ),
            DueWords(
                "zh-TW", "slad：到期", "slad：到期，{contract}", "已逾期", "暫定",
                "另有 {count} 項較不緊急", "{count} 項暫停中，無到期時間",
                "客戶", "合約", "優先級", "目標", "工單",
            ),
        )
    }
)  # fmt: skip


def due_words(language: str) -> DueWords:
    """Return the texts in the supported language nearest to `language`. English if none is near."""
    return _WORDS[tag_for(language)]


def metric_in(metric: str, language: str) -> str:
    """Return the title of a metric in a language.

    If a metric is not one of slad's own, the title is its id with spaces and an initial capital.
    """
    known = BUILT_IN.get(MetricId(metric))
    if known is None:
        return metric.replace("_", " ").strip().capitalize()
    return known.titles.get(tag_for(language)) or known.titles["en"]
