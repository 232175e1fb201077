"""Russian."""

from __future__ import annotations

from sla_domain.event import EventKind
from sla_domain.explain.sentences.words import SentenceWords
from sla_domain.sentence import Sentence

WORDS = SentenceWords(
    between="; ",
    quoted="«{name}»",
    somebody="кто-то",
    no_metric="ни одного отсчёта",
    sentences={
        Sentence.INCIDENT_CANCELLED: "обращение отменено",
        Sentence.INCIDENT_MERGED: "обращение объединено с другим",
        Sentence.END_NOT_DATED: "никто не указал, когда оно завершилось, а это могло быть в срок",
        Sentence.END_BEFORE_CLOCK: "оно завершилось до начала отсчёта, что ничего не говорит об ответе",
        Sentence.END_UNHEARD: "оно завершилось раньше, чем о нём что-либо поступило",
        Sentence.NO_TARGET: "нет норматива для приоритета {priority}",
        Sentence.DATE_ENDED: "согласованный срок утратил силу с перезапуском отсчёта",
        Sentence.PRIORITY_FELL: "приоритет понижен до {priority}",
        Sentence.PRIORITY_ROSE: "приоритет снова повышен до {priority}: с этого момента идёт новый отсчёт",
        Sentence.NOT_PROMISED: "обязательство больше не действует",
        Sentence.NO_SUCH_CLOCK: "по событиям, пришедшим с опозданием, такого отсчёта нет",
        Sentence.NO_NUMBER: (
            "план {plan} не даёт числа для {metric} при приоритете {priority}: его должен дать договор {contract}"
        ),
        Sentence.NOT_REACHED: "норматив недостижим: см. замечания",
        Sentence.ISSUE_TRANSFERRED: "тикет перенесён в неуказанное место",
        Sentence.ISSUE_DELETED: "тикет удалён",
        Sentence.MERGED_BACK: "то, с чем его объединили, объединено с ним",
        Sentence.NO_VERDICT: "{metric}: {why}: без вердикта",
        Sentence.ENDED_WITH_MERGE: (
            "оно завершено, поэтому отвечать на сообщение, пришедшее с объединением, не требуется"
        ),
        Sentence.OPENED_AGAIN: "открыто снова после завершения: считается переоткрытием",
        Sentence.SPEAKER_UNKNOWN: (
            "неизвестно, {who} из персонала или от клиента: сообщение не считается ответом и ответа не ждёт"
        ),
        Sentence.SPEAKER_HINT: "укажите это в sources.{source}.staff или sources.{source}.customers",
        Sentence.NOBODY_TO_TELL: "в договоре {contract} не указано, кого уведомлять: добавьте в него людей",
        Sentence.CHANNEL_HOURS: (
            "канал {channel} входит в план {plan} только в свои часы ({hours}): откроется {opens}"
        ),
        Sentence.CHANNEL_NOT_ENTITLED: "канал {channel} не входит в план {plan}: используйте {channels}",
        Sentence.URGENT_CHANNEL: "о приоритете {priority} следует сообщать через {channels}",
        Sentence.PRIORITY_TAKEN_AWAY: "приоритет {stated} снят: действует {priority}",
        Sentence.PRIORITY_UNKNOWN: "приоритета {stated} нет в плане: действует {priority}",
        Sentence.TAKEN_AWAY: "{name} {value} снято: у обращения этого нет",
        Sentence.BEFORE_OPENING: "{kind} датировано раньше открытия: считается в момент открытия",
        Sentence.NO_OPENING: "открытие не поступило: обращение открывает самое раннее событие",
        Sentence.NO_OPENING_SHOWN: (
            "открытие не поступило: обращение открывает самое раннее событие, состояние берётся из тикета"
        ),
        Sentence.NO_OPENING_DATED: "открытие не поступило: время создания и состояние берутся из тикета",
        Sentence.IN_FUTURE: "{kind} датировано будущим на {ahead}",
        Sentence.RECONCILED: "в тикете указано: {words}; ни одно событие об этом не сообщало",
        Sentence.RECONCILED_UNDATED: (
            "в тикете указано: {words}; ни одно событие об этом не сообщало, и неизвестно, с какого времени"
        ),
        Sentence.MERGED_IN: "{incident} объединено с этим обращением",
        Sentence.MERGED_IN_WAITING: "{incident} объединено с этим обращением: его клиент ждёт ответа с {since}",
        Sentence.LINKED_HERE: "{incident} связано: сказанное там учитывается здесь",
        Sentence.LINKED_ELSEWHERE: "оно связано и учитывается как {incident}",
        Sentence.LINKED_OTHER_CUSTOMER: (
            "{incident} связано: "
            "сказанное там учитывается здесь, по договору клиента {own}, хотя в том обращении указан клиент {customer}"
        ),
        Sentence.STANDS_IN: (
            "об этом обращении не поступило ничего, кроме того, что с ним объединено {incidents}: его открывает "
            "написанное там"
        ),
        Sentence.OVERFULL: (
            "остальные события ({count}) сохранены, но не учитываются: предел указан в docs/operations.md"
        ),
        Sentence.LEFT_OUT: "остальные замечания опущены: {count}",
        Sentence.DOWNGRADE_PENDING: "понижение с {old} до {new} ждёт согласия клиента",
        Sentence.AGREED_WITHOUT_CLOCK: "согласован срок для {metric}, но открытого отсчёта нет",
        Sentence.ANOTHER_TICKET: (
            "другой тикет с приоритетом {stated} принял это имя: по-прежнему действует {priority}"
        ),
        Sentence.NOTHING_TO_AGREE: "дано согласие на понижение приоритета, которого никто не предлагал",
        Sentence.DOWNGRADE_NOT_AGREED: (
            "персонал не может согласиться на {wanted} один: {priority} действует, пока не согласится клиент или пока "
            "событие не укажет в agreed_by, кто из его людей согласился"
        ),
        Sentence.NO_DESCRIPTION: "нет описания: до его получения приоритет {priority}",
        Sentence.AGREED_DATE_REFUSED: "согласованный срок для {metric} не действует: {why}",
        Sentence.DATE_BEFORE_OPENING: "{date} раньше открытия обращения",
        Sentence.DATE_PASSED: "{date} уже прошло в момент согласования: согласуйте более поздний срок",
        Sentence.DATE_FOR_PRIORITIES: (
            "план {plan} допускает согласование сроков только для {priorities}{clause}, не для {priority}"
        ),
        Sentence.DATE_FOR_NONE: (
            "план {plan} не допускает согласования сроков ни для одного приоритета{clause}, в том числе {priority}"
        ),
        Sentence.DATE_BY_STAFF: (
            "персонал не может согласовать срок один: отправьте слова клиента или укажите в agreed_by, кто из его "
            "людей согласился"
        ),
        Sentence.REQUEST_NOT_COVERED: "обращения типа {type} не входят в план {plan}{clause}",
        Sentence.REQUEST_ADVICE: "обращения типа {type} не входят в план {plan}{clause}: {advice}",
        Sentence.NOT_THE_CONTACT: "обращения по договору {contract} подаёт только {name}{clause}, а не {reporter}",
        Sentence.VENDOR_NOT_NAMED: (
            "обращение ждёт неназванного поставщика: в договоре {contract} перечислены охваченные"
        ),
        Sentence.VENDOR_NOT_LISTED: "в договоре {contract} не указан договор клиента с поставщиком {vendor}",
        Sentence.VENDOR_NOT_VALID: "договор клиента с поставщиком {vendor} не действует на {day}",
        Sentence.NO_COVERAGE: "строка {row} указывает часы {coverage}, которых нет в плане {plan}",
    },
    kinds={
        EventKind.OPENED: "открытие",
        EventKind.DESCRIBED: "описание",
        EventKind.RESPONDED: "ответ",
        EventKind.CUSTOMER_REPLIED: "ответ клиента",
        EventKind.COMMENTED: "комментарий",
        EventKind.UPDATED: "обновление",
        EventKind.ASSIGNED: "назначение",
        EventKind.PRIORITY_CHANGED: "изменение приоритета",
        EventKind.DOWNGRADE_PROPOSED: "предложение понизить приоритет",
        EventKind.DOWNGRADE_AGREED: "согласие на понижение приоритета",
        EventKind.DOWNGRADE_DECLINED: "отказ от понижения приоритета",
        EventKind.RECLASSIFIED: "переклассификация",
        EventKind.WAITING: "ожидание",
        EventKind.RESUMED: "возобновление",
        EventKind.WORKAROUND_PROVIDED: "обходное решение",
        EventKind.RESOLVED: "решение",
        EventKind.REOPENED: "переоткрытие",
        EventKind.CLOSED: "закрытие",
        EventKind.CANCELLED: "отмена",
        EventKind.MERGED: "объединение",
        EventKind.RENAMED: "переименование",
        EventKind.LINKED: "связывание",
        EventKind.UNLINKED: "разъединение",
        EventKind.ESCALATED: "эскалация",
        EventKind.TARGET_AGREED: "согласование срока",
        EventKind.EXEMPTED: "исключение из показателей",
        EventKind.RATED: "оценка",
        EventKind.OBSERVED: "наблюдение",
    },
)
