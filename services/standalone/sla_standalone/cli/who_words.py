"""The words of `slad who`, a table a language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sla_domain.language_table import language_table


@dataclass(frozen=True, slots=True, kw_only=True)
class WhoWords:
    """The texts of `slad who` in one language."""

    head: str
    """The first line, with the placeholders `{contract}`, `{priority}`, `{opened}` and `{zone}`."""
    nobody_acks: str
    """What follows `head` if nobody acknowledges in the rehearsal."""
    acknowledges: str
    """A line for an acknowledgement, with the placeholder `{person}`."""
    columns: tuple[str, str, str, str, str, str, str]
    """The headings of the table: when, after, who, by, language, message, why."""
    lost: str
    """A line for a message that reaches nobody, with the placeholders `{at}`, `{after}`, `{subject}` and `{reason}`."""
    held: str
    """The text of a line for a message that begins to wait, with the placeholders `{until}` and `{subject}`."""
    nobody: str
    """The line if nobody is told anything, with the placeholder `{until}`."""


WHO: Mapping[str, WhoWords] = language_table(
    {
        "en": WhoWords(
            head="{contract} · priority {priority} · opened {opened} ({zone})",
            nobody_acks=", and nobody acknowledges",
            acknowledges="{person} acknowledges",
            columns=("when", "after", "who", "by", "language", "message", "why"),
            lost="reaches nobody: {at} ({after}) {subject}: {reason}",
            held="waits for the end of quiet hours, {until}: {subject}",
            nobody="Nobody is told of anything until {until}.",
        ),
        "pl": WhoWords(
            head="{contract} · priorytet {priority} · otwarte {opened} ({zone})",
            nobody_acks=", nikt nie potwierdza",
            acknowledges="{person} potwierdza",
            columns=("kiedy", "po", "kto", "jak", "język", "wiadomość", "dlaczego"),
            lost="nie dociera do nikogo: {at} ({after}) {subject}: {reason}",
            held="czeka na koniec pory ciszy, {until}: {subject}",
            nobody="Do {until} nikt nie zostaje o niczym powiadomiony.",
        ),
        "it": WhoWords(
            head="{contract} · priorità {priority} · aperta {opened} ({zone})",
            nobody_acks=", nessuno conferma",
            acknowledges="{person} conferma",
            columns=("quando", "dopo", "chi", "come", "lingua", "messaggio", "perché"),
            lost="non raggiunge nessuno: {at} ({after}) {subject}: {reason}",
            held="attende la fine delle ore di riposo, {until}: {subject}",
            nobody="Fino a {until} nessuno viene avvisato di nulla.",
        ),
        "ru": WhoWords(
            head="{contract} · приоритет {priority} · открыто {opened} ({zone})",
            nobody_acks=", никто не подтверждает",
            acknowledges="{person} подтверждает",
            columns=("когда", "через", "кто", "как", "язык", "сообщение", "почему"),
            lost="не доходит ни до кого: {at} ({after}) {subject}: {reason}",
            held="ждёт конца тихих часов, {until}: {subject}",
            nobody="До {until} никого ни о чём не уведомляют.",
        ),
        "zh-TW": WhoWords(
            head="{contract} · 優先順序 {priority} · 開啟於 {opened}（{zone}）",
            nobody_acks="，無人確認",
            acknowledges="{person} 已確認",
            columns=("時間", "經過", "通知對象", "方式", "語言", "訊息", "原因"),
            lost="無人收到：{at}（{after}）{subject}：{reason}",
            held="等待勿擾時段結束，{until}：{subject}",
            nobody="到 {until} 為止，沒有任何人會收到通知。",
        ),
    }
)
