"""README.txt of a file of evidence, in plain words: what is in it, what is not, and how to check it."""

from __future__ import annotations

from collections.abc import Iterable

from sla_standalone.evidence.manifest import DIGEST, MANIFEST, Member

_WHAT: tuple[tuple[str, str], ...] = (
    (Member.ABOUT, "which incident, as of which instant, judged by which versions"),
    (Member.INCIDENT, "its state: priority, contract, plan, phases, under which contract it was when"),
    ("inbox/, " + Member.INBOX, "the deliveries of the ticketing system, byte for byte, with their digests"),
    (Member.EVENTS, "what slad read in them: the events, each with the time it happened and the time it arrived"),
    (Member.CATALOGUES, "plans, hours and holidays by which it was judged, version by version"),
    (Member.CONTRACTS, "contracts that are kept as records, with all their versions, authors and reasons"),
    (Member.CONTRACT_CHANGES, "who changed these contracts when, and why"),
    (Member.PINS, "which revision of a contract belongs to which version"),
    (Member.CALENDARS, "the open and closed hours of the time in question, with the names of holidays"),
    (Member.CLOCKS, "every clock with every stretch in which it ran or was paused"),
    (Member.EXPLANATIONS + ", " + Member.EXPLANATION, "the arithmetic down to the due instant, as data and in words"),
    (Member.PUBLISHED, "what slad has on record about each clock: state, due instant, breach"),
    (Member.FACTS, "what slad published, in the order in which it did: warnings, breaches, corrections"),
    (Member.ALERTS, "the alerts, and who acknowledged them when"),
    (Member.DELIVERIES, "the messages to people: to whom, when, by which way, with every attempt"),
    (Member.AUDIT, "what people and keys did to these contracts, alerts and messages, with the hashes of the log"),
    (MANIFEST, "the SHA-256 of every file; " + DIGEST + " holds its own"),
)


def readme_text(incident: str, as_of: str, names: Iterable[str], left_out: Iterable[str]) -> bytes:
    """Return the content of the file README.txt in a zip with evidence on an incident.

    Args:
        incident: The incident's id.
        as_of: The instant for which the clocks were computed, as text.
        names: Names of the files in the zip.
        left_out: Sentences that name what the zip lacks, and why.
    """
    there = set(names)
    lines = [
        f"Evidence of {incident}",
        "",
        "This is what slad knows about the incident, and by what it was judged. Instants are in UTC unless they name a",
        f"zone. The arithmetic stands as of {as_of}, just after the last thing that happened.",
        "",
        "What is in it (files .jsonl hold one JSON object a line):",
        "",
    ]
    for name, what in _WHAT:
        if any(part.strip().endswith("/") or part.strip() in there or part == MANIFEST for part in name.split(",")):
            lines += [f"  {name}", f"      {what}"]
    lines += ["", "What is not in it:", ""]
    lines += [f"  - {sentence}" for sentence in (*left_out, *_NEVER)]
    lines += [
        "",
        "How to check it, without any connection:",
        "",
        "  slad evidence verify FILE.zip",
        "",
        "checks the digests, computes all clocks again from the events and says what holds and what does not. Without",
        f"slad: `sha256sum -c {DIGEST}`, then compare the digests in {MANIFEST}.",
        "",
        "Whoever can write such a file can write another one. Note its digest when it is made (slad prints it), and",
        "give it to the other side: `--digest` compares. `--audit` holds its lines against a whole export of the log.",
        "",
    ]
    return "\n".join(lines).encode()


_NEVER = (
    "Headers that prove who sent a delivery (signatures, tokens, passwords): slad never keeps them.",
    "Addresses of people, the words of messages and the links in them.",
    "Other customers' contracts. A catalogue is given as far as it bears on this incident, so its version, which is a "
    "digest of the whole, cannot be computed from it.",
    "The ledgers of contracts: they move no clock.",
)
