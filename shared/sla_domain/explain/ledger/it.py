"""Italian."""

from __future__ import annotations

from sla_domain.allowance import AllowancePeriod, AllowanceUnit
from sla_domain.explain.language.plural import PluralForm
from sla_domain.explain.ledger.words import LedgerWords
from sla_domain.ledger import EntryKind, RefusalReason

WORDS = LedgerWords(
    heading="{allowance}, contratto {contract}, al {at}",
    free="Disponibili: {free}; riservati: {reserved}",
    refused="Rifiutato: {why}.",
    clause="{why} (clausola {clause})",
    later="{why}, alla registrazione successiva {entry}",
    step="{at}  {kind} {amount}{details}, disponibili {balance}",
    paid="{amount} da {lot}",
    part="{start}–{end} {reason}, × {multiplier}",
    surcharge="{raw} + {percent} %",
    by="di {who}",
    open="in orario",
    outside_hours="fuori orario",
    comma=",",
    units={
        AllowanceUnit.CREDITS: {
            PluralForm.ONE: "{count} credito",
            PluralForm.OTHER: "{count} crediti",
        },
        AllowanceUnit.DAYS: {
            PluralForm.ONE: "{count} giorno",
            PluralForm.OTHER: "{count} giorni",
        },
        AllowanceUnit.VISITS: {
            PluralForm.ONE: "{count} visita",
            PluralForm.OTHER: "{count} visite",
        },
        AllowanceUnit.CALLS: {
            PluralForm.ONE: "{count} chiamata",
            PluralForm.OTHER: "{count} chiamate",
        },
    },
    kinds={
        EntryKind.GRANTED: "incluso",
        EntryKind.BOUGHT: "acquistato",
        EntryKind.RESERVED: "riservato",
        EntryKind.RELEASED: "liberato",
        EntryKind.USED: "usato",
        EntryKind.ADJUSTED: "rettificato",
        EntryKind.EXPIRED: "scaduto",
        EntryKind.REFUNDED: "rimborsato",
        EntryKind.TRANSFERRED: "trasferito a un altro contratto",
        EntryKind.OPENING: "riportato",
    },
    periods={
        AllowancePeriod.TERM: "durata del contratto",
        AllowancePeriod.CONTRACT_YEAR: "anno contrattuale",
        AllowancePeriod.CONTRACT_QUARTER: "trimestre contrattuale",
        AllowancePeriod.CONTRACT_MONTH: "mese contrattuale",
        AllowancePeriod.YEAR: "anno solare",
        AllowancePeriod.QUARTER: "trimestre",
        AllowancePeriod.MONTH: "mese",
    },
    reasons={
        RefusalReason.BELOW_ZERO: "mancanti: {missing}; disponibili in quel momento: {free}",
        RefusalReason.AT_MOST: "al massimo {limit} per {period}: in quello dal {since} in eccesso {missing}",
        RefusalReason.NO_RESERVATION: "non c'è una prenotazione aperta {of}",
        RefusalReason.NOT_REFUNDABLE: "nulla viene rimborsato",
        RefusalReason.NOT_TRANSFERABLE: "nulla viene trasferito a un altro contratto",
        RefusalReason.ID_TAKEN: "un'altra registrazione ha questo identificativo",
        RefusalReason.COMPUTED: "questo deriva dal contratto e non si registra",
        RefusalReason.OUTSIDE_CONTRACT: "il contratto non è in vigore in quel momento",
        RefusalReason.IN_FUTURE: "non è ancora accaduto",
        RefusalReason.SERVED_BEFORE: "il servizio precederebbe la prenotazione",
        RefusalReason.NOT_A_BOOKING: "solo una prenotazione riguarda un servizio successivo",
        RefusalReason.NO_SURCHARGE: "solo un nuovo uso o una nuova prenotazione ha un supplemento",
        RefusalReason.NO_AMOUNT: "indicare la quantità oppure il tempo di lavoro, secondo il tipo di registrazione",
        RefusalReason.NOT_POSITIVE: "la quantità deve essere maggiore di zero",
        RefusalReason.NOT_WHOLE: "si contano solo unità intere",
        RefusalReason.OUT_OF_BOUNDS: "la quantità o il supplemento supera i limiti, o ha più di sei decimali",
        RefusalReason.NOT_HOURS: "solo le ore si contano dal tempo di lavoro",
        RefusalReason.EMPTY_WORK: "il lavoro finisce prima di iniziare",
        RefusalReason.NOT_AT_END: "il lavoro si registra all'istante in cui è finito",
        RefusalReason.HOURS_UNKNOWN: "l'orario di quel periodo non è noto",
        RefusalReason.NO_REASON: "una rettifica richiede un motivo",
        RefusalReason.NO_AUTHOR: "la registrazione non dice chi l'ha fatta",
        RefusalReason.OF_A_WINDOW: "è riservato a una finestra prenotata: lo libera soltanto il suo annullamento",
        RefusalReason.SERVED: "il servizio è stato prestato e non viene restituito",
        RefusalReason.CLOSED: "le registrazioni prima del {since} sono chiuse: indicare una data successiva",
    },
)
