"""Polish."""

from __future__ import annotations

from sla_domain.event import EventKind
from sla_domain.explain.sentences.words import SentenceWords
from sla_domain.sentence import Sentence

WORDS = SentenceWords(
    between="; ",
    quoted="„{name}”",
    somebody="ktoś",
    no_metric="żadnego zegara",
    sentences={
        Sentence.INCIDENT_CANCELLED: "zgłoszenie zostało anulowane",
        Sentence.INCIDENT_MERGED: "zgłoszenie zostało scalone z innym",
        Sentence.END_NOT_DATED: "nikt nie podał, kiedy się zakończyło, a mogło to nastąpić w terminie",
        Sentence.END_BEFORE_CLOCK: "zakończyło się przed startem zegara, co nic nie mówi o odpowiedzi",
        Sentence.END_UNHEARD: "zakończyło się, zanim cokolwiek o nim nadeszło",
        Sentence.NO_TARGET: "brak celu dla priorytetu {priority}",
        Sentence.DATE_ENDED: "uzgodniony termin przestał obowiązywać z ponownym startem zegara",
        Sentence.PRIORITY_FELL: "priorytet obniżono do {priority}",
        Sentence.PRIORITY_ROSE: "priorytet znowu podniesiono do {priority}: od tej chwili biegnie nowy zegar",
        Sentence.NOT_PROMISED: "zobowiązanie już nie obowiązuje",
        Sentence.NO_SUCH_CLOCK: "według spóźnionych zdarzeń takiego zegara nie było",
        Sentence.NO_NUMBER: (
            "plan {plan} nie podaje liczby dla {metric} przy priorytecie {priority}: musi ją podać umowa {contract}"
        ),
        Sentence.NOT_REACHED: "celu nie można osiągnąć: patrz uwagi",
        Sentence.ISSUE_TRANSFERRED: "zgłoszenie przeniesiono w nieznane miejsce",
        Sentence.ISSUE_DELETED: "zgłoszenie usunięto",
        Sentence.MERGED_BACK: "to, z czym je scalono, scalono z nim",
        Sentence.NO_VERDICT: "{metric}: {why}: bez rozstrzygnięcia",
        Sentence.ENDED_WITH_MERGE: (
            "jest zakończone, więc nikt nie musi odpowiadać na słowo, które nadeszło ze scaleniem"
        ),
        Sentence.OPENED_AGAIN: "otwarte ponownie po zakończeniu: odczytane jako wznowione",
        Sentence.SPEAKER_UNKNOWN: (
            "nie wiadomo, czy {who} należy do personelu, czy do klienta: to słowo ani nie jest odpowiedzią, ani na "
            "nią nie czeka"
        ),
        Sentence.SPEAKER_HINT: "proszę to podać w sources.{source}.staff lub sources.{source}.customers",
        Sentence.NOBODY_TO_TELL: "umowa {contract} nie wskazuje nikogo do powiadamiania: należy dodać do niej osoby",
        Sentence.CHANNEL_HOURS: (
            "kanał {channel} należy do planu {plan} tylko w swoich godzinach ({hours}): otwiera się {opens}"
        ),
        Sentence.CHANNEL_NOT_ENTITLED: "kanał {channel} nie należy do planu {plan}: proszę użyć: {channels}",
        Sentence.URGENT_CHANNEL: "priorytet {priority} należy zgłaszać przez: {channels}",
        Sentence.PRIORITY_TAKEN_AWAY: "priorytet {stated} usunięto: obowiązuje {priority}",
        Sentence.PRIORITY_UNKNOWN: "priorytet {stated} nie należy do planu: obowiązuje {priority}",
        Sentence.TAKEN_AWAY: "{name} {value} usunięto: zgłoszenie nie ma tej wartości",
        Sentence.BEFORE_OPENING: "{kind} ma datę sprzed otwarcia: odczytane w chwili otwarcia",
        Sentence.NO_OPENING: "nie nadeszło otwarcie: otwiera je najwcześniejsze zdarzenie",
        Sentence.NO_OPENING_SHOWN: (
            "nie nadeszło otwarcie: otwiera je najwcześniejsze zdarzenie, a stan podaje ticket"
        ),
        Sentence.NO_OPENING_DATED: "nie nadeszło otwarcie: czas utworzenia i stan podaje ticket",
        Sentence.IN_FUTURE: "{kind} ma datę o {ahead} w przyszłości",
        Sentence.RECONCILED: "ticket podaje: {words}; żadne zdarzenie o tym nie mówiło",
        Sentence.RECONCILED_UNDATED: (
            "ticket podaje: {words}; żadne zdarzenie o tym nie mówiło i nie wiadomo, od kiedy"
        ),
        Sentence.MERGED_IN: "{incident} scalono z tym zgłoszeniem",
        Sentence.MERGED_IN_WAITING: "{incident} scalono z tym zgłoszeniem: jego klient czeka na odpowiedź od {since}",
        Sentence.LINKED_HERE: "{incident} jest powiązane: to, co tam powiedziano, liczy się tutaj",
        Sentence.LINKED_ELSEWHERE: "jest powiązane i liczy się jako {incident}",
        Sentence.LINKED_OTHER_CUSTOMER: (
            "{incident} jest powiązane: to, co tam powiedziano, liczy się tutaj, według umowy klienta {own}, choć "
            "tamto zgłoszenie podaje klienta {customer}"
        ),
        Sentence.STANDS_IN: (
            "o tym zgłoszeniu nie nadeszło nic poza tym, że scalono z nim {incidents}: otwiera je to, co tam napisano"
        ),
        Sentence.OVERFULL: (
            "dalsze zdarzenia ({count}) są zachowane, ale się nie liczą: ile może ich być, podaje docs/operations.md"
        ),
        Sentence.LEFT_OUT: "pominięto dalsze uwagi: {count}",
        Sentence.DOWNGRADE_PENDING: "obniżenie z {old} na {new} czeka na zgodę klienta",
        Sentence.AGREED_WITHOUT_CLOCK: "uzgodniono termin dla {metric}, lecz nie biegnie tu żaden zegar",
        Sentence.ANOTHER_TICKET: "inny ticket z priorytetem {stated} przejął tę nazwę: nadal obowiązuje {priority}",
        Sentence.NOTHING_TO_AGREE: "wyrażono zgodę na obniżenie priorytetu, którego nikt nie proponował",
        Sentence.DOWNGRADE_NOT_AGREED: (
            "personel nie może sam zgodzić się na {wanted}: {priority} obowiązuje, aż zgodzi się klient albo "
            "zdarzenie poda w agreed_by, kto z jego strony się zgodził"
        ),
        Sentence.NO_DESCRIPTION: "brak opisu: do jego nadejścia priorytet {priority}",
        Sentence.AGREED_DATE_REFUSED: "termin uzgodniony dla {metric} nie obowiązuje: {why}",
        Sentence.DATE_BEFORE_OPENING: "{date} jest przed otwarciem zgłoszenia",
        Sentence.DATE_PASSED: "{date} minęło już w chwili uzgodnienia: należy uzgodnić późniejszy termin",
        Sentence.DATE_FOR_PRIORITIES: (
            "plan {plan} dopuszcza uzgadnianie terminów tylko dla {priorities}{clause}, nie dla {priority}"
        ),
        Sentence.DATE_FOR_NONE: (
            "plan {plan} nie dopuszcza uzgadniania terminów dla żadnego priorytetu{clause}, także dla {priority}"
        ),
        Sentence.DATE_BY_STAFF: (
            "personel nie może uzgodnić terminu sam: należy przesłać słowo klienta albo podać w agreed_by, kto z jego "
            "strony się zgodził"
        ),
        Sentence.REQUEST_NOT_COVERED: "zgłoszenia typu {type} nie należą do planu {plan}{clause}",
        Sentence.REQUEST_ADVICE: "zgłoszenia typu {type} nie należą do planu {plan}{clause}: {advice}",
        Sentence.NOT_THE_CONTACT: (
            "zgłoszenia w ramach umowy {contract} przekazuje tylko {name}{clause}, a nie {reporter}"
        ),
        Sentence.VENDOR_NOT_NAMED: "zgłoszenie czeka na niewymienionego dostawcę: umowa {contract} wymienia objętych",
        Sentence.VENDOR_NOT_LISTED: "umowa {contract} nie wymienia umowy klienta z dostawcą {vendor}",
        Sentence.VENDOR_NOT_VALID: "umowa klienta z dostawcą {vendor} nie obowiązuje w dniu {day}",
        Sentence.NO_COVERAGE: "wiersz {row} wskazuje godziny {coverage}, których plan {plan} nie ma",
    },
    kinds={
        EventKind.OPENED: "otwarcie",
        EventKind.DESCRIBED: "opis",
        EventKind.RESPONDED: "odpowiedź",
        EventKind.CUSTOMER_REPLIED: "odpowiedź klienta",
        EventKind.COMMENTED: "komentarz",
        EventKind.UPDATED: "aktualizacja",
        EventKind.ASSIGNED: "przydzielenie",
        EventKind.PRIORITY_CHANGED: "zmiana priorytetu",
        EventKind.DOWNGRADE_PROPOSED: "propozycja obniżenia priorytetu",
        EventKind.DOWNGRADE_AGREED: "zgoda na obniżenie priorytetu",
        EventKind.DOWNGRADE_DECLINED: "brak zgody na obniżenie priorytetu",
        EventKind.RECLASSIFIED: "przeklasyfikowanie",
        EventKind.WAITING: "oczekiwanie",
        EventKind.RESUMED: "wznowienie zegara",
        EventKind.WORKAROUND_PROVIDED: "obejście",
        EventKind.RESOLVED: "rozwiązanie",
        EventKind.REOPENED: "ponowne otwarcie",
        EventKind.CLOSED: "zamknięcie",
        EventKind.CANCELLED: "anulowanie",
        EventKind.MERGED: "scalenie",
        EventKind.RENAMED: "zmiana nazwy",
        EventKind.LINKED: "powiązanie",
        EventKind.UNLINKED: "rozłączenie",
        EventKind.ESCALATED: "eskalacja",
        EventKind.TARGET_AGREED: "uzgodnienie terminu",
        EventKind.EXEMPTED: "wyłączenie ze wskaźników",
        EventKind.RATED: "ocena",
        EventKind.OBSERVED: "obserwacja",
    },
)
