"""`sources` → `Source`: the dialect's usual proof of origin, refined by what the catalogue says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from sla_catalogue.assembly.authentication import build_authentication
from sla_catalogue.assembly.side import build_membership, check_sides
from sla_catalogue.assembly.source_map import build_map
from sla_catalogue.assembly.zone import check_zone
from sla_catalogue.assembly_context import Context
from sla_catalogue.document.source import LookupDocument, SourceDocument
from sla_catalogue.preset import UnknownPreset, with_preset
from sla_catalogue.problem import Path, did_you_mean
from sla_catalogue.source import (
    AuthenticationKind,
    Dialect,
    Lookup,
    SignedContent,
    Source,
    SourceId,
    TicketPhase,
    fold_case,
    signing_key,
)
from sla_domain.same_as import SAME_AS


def build_sources(context: Context) -> Mapping[SourceId, Source]:
    """Build the sources (ticketing systems) of the section `sources`, by id.

    A source of an unknown dialect is left out. Unknown dialects, time zones and phases, authentication that cannot
    work, and secrets shared with another source or a channel are reported to `context.findings`.
    """
    found: dict[SourceId, Source] = {}
    for name, document in context.document.sources.items():
        path: Path = ("sources", name)
        if document.dialect not in list(Dialect):
            known = [dialect.value for dialect in Dialect]
            hint = did_you_mean(document.dialect, known) or f"known: {', '.join(sorted(known))}"
            message = f"no dialect is called {document.dialect!r}"
            context.findings.error((*path, "dialect"), "unknown-dialect", message, hint)
            continue
        document = _with_preset(document, path, context)
        check_zone(document.zone, (*path, "zone"), context.findings)
        check_sides(Dialect(document.dialect), document, path, context.findings)
        found[SourceId(name)] = _source(SourceId(name), document, path, context)
    _check_shared(found, context)
    return MappingProxyType(found)


def _with_preset(document: SourceDocument, path: Path, context: Context) -> SourceDocument:
    if document.preset is None or document.dialect != Dialect.MAPPED:
        return document
    try:
        return with_preset(document)
    except UnknownPreset as unknown:
        context.report_unknown(document.preset, unknown.known, (*path, "preset"), "preset")
        return document


def _check_shared(sources: Mapping[SourceId, Source], context: Context) -> None:
    """Report a secret that two sources, or a source and a channel, share.

    A signature does not name its receiver: under one secret a delivery to one source is valid for the other, and a
    message that slad signs for a channel could be sent back to it as a delivery.
    """
    holders: dict[bytes, str] = {}
    for name, channel in context.document.channels.items():
        for secret in channel.signing_secrets():
            if secret.available:
                key = signing_key(SignedContent.ID_TIMESTAMP_BODY, secret.reveal())
                holders.setdefault(_as_hmac_has_it(key), f"the channel {name!r}")
    for source in sources.values():
        how = source.authentication
        if how.kind not in (AuthenticationKind.HMAC, AuthenticationKind.JWT):
            continue
        for key in {_as_hmac_has_it(signing_key(how.signed, one.reveal())) for one in how.secrets if one.available}:
            other = holders.setdefault(key, f"the source {source.id!r}")
            if other != f"the source {source.id!r}":
                message = f"the source {source.id!r} has the same secret as {other}"
                path: Path = ("sources", source.id, "authentication")
                context.findings.error(path, "shared-secret", message, "give each a secret of its own")


def _as_hmac_has_it(key: bytes) -> bytes:
    """HMAC fills a key up with zeros, so that a key and the same with zeros behind it sign alike."""
    return key.rstrip(b"\x00")


def _source(id_: SourceId, document: SourceDocument, path: Path, context: Context) -> Source:
    dialect = Dialect(document.dialect)
    return Source(
        id=id_,
        dialect=dialect,
        authentication=build_authentication(dialect, document.authentication, path, context),
        zone=document.zone,
        statuses=_phases(document.statuses, (*path, "statuses"), context),
        labels=_phases(document.labels, (*path, "labels"), context),
        priorities=_folded(document.priorities),
        priority_labels=_folded(document.priority_labels),
        customer=_lookup(document.customer),
        product=_lookup(document.product),
        attributes=MappingProxyType(_attributes(id_, document, path, context)),
        resolutions=MappingProxyType(
            {fold_case(word): TicketPhase(meaning) for word, meaning in document.resolutions.items()}
        ),
        staff=frozenset(map(fold_case, document.staff.people)),
        staff_by=build_membership(document.staff),
        only_staff=document.staff.only,
        customers=frozenset(map(fold_case, document.customers.people)),
        customers_by=build_membership(document.customers),
        bots=frozenset(map(fold_case, document.bots)),
        map=build_map(document, path, context.findings) if dialect is Dialect.MAPPED else None,
    )


def _attributes(id_: SourceId, document: SourceDocument, path: Path, context: Context) -> dict[str, Lookup]:
    found = {name: _sure(lookup) for name, lookup in document.attributes.items()}
    if found.pop(SAME_AS, None) is not None:
        message = f"tickets of another source are named under sources.{id_}.same_as, with that source"
        hint = "move the key same_as out of attributes and add source: NAME"
        context.findings.error((*path, "attributes", SAME_AS), "misplaced-same-as", message, hint)
    same = document.same_as
    if same is None:
        return found
    if same.source == id_ or same.source not in context.document.sources:
        known = sorted(name for name in context.document.sources if name != id_)
        context.report_unknown(same.source, known, (*path, "same_as", "source"), "other source")
        return found
    return found | {SAME_AS: replace(_sure(same), tickets_of=same.source)}


def _phases(table: Mapping[str, str], path: Path, context: Context) -> Mapping[str, TicketPhase]:
    found: dict[str, TicketPhase] = {}
    for word, phase in table.items():
        if phase in list(TicketPhase):
            found[fold_case(word)] = TicketPhase(phase)
        else:
            hint = did_you_mean(phase, [known.value for known in TicketPhase])
            context.findings.error((*path, word), "unknown-phase", f"no phase is called {phase!r}", hint)
    return MappingProxyType(found)


def _folded(table: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType({fold_case(word): meaning for word, meaning in table.items()})


def _lookup(document: LookupDocument | None) -> Lookup | None:
    return None if document is None else _sure(document)


def _sure(document: LookupDocument) -> Lookup:
    return Lookup(
        field=document.field or "",
        label=document.label or "",
        constant=document.constant or "",
        values=_folded(document.values),
    )
