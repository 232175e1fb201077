"""The sentences that slad writes into facts and remarks, each in one place.

Facts and remarks carry them in English, as they always have: programs, logs and stored history depend on it. Readers of
other languages get them translated (`sla_domain.explain.sentence`), which recognises each by its form here.
"""

from __future__ import annotations

from enum import StrEnum


class Sentence(StrEnum):
    """A sentence that slad writes, in English, with placeholders in braces.

    The placeholder `why` is replaced by another sentence. The placeholders `kind` and `words` are replaced by kinds of
    events, or by values that a ticket shows. All others are replaced by names, dates and numbers, which are the same in
    every language.
    """

    # Why a clock ended, or does not run.
    INCIDENT_CANCELLED = "the incident was cancelled"
    INCIDENT_MERGED = "the incident was merged"
    END_NOT_DATED = "nobody said when it ended, and that may have been in time"
    END_BEFORE_CLOCK = "it ended before the clock began, which says nothing of an answer"
    END_UNHEARD = "it had ended before anything was heard of it"
    NO_TARGET = "no target for priority {priority}"
    DATE_ENDED = "the agreed date ended with the reset"
    PRIORITY_FELL = "priority fell to {priority}"
    PRIORITY_ROSE = "priority rose to {priority} again: a new clock counts from here"
    NOT_PROMISED = "the target is no longer promised"
    NO_SUCH_CLOCK = "late events leave no such clock"
    NO_NUMBER = "plan {plan} gives no number for {metric} at priority {priority}: contract {contract} must supply it"
    NOT_REACHED = "the target cannot be reached: see the remarks"
    ISSUE_TRANSFERRED = "the issue was transferred to an unnamed place"
    ISSUE_DELETED = "the issue was deleted"
    MERGED_BACK = "what it was merged into was merged into it"
    # What people should see of an incident.
    NO_VERDICT = "{metric}: {why}: no verdict"
    ENDED_WITH_MERGE = "it has ended, so nobody is asked to answer the word that came with the merge"
    OPENED_AGAIN = "opened again after its end: read as reopened"
    SPEAKER_UNKNOWN = (
        "{who} is known neither as staff nor as a customer: the word neither answers nor waits for an answer"
    )
    SPEAKER_HINT = "say it under sources.{source}.staff or sources.{source}.customers"
    NOBODY_TO_TELL = "contract {contract} names nobody to tell: add people to it"
    CHANNEL_HOURS = "channel {channel} is part of plan {plan} in its hours only ({hours}): it opens at {opens}"
    CHANNEL_NOT_ENTITLED = "channel {channel} is not part of plan {plan}: please use {channels}"
    URGENT_CHANNEL = "priority {priority} should come through {channels}"
    PRIORITY_TAKEN_AWAY = "priority {stated} was taken away: {priority} is in force"
    PRIORITY_UNKNOWN = "priority {stated} is not one of the plan's: {priority} is in force"
    TAKEN_AWAY = "{name} {value} was taken away: the incident has none"
    BEFORE_OPENING = "{kind} claims to precede the opening: read at the opening"
    NO_OPENING = "no opening was received: the earliest event opens it"
    NO_OPENING_SHOWN = "no opening was received: the earliest event opens it, and how it stands"
    NO_OPENING_DATED = "no opening was received: the ticket says when it was created, and how it stands"
    IN_FUTURE = "{kind} claims to lie {ahead} in the future"
    RECONCILED = "the ticket says {words}: no event had said so"
    RECONCILED_UNDATED = "the ticket says {words}: no event had said so, nor does the ticket say since when"
    MERGED_IN = "{incident} was merged into this"
    MERGED_IN_WAITING = "{incident} was merged into this: its customer has waited for an answer since {since}"
    LINKED_HERE = "{incident} is linked: what is said there counts here"
    LINKED_ELSEWHERE = "it is linked, and counts as {incident}"
    LINKED_OTHER_CUSTOMER = (
        "{incident} is linked: what is said there counts here, under the contract of customer {own}, though that "
        "ticket names customer {customer}"
    )
    STANDS_IN = (
        "nothing was received of this incident but that {incidents} was merged into it: what was said there opens it"
    )
    DOWNGRADE_PENDING = "{old} to {new} waits for the customer's agreement"
    OVERFULL = "{count} further events are kept and do not count: see how many may, in docs/operations.md"
    LEFT_OUT = "{count} further remarks are left out"
    AGREED_WITHOUT_CLOCK = "a date was agreed for {metric}, which has no open clock"
    ANOTHER_TICKET = "another ticket that states priority {stated} took the name: {priority} stays in force"
    NOTHING_TO_AGREE = "a downgrade was agreed but none was proposed"
    DOWNGRADE_NOT_AGREED = (
        "staff cannot agree to {wanted} alone: {priority} stays in force until the customer agrees, or the event names "
        "in agreed_by who of the customer did"
    )
    NO_DESCRIPTION = "no description: priority {priority} until it comes"
    AGREED_DATE_REFUSED = "the date agreed for {metric} has no effect: {why}"
    DATE_BEFORE_OPENING = "{date} lies before the opening of the incident"
    DATE_PASSED = "{date} had passed when it was agreed: agree on a later one"
    DATE_FOR_PRIORITIES = (
        "plan {plan} lets the parties agree on dates for {priorities} alone{clause}, not for {priority}"
    )
    DATE_FOR_NONE = "plan {plan} lets the parties agree on dates for no priority{clause}, not for {priority}"
    DATE_BY_STAFF = (
        "staff cannot agree alone: send the customer's own word, or name in agreed_by who of the customer agreed"
    )
    REQUEST_NOT_COVERED = "requests of the type {type} are not part of plan {plan}{clause}"
    REQUEST_ADVICE = "requests of the type {type} are not part of plan {plan}{clause}: {advice}"
    NOT_THE_CONTACT = "requests under contract {contract} come through {name} alone{clause}, not from {reporter}"
    VENDOR_NOT_NAMED = "the incident waits on a vendor that is not named: contract {contract} lists those it covers"
    VENDOR_NOT_LISTED = "contract {contract} lists no contract of the customer with the vendor {vendor}"
    VENDOR_NOT_VALID = "the customer's contract with the vendor {vendor} is not valid on {day}"
    NO_COVERAGE = "row {row} names coverage {coverage}, which plan {plan} does not have"

    def filled(self, **places: object) -> str:
        """Return the sentence in English with its placeholders replaced.

        Args:
            places: Name of a placeholder -> value.
        """
        return self.value.format(**places)
