"""Polish."""

from __future__ import annotations

from sla_domain.allowance import AllowancePeriod, AllowanceUnit
from sla_domain.explain.language.plural import PluralForm
from sla_domain.explain.ledger.words import LedgerWords
from sla_domain.ledger import EntryKind, RefusalReason

WORDS = LedgerWords(
    heading="{allowance}, umowa {contract}, stan na {at}",
    free="Pozostało {free}, zarezerwowano {reserved}",
    refused="Odmowa: {why}.",
    clause="{why} (klauzula {clause})",
    later="{why}, przy późniejszym wpisie {entry}",
    step="{at}  {kind} {amount}{details}, pozostało {balance}",
    paid="{amount} z {lot}",
    part="{start}–{end} {reason}, × {multiplier}",
    surcharge="{raw} + {percent} %",
    by="{who}",
    open="w godzinach pracy",
    outside_hours="poza godzinami pracy",
    comma=",",
    units={
        AllowanceUnit.CREDITS: {
            PluralForm.ONE: "{count} kredyt",
            PluralForm.FEW: "{count} kredyty",
            PluralForm.MANY: "{count} kredytów",
            PluralForm.OTHER: "{count} kredytu",
        },
        AllowanceUnit.DAYS: {
            PluralForm.ONE: "{count} dzień",
            PluralForm.FEW: "{count} dni",
            PluralForm.MANY: "{count} dni",
            PluralForm.OTHER: "{count} dnia",
        },
        AllowanceUnit.VISITS: {
            PluralForm.ONE: "{count} wizyta",
            PluralForm.FEW: "{count} wizyty",
            PluralForm.MANY: "{count} wizyt",
            PluralForm.OTHER: "{count} wizyty",
        },
        AllowanceUnit.CALLS: {
            PluralForm.ONE: "{count} rozmowa",
            PluralForm.FEW: "{count} rozmowy",
            PluralForm.MANY: "{count} rozmów",
            PluralForm.OTHER: "{count} rozmowy",
        },
    },
    kinds={
        EntryKind.GRANTED: "przyznano",
        EntryKind.BOUGHT: "kupiono",
        EntryKind.RESERVED: "zarezerwowano",
        EntryKind.RELEASED: "zwolniono",
        EntryKind.USED: "zużyto",
        EntryKind.ADJUSTED: "skorygowano",
        EntryKind.EXPIRED: "wygasło",
        EntryKind.REFUNDED: "zwrócono",
        EntryKind.TRANSFERRED: "przeniesiono na inną umowę",
        EntryKind.OPENING: "z przeniesienia",
    },
    periods={
        AllowancePeriod.TERM: "okres umowy",
        AllowancePeriod.CONTRACT_YEAR: "rok umowy",
        AllowancePeriod.CONTRACT_QUARTER: "kwartał roku umowy",
        AllowancePeriod.CONTRACT_MONTH: "miesiąc umowy",
        AllowancePeriod.YEAR: "rok kalendarzowy",
        AllowancePeriod.QUARTER: "kwartał",
        AllowancePeriod.MONTH: "miesiąc",
    },
    reasons={
        RefusalReason.BELOW_ZERO: "brakuje: {missing}; do dyspozycji jest wtedy: {free}",
        RefusalReason.AT_MOST: "najwyżej {limit} na {period}: w okresie od {since} byłoby za dużo o: {missing}",
        RefusalReason.NO_RESERVATION: "nie ma otwartej rezerwacji {of}",
        RefusalReason.NOT_REFUNDABLE: "niczego się nie zwraca",
        RefusalReason.NOT_TRANSFERABLE: "niczego się nie przenosi na inną umowę",
        RefusalReason.ID_TAKEN: "inny wpis ma ten identyfikator",
        RefusalReason.COMPUTED: "to wynika z umowy i nie jest wpisywane",
        RefusalReason.OUTSIDE_CONTRACT: "umowa wtedy nie obowiązuje",
        RefusalReason.IN_FUTURE: "to się jeszcze nie stało",
        RefusalReason.SERVED_BEFORE: "usługa poprzedzałaby rezerwację",
        RefusalReason.NOT_A_BOOKING: "tylko rezerwacja dotyczy późniejszej usługi",
        RefusalReason.NO_SURCHARGE: "dopłatę ma tylko nowe zużycie lub nowa rezerwacja",
        RefusalReason.NO_AMOUNT: "należy podać albo ilość, albo czas pracy, jak wymaga rodzaj wpisu",
        RefusalReason.NOT_POSITIVE: "ilość musi być większa od zera",
        RefusalReason.NOT_WHOLE: "liczy się tylko całe sztuki",
        RefusalReason.OUT_OF_BOUNDS: "ilość lub dopłata jest poza granicami lub ma ponad sześć miejsc po przecinku",
        RefusalReason.NOT_HOURS: "z czasu pracy liczy się tylko godziny",
        RefusalReason.EMPTY_WORK: "praca kończy się przed początkiem",
        RefusalReason.NOT_AT_END: "pracę wpisuje się z chwilą jej zakończenia",
        RefusalReason.HOURS_UNKNOWN: "godziny tego czasu nie są znane",
        RefusalReason.NO_REASON: "korekta wymaga uzasadnienia",
        RefusalReason.NO_AUTHOR: "wpis nie mówi, kto go zrobił",
        RefusalReason.OF_A_WINDOW: "to rezerwacja na zamówiony dyżur: zwalnia ją tylko jego odwołanie",
        RefusalReason.SERVED: "usługa została wykonana i nie jest zwracana",
        RefusalReason.CLOSED: "wpisy sprzed {since} są zamknięte: należy podać późniejszą datę albo skorygować saldo",
    },
)
