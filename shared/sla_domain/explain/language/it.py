"""Italian."""

from __future__ import annotations

from sla_domain.clock import ClockState
from sla_domain.event import WaitingOn
from sla_domain.explain.explanation import StepKind
from sla_domain.explain.language.words import Words
from sla_domain.incident import Scope
from sla_domain.rulebook import MatchReason

WORDS = Words(
    heading="{metric} di {incident}, ciclo {cycle}: {state}",
    contract="Contratto {contract}: {reason}",
    plan="Piano {plan}: {scope}",
    priority="Priorità {priority}",
    definition="Significato di {priority}: {definition}",
    target="Obiettivo {target}, orario {coverage} ({zone}), riga {row}",
    agreed="Data concordata da {by}: {reason}; in origine {original}",
    agreed_without_reason="Data concordata da {by}; in origine {original}",
    exempt="Non conta nei livelli di servizio: {reason} ({by})",
    rows="Righe esaminate",
    row_matched="corrisponde",
    row_failed="no: {attribute} è {actual}, la riga richiede {wanted}",
    row_failed_not="no: {attribute} è {actual}, la riga esclude {wanted}",
    row_unspecified="corrisponde ma non dà un numero: lo fornisce il contratto",
    time="Tempo",
    total="somma {total}",
    ahead="previsto",
    credited="sposta la data di {span}",
    due="Scadenza {due}",
    due_undefined="Nessuna scadenza: l'orologio è fermo",
    original="Promessa iniziale {due}",
    sums="Consumato {consumed} di {allowed}, resta {remaining}",
    sums_open="Consumato {consumed}",
    left="Resta",
    no_clock="Nessun orologio corre su {incident}.",
    remarks="Osservazioni sull'incidente:",
    warned="Avviso {threshold}: {at}",
    breached="Superamento: {at}",
    withdrawn="Non più promesso dal {at}: il catalogo o il contratto in vigore non ha questo obiettivo",
    versions="Catalogo {catalogue}, festività {holidays}, fusi orari {tzdata}, calendario {calendar}",
    quality="Qualità degli orari: {quality}",
    unspecified="non specificato",
    working_days="giorni lavorativi: {count}",
    wall="{span} di tempo effettivo",
    nothing="nessuno",
    hour="h",
    minute="min",
    second="s",
    weekdays=("lun", "mar", "mer", "gio", "ven", "sab", "dom"),
    columns=("Quando", "Che cosa", "Conta", "Somma"),
    states={
        ClockState.RUNNING: "in corso",
        ClockState.PAUSED: "sospeso",
        ClockState.MET: "rispettato",
        ClockState.MISSED: "mancato",
        ClockState.CANCELLED: "annullato",
    },
    unanswered="non rispettato dal {since}, ancora senza risposta",
    unfulfilled="non rispettato dal {since}, non ancora adempiuto",
    broken_paused="{state}, non rispettato dal {since}",
    steps={
        StepKind.COUNTED: "conteggiato",
        StepKind.OUTSIDE_HOURS: "fuori orario",
        StepKind.HOLIDAY: "festività",
        StepKind.CLOSING: "chiuso",
        StepKind.PAUSED: "sospeso",
        StepKind.ENDED: "concluso fino alla riapertura",
        StepKind.BEFORE_RESTART: "prima del riavvio",
        StepKind.EARLIER: "tratti precedenti insieme",
    },
    parties={
        WaitingOn.CUSTOMER: "in attesa del cliente",
        WaitingOn.VENDOR: "in attesa del fornitore",
        WaitingOn.OTHER: "in attesa di altri",
    },
    reasons={
        MatchReason.CUSTOMER: "il nome del cliente appartiene a questo contratto",
        MatchReason.NO_CUSTOMER: "la segnalazione non nomina un cliente: vale il contratto predefinito",
        MatchReason.UNKNOWN_CUSTOMER: "nessun contratto conosce questo cliente: vale il contratto predefinito",
        MatchReason.NOT_IN_FORCE: "il contratto del cliente non è in vigore a questa data: vale quello predefinito",
    },
    scopes={
        Scope.EVERY_PRODUCT: "il contratto copre ogni prodotto",
        Scope.IN_SCOPE: "il prodotto è coperto dal contratto",
        Scope.NO_PRODUCT: "la segnalazione non nomina un prodotto: considerata coperta",
        Scope.OUT_OF_SCOPE: "il prodotto non è coperto dal contratto: valgono gli obiettivi del piano base",
        Scope.EXCLUDED: "il prodotto è escluso dal contratto: valgono gli obiettivi del piano base",
        Scope.OUT_OF_SCOPE_NO_BASE: "il prodotto non è coperto e non c'è un piano base: valgono le righe del piano",
        Scope.EXCLUDED_NO_BASE: "il prodotto è escluso e non c'è un piano base: valgono le righe del piano",
    },
)
