"""The five built-in metrics, as values a plan takes as they are or changes in one condition.

What is decided here: a bot's answer is no response; a resolution stops every metric, and a
courtesy after it arms none [15]; an unanswered customer is waited for from the first unanswered word [21]; the
cadence is armed by the first response and re-armed by each update until the workaround [12, 22]; waiting on anybody
pauses workaround and resolution, waiting on the customer also the cadence, and nothing pauses the first response.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sla_domain.event import Actor, EventKind, WaitingOn
from sla_domain.language_table import language_table
from sla_domain.plan import Metric, MetricId, ReopenMode, Texts, Trigger

FIRST_RESPONSE = MetricId("first_response")
NEXT_RESPONSE = MetricId("next_response")
UPDATE = MetricId("update")
WORKAROUND = MetricId("workaround")
RESOLUTION = MetricId("resolution")

_PEOPLE = frozenset({Actor.STAFF.value, Actor.UNKNOWN.value})  # a sender that cannot say who is believed, a bot is not
_CUSTOMER = frozenset({WaitingOn.CUSTOMER})

_OPENED = Trigger(kind=EventKind.OPENED)
_RESPONDED = Trigger(kind=EventKind.RESPONDED, actors=_PEOPLE)
_UPDATED = Trigger(kind=EventKind.UPDATED, actors=frozenset({Actor.STAFF.value}))
_WORKAROUND = Trigger(kind=EventKind.WORKAROUND_PROVIDED)
_RESOLVED = (Trigger(kind=EventKind.RESOLVED), Trigger(kind=EventKind.CLOSED))
_CANCELLED = (Trigger(kind=EventKind.CANCELLED), Trigger(kind=EventKind.MERGED))
_WAITING = Trigger(kind=EventKind.WAITING)
_WAITING_ON_CUSTOMER = Trigger(kind=EventKind.WAITING, waiting_on=_CUSTOMER)
_RESUMED = (
    Trigger(kind=EventKind.RESUMED),
    Trigger(kind=EventKind.CUSTOMER_REPLIED, waiting_on=_CUSTOMER),  # an answer ends only a wait for the customer
)


def _titles(en: str, pl: str, it: str, ru: str, zh: str) -> Texts:
    return language_table({"en": en, "pl": pl, "it": it, "ru": ru, "zh-TW": zh})


first_response = Metric(
    id=FIRST_RESPONSE,
    start=(_OPENED,),
    stop=(_RESPONDED, _WORKAROUND, *_RESOLVED),
    cancel=_CANCELLED,
    titles=_titles("First response", "Pierwsza reakcja", "Prima risposta", "Первичная реакция", "首次回應"),
)

next_response = Metric(
    id=NEXT_RESPONSE,
    start=(
        Trigger(kind=EventKind.CUSTOMER_REPLIED),
        Trigger(kind=EventKind.REOPENED, actors=frozenset({Actor.CUSTOMER.value})),
    ),
    stop=(_RESPONDED, _WORKAROUND, *_RESOLVED),
    cancel=_CANCELLED,
    pause=(_WAITING,),
    resume=_RESUMED,
    after=FIRST_RESPONSE,
    titles=_titles("Next response", "Kolejna odpowiedź", "Risposta successiva", "Следующий ответ", "後續回應"),
)

update = Metric(
    id=UPDATE,
    start=(_RESPONDED, _UPDATED, Trigger(kind=EventKind.REOPENED)),
    stop=(_RESPONDED, _UPDATED, _WORKAROUND, *_RESOLVED),
    cancel=_CANCELLED,
    pause=(_WAITING_ON_CUSTOMER,),
    resume=_RESUMED,
    after=FIRST_RESPONSE,
    until=WORKAROUND,
    titles=_titles(
        "Status update", "Informacja o postępie", "Aggiornamento", "Информирование о ходе работ", "進度更新"
    ),
)

workaround = Metric(
    id=WORKAROUND,
    start=(_OPENED,),
    stop=(_WORKAROUND, *_RESOLVED),
    cancel=_CANCELLED,
    pause=(_WAITING,),
    resume=_RESUMED,
    on_reopen=ReopenMode.RESUME,
    titles=_titles("Workaround", "Obejście", "Soluzione temporanea", "Обходное решение", "暫行解決方案"),
)

resolution = Metric(
    id=RESOLUTION,
    start=(_OPENED,),
    stop=_RESOLVED,
    cancel=_CANCELLED,
    pause=(_WAITING,),
    resume=_RESUMED,
    on_reopen=ReopenMode.RESUME,
    titles=_titles("Resolution", "Rozwiązanie", "Risoluzione", "Решение", "解決"),
)

BUILT_IN: Mapping[MetricId, Metric] = MappingProxyType(
    {metric.id: metric for metric in (first_response, next_response, update, workaround, resolution)}
)
