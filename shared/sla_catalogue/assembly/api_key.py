"""`keys` → who may call the API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from sla_catalogue.api_key import ApiKey, KeyId, KeyScope, digest_of_key
from sla_catalogue.assembly_context import Context
from sla_catalogue.document.api_key import KeyDocument
from sla_catalogue.problem import Path, did_you_mean
from sla_domain.contract import ContractId

_SHA256 = re.compile(r"[0-9a-f]{64}")


_SHORTEST_KEY = 16
_AS_A_MADE_KEY = re.compile(r".*#[0-9]+", re.ASCII)  # the id of a key that `slad key make` made


def build_keys(context: Context) -> Mapping[KeyId, ApiKey]:
    """Build the API keys of the catalogue's section `keys`, by id.

    A key without a usable hash is left out. Bad hashes, unknown scopes and contracts, and plain or short keys are
    reported to `context.findings`. So are keys for one contract with a scope that concerns all contracts.
    """
    found: dict[KeyId, ApiKey] = {}
    for name, document in context.document.keys.items():
        path: Path = ("keys", name)
        digest = _digest(document, path, context)
        scopes = _scopes(document, path, context)
        if document.contract and document.contract not in context.declared["contracts"]:
            context.report_unknown(document.contract, context.declared["contracts"], (*path, "contract"), "contract")
        if not context.stored:
            if _AS_A_MADE_KEY.fullmatch(name):
                message = f"{name!r} is the id of a key that `slad key make` made: the audit log would confuse them"
                context.findings.error(path, "key-name", message, "another name, without # before a number")
            _check_reach(document, scopes, path, context)
        if digest is not None:
            found[KeyId(name)] = ApiKey(
                id=KeyId(name),
                sha256=digest,
                scopes=scopes,
                contract=ContractId(document.contract) if document.contract else None,
                expires=document.expires,
            )
    return MappingProxyType(found)


def _digest(document: KeyDocument, path: Path, context: Context) -> str | None:
    findings = context.findings
    if (document.sha256 is None) == (document.key is None):
        findings.error(path, "key", f"the key {path[1]!r} needs either sha256 or key", "sha256: the hash of the key")
        return None
    if document.sha256 is not None:
        digest = document.sha256.strip().lower()
        if not _SHA256.fullmatch(digest):
            findings.error((*path, "sha256"), "key", "this is no SHA-256", "64 hexadecimal digits")
            return None
        return digest
    assert document.key is not None
    if not document.key.available:
        return None  # a stored catalogue holds no keys
    written_here = document.key.origin == "catalogue"
    if written_here and not context.document.settings.local:
        findings.warning((*path, "key"), "plain-key", "the key stands here in plain text", "write its sha256")
    if not context.document.settings.local and len(document.key.reveal()) < _SHORTEST_KEY:
        findings.warning((*path, "key"), "short-key", f"the key is shorter than {_SHORTEST_KEY} characters", "use 32")
    return digest_of_key(document.key.reveal())


def _scopes(document: KeyDocument, path: Path, context: Context) -> frozenset[KeyScope]:
    known = [scope.value for scope in KeyScope]
    for name in document.scopes:
        if name not in known:
            hint = did_you_mean(name, known)
            context.findings.error((*path, "scopes"), "unknown-scope", f"no scope is called {name!r}", hint)
    return frozenset(KeyScope(name) for name in document.scopes if name in known)


def _check_reach(document: KeyDocument, scopes: frozenset[KeyScope], path: Path, context: Context) -> None:
    """What a key may do must not reach beyond the one contract it is for."""
    if document.contract is None:
        return
    findings = context.findings
    if not document.contract:
        message = f"the contract of the key {path[1]!r} is empty: it would be a key for all contracts"
        findings.error((*path, "contract"), "key-contract", message, "name a contract, or leave `contract` out")
    if KeyScope.ADMIN in scopes:
        message = f"the key {path[1]!r} is for one contract, and the scope admin concerns all of them"
        findings.error(
            (*path, "scopes"), "key-reach", message, "take admin away (ingest, read and ack are left), or contract"
        )
    if KeyScope.NOTIFY in scopes:
        message = f"the key {path[1]!r} is for one contract, and notices concern all of them: they will be refused"
        findings.warning((*path, "scopes"), "key-reach", message, "take notify away, or contract")
