"""Values → documents: pydantic checks the shape; its errors become problems with a place and advice."""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from sla_catalogue.channel import channel_kinds
from sla_catalogue.document.catalogue import CatalogueDocument
from sla_catalogue.document.contract import ContractDocument
from sla_catalogue.model import catalogue_model, contract_model
from sla_catalogue.problem import Findings, Path, did_you_mean, path_text
from sla_catalogue.resolve import Value


def build_document(values: Mapping[str, Value], findings: Findings) -> CatalogueDocument:
    """Build the document (pydantic model) of a catalogue.

    An entry that does not fit the model is left out and reported to `findings`.

    Args:
        values: Section -> its content.
    """
    model = catalogue_model(channel_kinds())
    whole: dict[str, Any] = dict(values)
    if isinstance(whole.get("channels"), dict):
        whole["channels"] = _channels(whole["channels"], findings)
    try:
        return model.model_validate(whole)
    except ValidationError as error:
        details = error.errors(include_url=False)
    for detail in details:
        _report(detail, findings, model)
    for detail in details:
        _remove(whole, tuple(detail["loc"]))
    try:
        return model.model_validate(whole)
    except ValidationError:
        return model()


def build_contract_document(id_: str, values: Mapping[str, Any], findings: Findings) -> ContractDocument | None:
    """Build the document (pydantic model) of one contract, or None if the values do not fit the model.

    Errors are reported to `findings`.

    Args:
        id_: Id of the contract.
        values: What a catalogue file has under `contracts.<id>`.
    """
    model = contract_model(channel_kinds())
    try:
        return model.model_validate(values)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            _report(detail, findings, model, ("contracts", id_))
    return None


def _channels(entries: Mapping[str, Any], findings: Findings) -> dict[str, Any]:
    """Read each entry of the section `channels` by its kind's own model; what is no mapping is left to the whole."""
    models = {kind.name: kind.document for kind in channel_kinds() if kind.document is not None}
    found: dict[str, Any] = {}
    for name, entry in entries.items():
        path: Path = ("channels", name)
        if not isinstance(entry, dict):
            found[name] = entry
        elif "kind" not in entry:
            findings.error((*path, "kind"), "missing-key", f"{path_text(path)} lacks the key 'kind'", "")
        elif not isinstance(entry["kind"], str) or entry["kind"] not in models:
            named = entry["kind"] if isinstance(entry["kind"], str) else ""  # anything else is not quoted
            message = f"{path_text((*path, 'kind'))}: {named!r} is none of the choice"
            findings.error((*path, "kind"), "unknown-value", message, did_you_mean(named, models))
        else:
            model = models[entry["kind"]]
            try:
                found[name] = model.model_validate(entry)
            except ValidationError as error:
                for detail in error.errors(include_url=False):
                    _report(detail, findings, model, path)
    return found


def _remove(whole: dict[str, Any], loc: Path) -> None:
    """Takes out the entry (`plans.gold`, not just its bad field), so that later checks see only sound entries."""
    section = loc[0] if loc else None
    content = whole.get(str(section))
    if isinstance(content, dict) and len(loc) > 1:
        whole[str(section)] = {key: value for key, value in content.items() if key != loc[1]}
    elif section is not None:
        whole.pop(str(section), None)


def _report(detail: Any, findings: Findings, model: type[BaseModel], below: Path = ()) -> None:
    """Report one error of `model`, which reads what stands `below` this path."""
    inside: Path = tuple(detail["loc"])
    loc: Path = (*below, *inside)
    context = detail.get("ctx") or {}
    match detail["type"]:
        case "slad":
            findings.error(loc, context["code"], f"{path_text(loc)}: {context['message']}", context["hint"])
        case "extra_forbidden":
            unknown = str(loc[-1])
            where = path_text(loc[:-1]) or "a catalogue"
            hint = did_you_mean(unknown, known_keys(inside[:-1], model))
            findings.error(loc, "unknown-key", f"{where} has no key {unknown!r}", hint)
        case "missing":
            findings.error(loc, "missing-key", f"{path_text(loc[:-1])} lacks the key {loc[-1]!r}", "")
        case "enum" | "literal_error":
            expected = str(context.get("expected", "")).replace(" or ", ", ")
            choice = [name.strip(" '") for name in expected.split(",")]
            hint = did_you_mean(str(detail["input"]), choice)
            findings.error(loc, "unknown-value", f"{path_text(loc)}: {detail['input']!r} is none of the choice", hint)
        case _:
            text = str(detail["msg"])
            findings.error(loc, "shape", f"{path_text(loc)}: {text[:1].lower()}{text[1:]}", "")


def known_keys(loc: Path, root: type[BaseModel]) -> list[str]:
    """Return the keys that a pydantic model allows in the mapping at a path.

    The result is empty if the model allows no mapping with fixed keys at `loc`.

    Args:
        loc: Path of the mapping in the catalogue, such as `("plans", "gold")`.
        root: The model, such as that of a whole catalogue.
    """
    annotation: Any = root
    for step in loc:
        annotation = _into(annotation, step)
    model = _model(annotation)
    if model is None:
        return []
    return [field.alias or name for name, field in model.model_fields.items()]


def _into(annotation: Any, step: str | int) -> Any:
    origin = get_origin(annotation)
    if origin in (Union, UnionType):
        inner = [argument for argument in get_args(annotation) if argument is not NoneType]
        return _into(inner[0], step)
    if origin is Annotated:
        return _into(get_args(annotation)[0], step)
    if origin in (dict, list):
        return get_args(annotation)[-1]
    model = _model(annotation)
    if model is None:
        return None
    named = {(field.alias or name): field.annotation for name, field in model.model_fields.items()}
    return named.get(str(step))


def _model(annotation: Any) -> type[BaseModel] | None:
    origin = get_origin(annotation)
    if origin in (Union, UnionType, Annotated):
        found = [_model(argument) for argument in get_args(annotation)]
        return next((model for model in found if model is not None), None)
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None
