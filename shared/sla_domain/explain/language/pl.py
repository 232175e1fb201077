"""Polish."""

from __future__ import annotations

from sla_domain.clock import ClockState
from sla_domain.event import WaitingOn
from sla_domain.explain.explanation import StepKind
from sla_domain.explain.language.words import Words
from sla_domain.incident import Scope
from sla_domain.rulebook import MatchReason

WORDS = Words(
    heading="{metric}, zgłoszenie {incident}, cykl {cycle}: {state}",
    contract="Umowa {contract}: {reason}",
    plan="Plan {plan}: {scope}",
    priority="Priorytet {priority}",
    definition="Znaczenie {priority}: {definition}",
    target="Cel {target}, godziny {coverage} ({zone}), wiersz {row}",
    agreed="Termin uzgodniony przez {by}: {reason}; pierwotnie {original}",
    agreed_without_reason="Termin uzgodniony przez {by}; pierwotnie {original}",
    exempt="Nie liczy się do wskaźników: {reason} ({by})",
    rows="Sprawdzone wiersze",
    row_matched="pasuje",
    row_failed="nie: {attribute} to {actual}, wiersz wymaga {wanted}",
    row_failed_not="nie: {attribute} to {actual}, wiersz wyklucza {wanted}",
    row_unspecified="pasuje, ale nie podaje liczby: podaje ją umowa",
    time="Czas",
    total="razem {total}",
    ahead="przewidywane",
    credited="przesuwa termin o {span}",
    due="Termin {due}",
    due_undefined="Brak terminu: zegar nie biegnie",
    original="Pierwotnie obiecano {due}",
    sums="Wykorzystano {consumed} z {allowed}, zostało {remaining}",
    sums_open="Wykorzystano {consumed}",
    left="Zostało",
    no_clock="W zgłoszeniu {incident} nie biegnie żaden zegar.",
    remarks="Uwagi do zgłoszenia:",
    warned="Ostrzeżenie {threshold}: {at}",
    breached="Przekroczenie: {at}",
    withdrawn="Nie obiecywane od {at}: obowiązujący katalog lub kontrakt nie zawiera tego celu",
    versions="Katalog {catalogue}, święta {holidays}, strefy czasowe {tzdata}, kalendarz {calendar}",
    quality="Jakość czasów: {quality}",
    unspecified="nieokreślony",
    working_days="dni robocze: {count}",
    wall="{span} czasu zegarowego",
    nothing="brak",
    hour="godz.",
    minute="min",
    second="s",
    weekdays=("pon.", "wt.", "śr.", "czw.", "pt.", "sob.", "niedz."),
    columns=("Kiedy", "Co", "Liczy się", "Razem"),
    states={
        ClockState.RUNNING: "biegnie",
        ClockState.PAUSED: "wstrzymany",
        ClockState.MET: "dotrzymany",
        ClockState.MISSED: "niedotrzymany",
        ClockState.CANCELLED: "anulowany",
    },
    unanswered="przekroczony od {since}, nadal bez odpowiedzi",
    unfulfilled="przekroczony od {since}, nadal niespełniony",
    broken_paused="{state}, przekroczony od {since}",
    steps={
        StepKind.COUNTED: "liczone",
        StepKind.OUTSIDE_HOURS: "poza godzinami",
        StepKind.HOLIDAY: "święto",
        StepKind.CLOSING: "zamknięte",
        StepKind.PAUSED: "wstrzymane",
        StepKind.ENDED: "zakończone do ponownego otwarcia",
        StepKind.BEFORE_RESTART: "przed ponownym startem",
        StepKind.EARLIER: "wcześniejsze odcinki razem",
    },
    parties={
        WaitingOn.CUSTOMER: "oczekiwanie na klienta",
        WaitingOn.VENDOR: "oczekiwanie na dostawcę",
        WaitingOn.OTHER: "oczekiwanie na innych",
    },
    reasons={
        MatchReason.CUSTOMER: "nazwa klienta należy do tej umowy",
        MatchReason.NO_CUSTOMER: "zgłoszenie nie podaje klienta: obowiązuje umowa domyślna",
        MatchReason.UNKNOWN_CUSTOMER: "żadna umowa nie zna tego klienta: obowiązuje umowa domyślna",
        MatchReason.NOT_IN_FORCE: "umowa klienta nie obowiązuje w tym dniu: obowiązuje umowa domyślna",
    },
    scopes={
        Scope.EVERY_PRODUCT: "umowa obejmuje każdy produkt",
        Scope.IN_SCOPE: "produkt jest objęty umową",
        Scope.NO_PRODUCT: "zgłoszenie nie podaje produktu: traktowane jako objęte umową",
        Scope.OUT_OF_SCOPE: "produkt nie jest objęty umową: obowiązują cele planu podstawowego",
        Scope.EXCLUDED: "produkt jest wyłączony z umowy: obowiązują cele planu podstawowego",
        Scope.OUT_OF_SCOPE_NO_BASE: "produkt nie jest objęty umową, a planu podstawowego brak: wiersze samego planu",
        Scope.EXCLUDED_NO_BASE: "produkt jest wyłączony z umowy, a planu podstawowego brak: wiersze samego planu",
    },
)
