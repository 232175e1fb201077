"""The contracts of a running service over HTTP: read, listed, checked and written."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx2

from sla_catalogue.tree import Plain
from sla_platform.wire.contract import canonical
from sla_standalone.cli.remote import fetch_json, problem_text, stop_refused

API = "api"
_BUSY = frozenset({429, 502, 503, 504})
_TRIES = 20
_LONGEST_WAIT = 30.0
_PAGE = 500
_STOPS = frozenset({401, 403, 405, 415})  # these concern every contract alike


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedContract:
    """A contract to be written to a running service, as it was read from a file or from a line of a table."""

    id: str
    section: dict[str, Plain]
    """The contract's content, with the keys of a catalogue file."""
    place: str
    """Where the contract is stated, such as `contracts.csv:12`."""
    line: int = 0
    """The line in a table. 0 in a file."""
    reason: str = ""
    """Why the contract is written, for its history."""
    effective_from: str = ""
    """From when the contract applies (ISO 8601). "" means from now, or from its first day if that is later."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """A reason why a service refuses a contract, with the place in the contract that it concerns."""

    pointer: str
    """A JSON pointer to the place in the request's body. "" for the contract as a whole."""
    detail: str
    """The reason in words."""


@dataclass(frozen=True, slots=True)
class KnownContract:
    """A contract as a running service has stored it."""

    etag: str
    """The ETag that a change must send as If-Match."""
    managed: str
    """`api` for a recorded contract, `file` for a contract in the catalogue's files."""
    newest: dict[str, Plain]
    """The content of the contract's newest version. Empty if there is no version."""
    told: dict[str, Any] = field(repr=False)
    """The service's whole JSON response."""


@dataclass(frozen=True, slots=True)
class ContractService:
    """Reads and writes the contracts of a running service.

    If the service is busy, `known`, `windows`, `write`, `write_part` and `end` repeat their request, up to 20 attempts
    in all. If the service refuses the API key, the command ends (except in `windows`).
    """

    client: httpx2.Client
    """The HTTP client of the service."""
    sleep: Callable[[float], None] = time.sleep
    """Waits between two attempts."""

    def known(self, contract: str) -> KnownContract | None:
        """Return a contract as the service has stored it; None if the service does not know the contract.

        The result has the content of the newest version that was not withdrawn.

        Args:
            contract: The contract's id.
        """
        answer = self._ask("GET", contract_path(contract))
        if answer.status_code == httpx2.codes.NOT_FOUND:
            return None
        _demand(answer)
        told = answer.json()
        versions = [each for each in told.get("versions", ()) if each["state"] != "withdrawn"]
        newest: dict[str, Plain] = {}
        if versions:
            whole = {each["number"]: each["contract"] for each in (*told["pending"], told["in_force"]) if each}
            number = versions[-1]["number"]
            newest = whole[number] if number in whole else self.version(contract, number)["contract"]
        return KnownContract(answer.headers.get("etag", ""), told["managed"], newest, told)

    def version(self, contract: str, number: int) -> dict[str, Any]:
        """Return one version of a recorded contract as a JSON object; the content is under the key `contract`.

        A version that the service does not know ends the command.

        Args:
            number: The version's number.
        """
        return fetch_json(self.client, f"{contract_path(contract)}/versions/{number}")

    def windows(self, contract: str) -> list[dict[str, Any]]:
        """Return a contract's booked windows (extra service hours) as JSON.

        The result is [] if the service refuses, for example because the contract is not in force yet.
        """
        answer = self._ask("GET", f"{contract_path(contract)}/windows")
        # A service of an older release lists cancelled ones among them.
        return [one for one in answer.json()["booked"] if not one.get("cancelled")] if answer.is_success else []

    def listed(self, text: str = "") -> Iterator[dict[str, Any]]:
        """Yield the contracts of the service as JSON, sorted by id.

        Args:
            text: Yield only contracts whose id, title or customers contain this text. "" means all contracts.
        """
        after = ""
        while True:
            page = fetch_json(self.client, "/v1/contracts", {"q": text, "after": after, "limit": _PAGE})
            yield from page["contracts"]
            after = page["next"] or ""
            if not after:
                return

    def changes(self, contract: str) -> Iterator[dict[str, Any]]:
        """Yield the changes in the history of a recorded contract as JSON objects, the oldest first."""
        after = 0
        while True:
            page = fetch_json(self.client, f"{contract_path(contract)}/changes", {"after": after, "limit": _PAGE})
            yield from page["changes"]
            if page["next"] is None:
                return
            after = page["next"]

    def write(self, wanted: WantedContract, known: KnownContract | None, *, dry_run: bool) -> tuple[Misfit, ...]:
        """Create or change a contract in the service; return the reasons for a refusal, or () if the service accepts.

        The service refuses if somebody changed the contract after `known` was read.

        Args:
            wanted: The contract to write.
            known: The contract as it was read from the service. None means to create the contract.
            dry_run: Whether the service only checks, and writes nothing.
        """
        body: dict[str, Any] = {"contract": wanted.section, "reason": wanted.reason}
        if wanted.effective_from:
            body["effective_from"] = wanted.effective_from
        query = {"dry_run": "true"} if dry_run else {}
        if known is None:
            answer = self._ask("POST", "/v1/contracts", body | {"id": wanted.id}, query)
        else:
            path, headers = contract_path(wanted.id), {"If-Match": known.etag}
            answer = self._ask("PUT", path, body, query, headers)
        return misfits(answer)

    def end(self, contract: str, known: KnownContract, on: str, reason: str) -> tuple[Misfit, ...]:
        """End a contract in the service; return the reasons for a refusal, or () if the service accepts.

        The service refuses if somebody changed the contract after `known` was read.

        Args:
            on: The first day without the contract, such as `2027-01-01`.
            reason: Why the contract ends, for its history.
        """
        headers = {"If-Match": known.etag}
        return misfits(self._ask("POST", f"{contract_path(contract)}/end", {"on": on, "reason": reason}, {}, headers))

    def write_part(
        self, contract: str, etag: str, method: str, part: Sequence[str], said: Mapping[str, Any], *, dry_run: bool
    ) -> tuple[Misfit, ...]:
        """Change a part of a contract, such as a person; return the reasons for a refusal, or () if it is accepted.

        Args:
            etag: The contract's ETag from when it was read. The service refuses if the contract has changed since.
            method: PUT or DELETE.
            part: The path of the part below the contract's path, such as ("people", "anna").
            said: The JSON body of a PUT, or the query parameters of a DELETE.
            dry_run: Whether the service only checks, and writes nothing.
        """
        path = "/".join([contract_path(contract), *(quote(step, safe="") for step in part)])
        body, query = (said, {}) if method == "PUT" else (None, {name: str(value) for name, value in said.items()})
        query |= {"dry_run": "true"} if dry_run else {}
        return misfits(self._ask(method, path, body, query, {"If-Match": etag}))

    def _ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        """Again while the service is busy, after the pause that it asks for or a growing one."""
        attempt = 0
        while True:
            answer = self.client.request(method, path, json=body, params=dict(query or {}), headers=dict(headers or {}))
            attempt += 1
            if answer.status_code not in _BUSY or attempt == _TRIES:
                return answer
            asked = answer.headers.get("retry-after", "")
            self.sleep(min(float(asked) if asked.isdigit() else 0.25 * 2.0**attempt, _LONGEST_WAIT))


def contract_path(contract: str) -> str:
    """Return the path of a contract in the API: `/v1/contracts/<contract>`, with the id escaped."""
    return f"/v1/contracts/{quote(contract, safe='')}"


def misfits(answer: httpx2.Response) -> tuple[Misfit, ...]:
    """Return the reasons why a service refused a contract; () if the service accepted it.

    A status that would be the same for every contract, such as 401 for a wrong key, ends the command.

    Args:
        answer: The service's HTTP response.
    """
    if answer.is_success:
        return ()
    if answer.status_code in _STOPS:
        stop_refused(answer)
    try:
        errors = answer.json().get("errors") or ()
    except (ValueError, AttributeError):
        errors = ()
    found = tuple(Misfit(str(one.get("pointer", "")), str(one.get("detail", ""))) for one in errors)
    return found or (Misfit("", problem_text(answer)),)


def unchanged(wanted: WantedContract, known: KnownContract | None) -> bool:
    """Return True if the contract is recorded in the service with the wanted content, so need not be written.

    Args:
        known: The contract as the service has it. None means that the service does not have it.
    """
    return known is not None and known.managed == API and canonical(known.newest) == canonical(wanted.section)


def _demand(answer: httpx2.Response) -> None:
    if not answer.is_success:
        stop_refused(answer)
