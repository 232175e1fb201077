"""Russian."""

from __future__ import annotations

from sla_domain.allowance import AllowancePeriod, AllowanceUnit
from sla_domain.explain.language.plural import PluralForm
from sla_domain.explain.ledger.words import LedgerWords
from sla_domain.ledger import EntryKind, RefusalReason

WORDS = LedgerWords(
    heading="{allowance}, договор {contract}, на {at}",
    free="Осталось {free}, зарезервировано {reserved}",
    refused="Отказано: {why}.",
    clause="{why} (пункт {clause})",
    later="{why}, на более поздней записи {entry}",
    step="{at}  {kind} {amount}{details}, осталось {balance}",
    paid="{amount} из {lot}",
    part="{start}–{end} {reason}, × {multiplier}",
    surcharge="{raw} + {percent} %",
    by="{who}",
    open="в рабочее время",
    outside_hours="вне рабочего времени",
    comma=",",
    units={
        AllowanceUnit.CREDITS: {
            PluralForm.ONE: "{count} кредит",
            PluralForm.FEW: "{count} кредита",
            PluralForm.MANY: "{count} кредитов",
            PluralForm.OTHER: "{count} кредита",
        },
        AllowanceUnit.DAYS: {
            PluralForm.ONE: "{count} день",
            PluralForm.FEW: "{count} дня",
            PluralForm.MANY: "{count} дней",
            PluralForm.OTHER: "{count} дня",
        },
        AllowanceUnit.VISITS: {
            PluralForm.ONE: "{count} выезд",
            PluralForm.FEW: "{count} выезда",
            PluralForm.MANY: "{count} выездов",
            PluralForm.OTHER: "{count} выезда",
        },
        AllowanceUnit.CALLS: {
            PluralForm.ONE: "{count} звонок",
            PluralForm.FEW: "{count} звонка",
            PluralForm.MANY: "{count} звонков",
            PluralForm.OTHER: "{count} звонка",
        },
    },
    kinds={
        EntryKind.GRANTED: "предоставлено",
        EntryKind.BOUGHT: "куплено",
        EntryKind.RESERVED: "зарезервировано",
        EntryKind.RELEASED: "освобождено",
        EntryKind.USED: "израсходовано",
        EntryKind.ADJUSTED: "скорректировано",
        EntryKind.EXPIRED: "сгорело",
        EntryKind.REFUNDED: "возвращено",
        EntryKind.TRANSFERRED: "перенесено в другой договор",
        EntryKind.OPENING: "перенесено с прошлого периода",
    },
    periods={
        AllowancePeriod.TERM: "срок договора",
        AllowancePeriod.CONTRACT_YEAR: "год договора",
        AllowancePeriod.CONTRACT_QUARTER: "квартал года договора",
        AllowancePeriod.CONTRACT_MONTH: "месяц договора",
        AllowancePeriod.YEAR: "календарный год",
        AllowancePeriod.QUARTER: "квартал",
        AllowancePeriod.MONTH: "месяц",
    },
    reasons={
        RefusalReason.BELOW_ZERO: "не хватает: {missing}; в это время доступно: {free}",
        RefusalReason.AT_MOST: "предел за {period}: {limit}; в периоде с {since} лишнее: {missing}",
        RefusalReason.NO_RESERVATION: "нет открытого резерва {of}",
        RefusalReason.NOT_REFUNDABLE: "ничего не возвращается",
        RefusalReason.NOT_TRANSFERABLE: "ничего не переносится в другой договор",
        RefusalReason.ID_TAKEN: "у другой записи такой же идентификатор",
        RefusalReason.COMPUTED: "это следует из договора и не вносится",
        RefusalReason.OUTSIDE_CONTRACT: "договор в это время не действует",
        RefusalReason.IN_FUTURE: "этого ещё не произошло",
        RefusalReason.SERVED_BEFORE: "услуга была бы раньше резерва",
        RefusalReason.NOT_A_BOOKING: "только резерв относится к более поздней услуге",
        RefusalReason.NO_SURCHARGE: "надбавка бывает только у нового расхода или резерва",
        RefusalReason.NO_AMOUNT: "укажите либо количество, либо время работы, как требует вид записи",
        RefusalReason.NOT_POSITIVE: "количество должно быть больше нуля",
        RefusalReason.NOT_WHOLE: "считаются только целые",
        RefusalReason.OUT_OF_BOUNDS: "количество или надбавка вне пределов, либо больше шести знаков после запятой",
        RefusalReason.NOT_HOURS: "по времени работы считаются только часы",
        RefusalReason.EMPTY_WORK: "работа заканчивается раньше, чем начинается",
        RefusalReason.NOT_AT_END: "работа вносится моментом её окончания",
        RefusalReason.HOURS_UNKNOWN: "часы этого времени неизвестны",
        RefusalReason.NO_REASON: "корректировка требует обоснования",
        RefusalReason.NO_AUTHOR: "в записи не указано, кто её сделал",
        RefusalReason.OF_A_WINDOW: "это резерв на забронированное окно: его освобождает только отмена окна",
        RefusalReason.SERVED: "услуга уже оказана и не возвращается",
        RefusalReason.CLOSED: "записи до {since} закрыты: укажите более позднюю дату или скорректируйте остаток",
    },
)
