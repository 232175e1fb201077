"""Italian."""

from __future__ import annotations

from sla_domain.event import EventKind
from sla_domain.explain.sentences.words import SentenceWords
from sla_domain.sentence import Sentence

WORDS = SentenceWords(
    between="; ",
    quoted="«{name}»",
    somebody="qualcuno",
    no_metric="nessun orologio",
    sentences={
        Sentence.INCIDENT_CANCELLED: "la segnalazione è stata annullata",
        Sentence.INCIDENT_MERGED: "la segnalazione è stata unita a un'altra",
        Sentence.END_NOT_DATED: "nessuno ha indicato quando è terminata, e può essere avvenuto in tempo",
        Sentence.END_BEFORE_CLOCK: (
            "è terminata prima dell'avvio dell'orologio, il che non dice nulla di una risposta"
        ),
        Sentence.END_UNHEARD: "era terminata prima che se ne sapesse qualcosa",
        Sentence.NO_TARGET: "nessun obiettivo per la priorità {priority}",
        Sentence.DATE_ENDED: "la data concordata è decaduta con il riavvio dell'orologio",
        Sentence.PRIORITY_FELL: "la priorità è scesa a {priority}",
        Sentence.PRIORITY_ROSE: "la priorità è risalita a {priority}: da qui corre un nuovo orologio",
        Sentence.NOT_PROMISED: "l'impegno non è più valido",
        Sentence.NO_SUCH_CLOCK: "secondo eventi arrivati in ritardo questo orologio non esiste",
        Sentence.NO_NUMBER: (
            "il piano {plan} non dà un numero per {metric} con priorità {priority}: deve fornirlo il contratto "
            "{contract}"
        ),
        Sentence.NOT_REACHED: "l'obiettivo non è raggiungibile: vedere le osservazioni",
        Sentence.ISSUE_TRANSFERRED: "il ticket è stato trasferito in un luogo non indicato",
        Sentence.ISSUE_DELETED: "il ticket è stato eliminato",
        Sentence.MERGED_BACK: "ciò a cui era stata unita è stato unito ad essa",
        Sentence.NO_VERDICT: "{metric}: {why}: nessun esito",
        Sentence.ENDED_WITH_MERGE: (
            "è terminata, quindi a nessuno si chiede di rispondere al messaggio giunto con l'unione"
        ),
        Sentence.OPENED_AGAIN: "aperta di nuovo dopo la fine: letta come riapertura",
        Sentence.SPEAKER_UNKNOWN: (
            "non è noto se {who} sia del personale o del cliente: il messaggio non è una risposta e non ne attende una"
        ),
        Sentence.SPEAKER_HINT: "indicarlo in sources.{source}.staff o sources.{source}.customers",
        Sentence.NOBODY_TO_TELL: "il contratto {contract} non indica nessuno da avvisare: aggiungere delle persone",
        Sentence.CHANNEL_HOURS: (
            "il canale {channel} fa parte del piano {plan} solo nel suo orario ({hours}): apre {opens}"
        ),
        Sentence.CHANNEL_NOT_ENTITLED: "il canale {channel} non fa parte del piano {plan}: usare {channels}",
        Sentence.URGENT_CHANNEL: "la priorità {priority} va segnalata tramite {channels}",
        Sentence.PRIORITY_TAKEN_AWAY: "la priorità {stated} è stata tolta: vale {priority}",
        Sentence.PRIORITY_UNKNOWN: "la priorità {stated} non è tra quelle del piano: vale {priority}",
        Sentence.TAKEN_AWAY: "{name} {value} è stato tolto: la segnalazione non ne ha",
        Sentence.BEFORE_OPENING: "{kind} risulta precedente all'apertura: letto all'apertura",
        Sentence.NO_OPENING: "non è arrivata alcuna apertura: la apre il primo evento",
        Sentence.NO_OPENING_SHOWN: (
            "non è arrivata alcuna apertura: la apre il primo evento, e lo stato è quello del ticket"
        ),
        Sentence.NO_OPENING_DATED: "non è arrivata alcuna apertura: data di creazione e stato sono quelli del ticket",
        Sentence.IN_FUTURE: "{kind} risulta nel futuro di {ahead}",
        Sentence.RECONCILED: "il ticket indica {words}: nessun evento lo aveva detto",
        Sentence.RECONCILED_UNDATED: (
            "il ticket indica {words}: nessun evento lo aveva detto, né il ticket dice da quando"
        ),
        Sentence.MERGED_IN: "{incident} è stata unita a questa segnalazione",
        Sentence.MERGED_IN_WAITING: (
            "{incident} è stata unita a questa segnalazione: il suo cliente attende una risposta dal {since}"
        ),
        Sentence.LINKED_HERE: "{incident} è collegata: quanto detto lì conta qui",
        Sentence.LINKED_ELSEWHERE: "è collegata e conta come {incident}",
        Sentence.LINKED_OTHER_CUSTOMER: (
            "{incident} è collegata: quanto detto lì conta qui, con il contratto del cliente {own}, benché quel ticket "
            "indichi il cliente {customer}"
        ),
        Sentence.STANDS_IN: (
            "di questa segnalazione non è arrivato nulla, salvo che {incidents} vi è stata unita: la apre ciò che vi "
            "è stato scritto"
        ),
        Sentence.OVERFULL: "altri eventi ({count}) sono conservati ma non contano: il limite è in docs/operations.md",
        Sentence.LEFT_OUT: "altre osservazioni omesse: {count}",
        Sentence.DOWNGRADE_PENDING: "il passaggio da {old} a {new} attende il consenso del cliente",
        Sentence.AGREED_WITHOUT_CLOCK: "è stata concordata una data per {metric}, che non ha un orologio aperto",
        Sentence.ANOTHER_TICKET: "un altro ticket con priorità {stated} ha preso il nome: resta valida {priority}",
        Sentence.NOTHING_TO_AGREE: "è stata accettata una riduzione di priorità che nessuno aveva proposto",
        Sentence.DOWNGRADE_NOT_AGREED: (
            "il personale non può accettare da solo {wanted}: resta valida {priority} finché il cliente non "
            "acconsente, o l'evento indica in agreed_by chi ha acconsentito"
        ),
        Sentence.NO_DESCRIPTION: "manca la descrizione: fino al suo arrivo vale la priorità {priority}",
        Sentence.AGREED_DATE_REFUSED: "la data concordata per {metric} non ha effetto: {why}",
        Sentence.DATE_BEFORE_OPENING: "{date} precede l'apertura della segnalazione",
        Sentence.DATE_PASSED: "{date} era già passato al momento dell'accordo: concordare una data successiva",
        Sentence.DATE_FOR_PRIORITIES: (
            "il piano {plan} consente di concordare date solo per {priorities}{clause}, non per {priority}"
        ),
        Sentence.DATE_FOR_NONE: (
            "il piano {plan} non consente di concordare date per alcuna priorità{clause}, nemmeno per {priority}"
        ),
        Sentence.DATE_BY_STAFF: (
            "il personale non può concordare da solo: inviare la parola del cliente o indicare in agreed_by chi ha "
            "acconsentito"
        ),
        Sentence.REQUEST_NOT_COVERED: "le richieste del tipo {type} non fanno parte del piano {plan}{clause}",
        Sentence.REQUEST_ADVICE: "le richieste del tipo {type} non fanno parte del piano {plan}{clause}: {advice}",
        Sentence.NOT_THE_CONTACT: (
            "le richieste del contratto {contract} passano solo da {name}{clause}, non da {reporter}"
        ),
        Sentence.VENDOR_NOT_NAMED: (
            "la segnalazione attende un fornitore non indicato: il contratto {contract} elenca quelli coperti"
        ),
        Sentence.VENDOR_NOT_LISTED: (
            "il contratto {contract} non elenca un contratto del cliente con il fornitore {vendor}"
        ),
        Sentence.VENDOR_NOT_VALID: "il contratto del cliente con il fornitore {vendor} non è valido il {day}",
        Sentence.NO_COVERAGE: "la riga {row} indica l'orario {coverage}, che il piano {plan} non ha",
    },
    kinds={
        EventKind.OPENED: "apertura",
        EventKind.DESCRIBED: "descrizione",
        EventKind.RESPONDED: "risposta",
        EventKind.CUSTOMER_REPLIED: "risposta del cliente",
        EventKind.COMMENTED: "commento",
        EventKind.UPDATED: "aggiornamento",
        EventKind.ASSIGNED: "assegnazione",
        EventKind.PRIORITY_CHANGED: "cambio di priorità",
        EventKind.DOWNGRADE_PROPOSED: "proposta di riduzione della priorità",
        EventKind.DOWNGRADE_AGREED: "accordo sulla riduzione della priorità",
        EventKind.DOWNGRADE_DECLINED: "rifiuto della riduzione della priorità",
        EventKind.RECLASSIFIED: "riclassificazione",
        EventKind.WAITING: "attesa",
        EventKind.RESUMED: "ripresa",
        EventKind.WORKAROUND_PROVIDED: "soluzione temporanea",
        EventKind.RESOLVED: "risoluzione",
        EventKind.REOPENED: "riapertura",
        EventKind.CLOSED: "chiusura",
        EventKind.CANCELLED: "annullamento",
        EventKind.MERGED: "unione",
        EventKind.RENAMED: "cambio di nome",
        EventKind.LINKED: "collegamento",
        EventKind.UNLINKED: "scollegamento",
        EventKind.ESCALATED: "escalation",
        EventKind.TARGET_AGREED: "accordo sulla data",
        EventKind.EXEMPTED: "esclusione dai livelli di servizio",
        EventKind.RATED: "valutazione",
        EventKind.OBSERVED: "osservazione",
    },
)
