"""Russian."""

from __future__ import annotations

from sla_domain.clock import ClockState
from sla_domain.event import WaitingOn
from sla_domain.explain.explanation import StepKind
from sla_domain.explain.language.words import Words
from sla_domain.incident import Scope
from sla_domain.rulebook import MatchReason

WORDS = Words(
    heading="{metric}, обращение {incident}, цикл {cycle}: {state}",
    contract="Договор {contract}: {reason}",
    plan="План {plan}: {scope}",
    priority="Приоритет {priority}",
    definition="Значение {priority}: {definition}",
    target="Норматив {target}, часы {coverage} ({zone}), строка {row}",
    agreed="Срок согласован ({by}): {reason}; первоначально {original}",
    agreed_without_reason="Срок согласован ({by}); первоначально {original}",
    exempt="Не учитывается в показателях: {reason} ({by})",
    rows="Проверенные строки",
    row_matched="подходит",
    row_failed="нет: {attribute} = {actual}, строка требует {wanted}",
    row_failed_not="нет: {attribute} = {actual}, строка исключает {wanted}",
    row_unspecified="подходит, но без числа: его даёт договор",
    time="Время",
    total="всего {total}",
    ahead="ожидается",
    credited="сдвигает срок на {span}",
    due="Срок {due}",
    due_undefined="Срока нет: отсчёт не идёт",
    original="Первоначальное обещание {due}",
    sums="Израсходовано {consumed} из {allowed}, осталось {remaining}",
    sums_open="Израсходовано {consumed}",
    left="Осталось",
    no_clock="По обращению {incident} не идёт ни один отсчёт.",
    remarks="Замечания к обращению:",
    warned="Предупреждение {threshold}: {at}",
    breached="Нарушение: {at}",
    withdrawn="Больше не обещано с {at}: действующий каталог или контракт не содержит такой цели",
    versions="Каталог {catalogue}, праздники {holidays}, часовые пояса {tzdata}, календарь {calendar}",
    quality="Качество времени: {quality}",
    unspecified="не указан",
    working_days="рабочих дней: {count}",
    wall="{span} астрономического времени",
    nothing="нет",
    hour="ч",
    minute="мин",
    second="с",
    weekdays=("пн", "вт", "ср", "чт", "пт", "сб", "вс"),
    columns=("Когда", "Что", "Учтено", "Всего"),
    states={
        ClockState.RUNNING: "идёт",
        ClockState.PAUSED: "приостановлен",
        ClockState.MET: "соблюдён",
        ClockState.MISSED: "нарушен",
        ClockState.CANCELLED: "отменён",
    },
    unanswered="нарушено с {since}, ответа всё ещё нет",
    unfulfilled="нарушено с {since}, всё ещё не выполнено",
    broken_paused="{state}, нарушено с {since}",
    steps={
        StepKind.COUNTED: "учтено",
        StepKind.OUTSIDE_HOURS: "вне рабочих часов",
        StepKind.HOLIDAY: "праздник",
        StepKind.CLOSING: "закрыто",
        StepKind.PAUSED: "приостановлено",
        StepKind.ENDED: "завершено до переоткрытия",
        StepKind.BEFORE_RESTART: "до перезапуска",
        StepKind.EARLIER: "более ранние отрезки вместе",
    },
    parties={
        WaitingOn.CUSTOMER: "ожидание клиента",
        WaitingOn.VENDOR: "ожидание поставщика",
        WaitingOn.OTHER: "ожидание третьих лиц",
    },
    reasons={
        MatchReason.CUSTOMER: "имя клиента относится к этому договору",
        MatchReason.NO_CUSTOMER: "в обращении нет клиента: действует договор по умолчанию",
        MatchReason.UNKNOWN_CUSTOMER: "ни один договор не знает этого клиента: действует договор по умолчанию",
        MatchReason.NOT_IN_FORCE: "договор клиента на эту дату не действует: действует договор по умолчанию",
    },
    scopes={
        Scope.EVERY_PRODUCT: "договор охватывает все продукты",
        Scope.IN_SCOPE: "продукт входит в договор",
        Scope.NO_PRODUCT: "в обращении нет продукта: считается входящим в договор",
        Scope.OUT_OF_SCOPE: "продукт не входит в договор: действуют нормативы базового плана",
        Scope.EXCLUDED: "продукт исключён из договора: действуют нормативы базового плана",
        Scope.OUT_OF_SCOPE_NO_BASE: "продукт не входит в договор, базового плана нет: действуют строки самого плана",
        Scope.EXCLUDED_NO_BASE: "продукт исключён из договора, базового плана нет: действуют строки самого плана",
    },
)
