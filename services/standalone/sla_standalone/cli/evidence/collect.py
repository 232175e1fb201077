"""Collecting the evidence of an incident from a running service, part by part, into files of a folder."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import httpx2
import orjson

from sla_platform.audit.chain import AuditHead
from sla_standalone.cli.evidence.acts import audit_heads, audit_lines
from sla_standalone.cli.output import MISUSED, stop
from sla_standalone.cli.remote import problem_text, stop_refused
from sla_standalone.evidence import Member, unpublished_breaches

_WAIT = httpx2.Timeout(300, connect=5)  # very many events take a while to be judged
_PAGE = 500
_PAUSES_S = (0.1, 0.2, 0.4, 0.8, 1.5, 2.0)  # what was recorded reaches the board within moments, not at once
_FILE = {
    "about": Member.ABOUT,
    "incident": Member.INCIDENT,
    "events": Member.EVENTS,
    "published": Member.PUBLISHED,
    "clocks": Member.CLOCKS,
    "calendars": Member.CALENDARS,
    "explanations": Member.EXPLANATIONS,
    "catalogues": Member.CATALOGUES,
    "contracts": Member.CONTRACTS,
    "pins": Member.PINS,
    "inbox": Member.INBOX,
    "alerts": Member.ALERTS,
    "deliveries": Member.DELIVERIES,
    "facts": Member.FACTS,
}
_OF_SERVICE: Mapping[str, tuple[Member, ...]] = {
    "timer": (
        Member.ABOUT, Member.INCIDENT, Member.EVENTS, Member.PUBLISHED, Member.CLOCKS, Member.CALENDARS,
        Member.EXPLANATIONS, Member.CATALOGUES, Member.CONTRACTS, Member.PINS,
    ),
    "ingest": (Member.INBOX,),
    "notifier": (Member.ALERTS, Member.DELIVERIES),
    "board": (Member.FACTS,),
}  # fmt: skip


@dataclass(slots=True)
class Collected:
    """The result of `collect`, besides the files: what could not be collected, and the ids that occur in the files."""

    about: dict[str, Any] = field(default_factory=dict)
    """The first record of the timer's part."""
    left_out: list[str] = field(default_factory=list)
    """Sentences on what could not be collected, and why."""
    heads: list[AuditHead] = field(default_factory=list)
    """The last position and hash of each audit log."""
    alerts: list[str] = field(default_factory=list)
    """Ids of the alerts."""
    deliveries: set[str] = field(default_factory=set)
    """Ids of the messages to people."""
    inbox: set[str] = field(default_factory=set)
    """Ids of the raw deliveries."""
    not_published_yet: dict[str, str] = field(default_factory=dict)
    """Breaches that the timer has recorded and that have not reached the board: id of the clock -> words."""


def collect(
    client: httpx2.Client,
    incident: str,
    language: str,
    folder: Path,
    sleep: Callable[[float], None] = time.sleep,
) -> Collected:
    """Collect the evidence about an incident from the services, and write it into files of a folder.

    `left_out` of the result names the parts that the key may not see, and the services that do not answer at this
    address. If the incident is unknown, or a service fails, the command ends with a message.

    Args:
        language: The language tag for the explanations in words.
        sleep: Waits for a number of seconds. `collect` waits up to 5 s for breaches that the timer has recorded and
            the board has not received. Breaches that are missing even then are named in `left_out`.
    """
    found = Collected()
    _service(client, "timer", incident, {"lang": language}, folder, found)
    name = str(found.about["incident"])
    if found.about["contract"] is not None:
        found.left_out.append(
            f"The key is for the contract {found.about['contract']} alone: what belonged to other contracts then, and "
            "the raw deliveries, are not shown to it."
        )
    elif not _service(client, "ingest", name, {}, folder, found):
        found.left_out.append("The raw deliveries: they need the key of an administrator, at ingest's address.")
    if not found.about["events_complete"]:
        found.left_out.append("Some events: they belong to another contract or ticket.")
    if not _service(client, "notifier", name, {}, folder, found):
        found.left_out.append("Alerts and messages: the notifier is not served at this address.")
    if not _facts(client, name, folder, found, sleep):
        found.left_out.append("What was published: the board is not served at this address.")
    _changes(client, found, folder)
    _acts(client, found, folder)
    _explanation(folder)
    return found


def _service(
    client: httpx2.Client, service: str, incident: str, asked: Mapping[str, str], folder: Path, found: Collected
) -> bool:
    """Whether the service gave its part. The timer's must be there."""
    path = f"/v1/evidence/{service}/{quote(incident, safe='')}"
    with client.stream("GET", path, params=dict(asked), timeout=_WAIT) as answer:
        if answer.status_code >= httpx2.codes.BAD_REQUEST:
            answer.read()
            if service != "timer" and answer.status_code in (httpx2.codes.NOT_FOUND, httpx2.codes.FORBIDDEN):
                return False
            stop_refused(answer)
        with _Files(folder, _OF_SERVICE[service]) as files:
            for name, content in _lines(answer, service):
                _note(found, name, content)
                files.write(_FILE[name], _with_body(folder, content) if name == "inbox" else content)
    return True


def _facts(
    client: httpx2.Client, incident: str, folder: Path, found: Collected, sleep: Callable[[float], None]
) -> bool:
    """Whether the board gave its part; it is asked again while a breach of the timer's part is on its way to it."""
    for pause in (*_PAUSES_S, None):
        if not _service(client, "board", incident, {}, folder, found):
            return False
        found.not_published_yet = unpublished_breaches(
            _written(folder / Member.PUBLISHED), _written(folder / Member.FACTS)
        )
        if not found.not_published_yet or pause is None:
            break
        sleep(pause)
    found.left_out += [
        f"The publication of {breach}: it had not reached the board when this file was made."
        for breach in found.not_published_yet.values()
    ]
    return True


def _written(file: Path) -> Iterator[dict[str, Any]]:
    with file.open("rb") as lines:
        yield from map(orjson.loads, lines)


def _lines(answer: httpx2.Response, service: str) -> Iterator[tuple[str, dict[str, Any]]]:
    count = 0
    try:
        for line in _split(answer.iter_bytes()):
            record = orjson.loads(line)
            if record["file"] == "end":
                if record["content"]["lines"] == count:
                    return
                break
            count += 1
            yield record["file"], record["content"]
    except (httpx2.HTTPError, ValueError, KeyError) as error:
        stop(f"the {service} broke off after {count} lines: {error}; try again", MISUSED)
    stop(f"the {service} broke off after {count} lines; try again", MISUSED)


def _split(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Lines end at the line feed alone: what people write may hold other separators."""
    left = b""
    for piece in pieces:
        *lines, left = (left + piece).split(b"\n")
        yield from lines
    if left:
        yield left


def _note(found: Collected, name: str, content: dict[str, Any]) -> None:
    match name:
        case "about":
            found.about = content
        case "alerts":
            found.alerts.append(content["id"])
        case "deliveries":
            found.deliveries.add(content["id"])
        case "inbox":
            found.inbox.add(content["id"])
        case _:
            pass


def _with_body(folder: Path, content: dict[str, Any]) -> dict[str, Any]:
    """The body goes into a file of its own, byte for byte."""
    body = base64.b64decode(content["body"])
    name = f"inbox/{content['id']}.bin"
    (folder / "inbox").mkdir(exist_ok=True)
    (folder / name).write_bytes(body)
    kept = {key: value for key, value in content.items() if key != "body"}
    return kept | {"file": name, "bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}


def _changes(client: httpx2.Client, found: Collected, folder: Path) -> None:
    with _Files(folder, (Member.CONTRACT_CHANGES,)) as files:
        for contract in found.about["contracts"]:
            after = 0
            while True:
                path = f"/v1/contracts/{quote(contract, safe='')}/changes"
                answer = client.get(path, params={"after": after, "limit": _PAGE})
                if answer.status_code == httpx2.codes.NOT_FOUND:  # it is in a file: its text is in the catalogue
                    break
                if answer.is_error:
                    found.left_out.append(f"The changes of the contract {contract}: {problem_text(answer)}.")
                    break
                page = answer.json()
                for change in page["changes"]:
                    if change["what"] not in ("entry_posted", "ledgers_closed"):
                        files.write(Member.CONTRACT_CHANGES, {"contract": contract} | change)
                after = page["next"]
                if after is None:
                    break


def _acts(client: httpx2.Client, found: Collected, folder: Path) -> None:
    contract = found.about["contract"]
    objects = {
        "ingest": found.about["contracts"],
        "timer": found.about["versions"],
        "notifier": found.alerts,
        "platform": found.about["versions"],
    }
    ids = {"notifier": ("delivery.retried", found.deliveries), "ingest": ("parked.replayed", found.inbox)}
    with _Files(folder, (Member.AUDIT,)) as files:
        for service, wanted in objects.items():
            acts = audit_lines(client, service, wanted, ids.get(service))
            if isinstance(acts, str):
                found.left_out.append(f"Acts in the audit log of {service}: {acts}.")
                continue
            for line in acts:
                files.write(Member.AUDIT, line)
            if contract is None:
                found.heads += audit_heads(client, service)
    if contract is not None:
        found.left_out.append("Acts that do not name the contract of the key, and where the audit logs end.")


def _explanation(folder: Path) -> None:
    with (folder / Member.EXPLANATIONS).open("rb") as lines, (folder / Member.EXPLANATION).open("wb") as words:
        for number, line in enumerate(lines):
            text = str(orjson.loads(line).get("text", ""))
            words.write(("\n" if number else "").encode() + text.encode())


class _Files:
    """The files that one service fills; each is there, empty where nothing belongs into it."""

    def __init__(self, folder: Path, members: tuple[Member, ...]) -> None:
        self._folder, self._members = folder, members
        self._open: dict[Member, IO[bytes]] = {}

    def __enter__(self) -> _Files:
        self._open = {member: (self._folder / member).open("wb") for member in self._members}
        return self

    def __exit__(self, *_: object) -> None:
        for stream in self._open.values():
            stream.close()

    def write(self, member: Member, content: Mapping[str, Any]) -> None:
        self._open[member].write(orjson.dumps(content) + b"\n")
