"""The words of commands whose output people read in their own language, a table a language.

English is the default everywhere, whatever the machine's own language: scripts and runbooks count on it. `--lang`, or
SLAD_LANG for good, chooses another. JSON is the same in every language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import typer

from sla_domain.explain.language import LANGUAGES
from sla_domain.explain.language.tag import nearest_tag
from sla_domain.language_table import language_table
from sla_domain.roles import RoleReason
from sla_standalone.cli.output import stop


def language_tag(value: str) -> str:
    """Return the supported language tag that fits the value of `--lang` best.

    If no supported language fits, the command ends with a message.
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


WHEN: Mapping[str, WhenWords] = language_table(
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


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCallWords:
    """The texts of `slad oncall` in one language."""

    at: str  # at
    """The first line."""
    rotas: tuple[str, ...]
    """Heading of the table of rotas."""
    roles: tuple[str, ...]
    """Heading of the table of roles."""
    booked: tuple[str, ...]
    """Heading of the table of booked hours."""
    nobody: str
    no_rotas: str
    yes: str
    no: str
    instead_of: str  # person
    by_exception: str
    entered_by: str  # why, by
    """Why, and by whom, somebody is on call out of turn."""
    speaks: str  # person, languages
    """The note on a person with several languages."""
    reasons: Mapping[RoleReason, str]
    """Reason -> why a person of a role is on duty or not."""


ON_CALL_WORDS: Mapping[str, OnCallWords] = language_table(
    {
        "en": OnCallWords(
            at="at {at}",
            rotas=("rota", "on call", "since", "until", "why", "next", "from"),
            roles=("role", "person", "on duty", "why", "begins"),
            booked=("booked hours", "on duty", "since", "until", "priorities"),
            nobody="nobody",
            no_rotas="no rotas",
            yes="yes",
            no="no",
            instead_of="instead of {person}",
            by_exception="by exception",
            entered_by="{why} (by {by})",
            speaks="{person}, speaks {languages}",
            reasons={reason: reason.value for reason in RoleReason},
        ),
        "pl": OnCallWords(
            at="stan na {at}",
            rotas=("dyżury", "na dyżurze", "od", "do", "dlaczego", "następnie", "od"),
            roles=("rola", "osoba", "na służbie", "dlaczego", "zaczyna"),
            booked=("zarezerwowane godziny", "na służbie", "od", "do", "priorytety"),
            nobody="nikt",
            no_rotas="brak dyżurów",
            yes="tak",
            no="nie",
            instead_of="zamiast {person}",
            by_exception="wyjątek",
            entered_by="{why} (wpis: {by})",
            speaks="{person}, zna {languages}",
            reasons={
                RoleReason.ALWAYS: "pełni rolę o każdej porze",
                RoleReason.IN_HOURS: "pełni rolę w jej godzinach, które właśnie trwają",
                RoleReason.OUT_OF_HOURS: "pełni rolę poza jej godzinami, które właśnie nie trwają",
                RoleReason.ON_CALL: "ma dyżur, który pełni tę rolę",
                RoleReason.BOOKED: "jest na służbie w zarezerwowanych godzinach",
                RoleReason.NAMED: "wskazanie w zasadach eskalacji",
                RoleReason.OFF_DUTY: "pełni rolę w innych godzinach",
                RoleReason.EVERYBODY: (
                    "o tej porze nikt osiągalny z tego poziomu nie jest na służbie: powiadamiani są wszyscy"
                ),
            },
        ),
        "it": OnCallWords(
            at="alle {at}",
            rotas=("turni", "reperibile", "dal", "fino al", "perché", "poi", "dal"),
            roles=("ruolo", "persona", "in servizio", "perché", "inizia"),
            booked=("orario prenotato", "in servizio", "dal", "fino al", "priorità"),
            nobody="nessuno",
            no_rotas="nessun turno",
            yes="sì",
            no="no",
            instead_of="al posto di {person}",
            by_exception="in via eccezionale",
            entered_by="{why} (a cura di {by})",
            speaks="{person}, parla {languages}",
            reasons={
                RoleReason.ALWAYS: "ricopre il ruolo a ogni ora",
                RoleReason.IN_HOURS: "ricopre il ruolo nel suo orario, ora in corso",
                RoleReason.OUT_OF_HOURS: "ricopre il ruolo fuori dal suo orario, ora non in corso",
                RoleReason.ON_CALL: "è reperibile nei turni che ricoprono il ruolo",
                RoleReason.BOOKED: "è in servizio nell'orario prenotato",
                RoleReason.NAMED: "indicato dalla regola di escalation",
                RoleReason.OFF_DUTY: "ricopre il ruolo in altri orari",
                RoleReason.EVERYBODY: (
                    "a quest'ora nessuno di questo livello che sia raggiungibile è in servizio: vengono avvisati tutti"
                ),
            },
        ),
        "ru": OnCallWords(
            at="на {at}",
            rotas=("дежурства", "дежурит", "с", "до", "почему", "далее", "с"),
            roles=("роль", "сотрудник", "на службе", "почему", "начало"),
            booked=("забронированные часы", "на службе", "с", "до", "приоритеты"),
            nobody="никто",
            no_rotas="дежурств нет",
            yes="да",
            no="нет",
            instead_of="вместо {person}",
            by_exception="в порядке исключения",
            entered_by="{why} (внесено: {by})",
            speaks="{person}, языки: {languages}",
            reasons={
                RoleReason.ALWAYS: "исполняет роль в любое время",
                RoleReason.IN_HOURS: "исполняет роль в её часы, сейчас они идут",
                RoleReason.OUT_OF_HOURS: "исполняет роль вне её часов, сейчас они не идут",
                RoleReason.ON_CALL: "дежурит, и дежурство исполняет эту роль",
                RoleReason.BOOKED: "на службе в забронированные часы",
                RoleReason.NAMED: "указано в правилах эскалации",
                RoleReason.OFF_DUTY: "исполняет роль в другие часы",
                RoleReason.EVERYBODY: (
                    "в это время на этом уровне нет на службе никого, с кем есть связь: уведомляются все"
                ),
            },
        ),
        "zh-TW": OnCallWords(
            at="截至 {at}",
            rotas=("輪值", "值班", "起", "至", "原因", "下一位", "起"),
            roles=("角色", "人員", "執勤中", "原因", "開始"),
            booked=("預約時段", "執勤人員", "起", "至", "優先等級"),
            nobody="無人",
            no_rotas="沒有輪值",
            yes="是",
            no="否",
            instead_of="代替 {person}",
            by_exception="例外安排",
            entered_by="{why}（由 {by} 登錄）",
            speaks="{person}，使用 {languages}",
            reasons={
                RoleReason.ALWAYS: "任何時間皆擔任此角色",
                RoleReason.IN_HOURS: "於此角色的時段擔任，目前為該時段",
                RoleReason.OUT_OF_HOURS: "於此角色的時段以外擔任，目前為該時段以外",
                RoleReason.ON_CALL: "在擔任此角色的輪值中值班",
                RoleReason.BOOKED: "於預約時段值勤",
                RoleReason.NAMED: "由呈報規則指定",
                RoleReason.OFF_DUTY: "於其他時段擔任此角色",
                RoleReason.EVERYBODY: "此時本層沒有可聯絡的值勤人員：通知本層所有人員",
            },
        ),
    }
)
