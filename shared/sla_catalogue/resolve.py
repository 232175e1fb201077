"""Merged text → values: `${NAME}` from the environment, secrets from files, and what may be stored of all that.

Two trees leave this step. `values` is what the documents are read from; secrets in it are `Secret` objects. `kept` is
what a service may store and hash: every value but the secrets, and of a channel only what the file itself says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath

from sla_catalogue.channel import channel_kinds
from sla_catalogue.gather import FileUnion
from sla_catalogue.problem import Findings, Path, Position
from sla_catalogue.secret import Secret
from sla_catalogue.tree import Plain
from sla_domain.bounds import writable

Value = dict[str, "Value"] | list["Value"] | str | Secret | None

KEPT_SECRET = "(secret)"  # noqa: S105 - the mark that stands where a secret stood
MAX_SECRET_BYTES = 64 * 1024

_REFERENCE = re.compile(r"\$(\$)?\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")
_EDGES = frozenset({"sources", "channels", "keys", "settings"})
_SECRETS = frozenset({"secret", "secrets", "password", "key", "jwks"})
_WHOLE_FILE = "jwks"  # in other files each line is a secret


@dataclass(frozen=True, slots=True)
class ResolvedValues:
    """The values of a catalogue in two forms: one to use, with secrets, and one to store, without secrets.

    Both map a section (a top-level key of the catalogue, such as `contracts`) to its content.
    """

    values: dict[str, Value]
    """Name of a section -> its content with secrets."""
    kept: dict[str, Plain]
    """Name of a section -> its content without secrets."""


def resolve(merged: FileUnion, environment: Mapping[str, str] | None, findings: Findings) -> ResolvedValues:
    """Return the values of a merged catalogue, with `${NAME}` replaced and secrets read.

    Names without a value, and secrets that are empty or unreadable, are reported to `findings`.

    Args:
        environment: Name -> value. None for a stored catalogue: `${NAME}` is left as it is, and secrets are missing.
    """
    resolver = _Resolver(environment, findings, merged.bases)
    values: dict[str, Value] = {}
    kept: dict[str, Plain] = {}
    for name, content in merged.sections.items():
        values[name], kept[name] = resolver.node(content, (name,))
    return ResolvedValues(values, kept)


def substitute(text: str, environment: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """Replace every `${NAME}` and `${NAME:-default}` in a text.

    The result is (new text, names without a value). A name without a value is replaced by "". `$${NAME}` becomes
    `${NAME}`.

    Args:
        environment: Name -> value.
    """
    missing: list[str] = []

    def replacement(match: re.Match[str]) -> str:
        escaped, name, default = match.groups()
        if escaped:
            return match.group(0)[1:]
        found = environment.get(name, default)
        if found is None:
            missing.append(name)
        return found or ""

    return _REFERENCE.sub(replacement, text), tuple(missing)


class _Resolver:
    """Walks the merged tree once and returns the two trees side by side."""

    def __init__(
        self, environment: Mapping[str, str] | None, findings: Findings, bases: Mapping[str, FilePath]
    ) -> None:
        self.environment = environment
        self.findings = findings
        self.bases = bases

    def node(self, node: Plain, path: Path) -> tuple[Value, Plain]:
        if isinstance(node, dict):
            return self.mapping(node, path)
        if isinstance(node, list):
            pairs = [self.node(item, (*path, index)) for index, item in enumerate(node)]
            return [value for value, _ in pairs], [kept for _, kept in pairs]
        if node is None:
            return None, None
        if _is_secret(path):
            return self.secret(node, path), (node if _REFERENCE.search(node) else KEPT_SECRET)
        value = self.substituted(node, path)
        if not writable(value, lines=True):  # of the file itself the tree has reported
            message = "what the environment gives here holds a control character"
            self.findings.error(path, "control-character", message, "look at what sets the variable")
        # An address that comes from the environment often carries a token, so only its reference is kept.
        return value, (node if path[0] == "channels" and _REFERENCE.search(node) else value)

    def mapping(self, node: dict[str, Plain], path: Path) -> tuple[Value, Plain]:
        values: dict[str, Value] = {}
        kept: dict[str, Plain] = {}
        for key, item in node.items():
            plain = key.removesuffix("_file")
            if plain != key and isinstance(item, str) and _is_secret((*path, plain)):
                values[plain] = self.secret_file(item, (*path, key), many=plain == "secrets")
                kept[key] = item
            else:
                values[key], kept[key] = self.node(item, (*path, key))
        return values, kept

    def substituted(self, text: str, path: Path) -> str:
        if self.environment is None or "$" not in text:
            return text
        value, missing = substitute(text, self.environment)
        for name in missing:
            self.findings.error(
                path, "environment", f"the environment has no {name}", f"set it, or write ${{{name}:-default}}"
            )
        return value

    def secret(self, text: str, path: Path) -> Secret:
        reference = _REFERENCE.search(text)
        origin = f"env {reference.group(2)}" if reference else "catalogue"
        if self.environment is None:
            return Secret(origin)
        before = len(self.findings.problems)
        value = self.substituted(text, path)
        if not value and len(self.findings.problems) == before:
            self.findings.error(
                path, "empty-secret", f"the secret ({origin}) is empty", "write a value, ${NAME} or a file"
            )
        return Secret(origin, value)

    def secret_file(self, name: str, path: Path, *, many: bool) -> Value:
        origin = f"file {name}"
        if self.environment is None:
            return [Secret(origin)] if many else Secret(origin)
        text = self.read(self.base(path) / self.substituted(name, path), path)
        if str(path[-1]).removesuffix("_file") == _WHOLE_FILE:
            return Secret(origin, text)
        lines = [line.strip() for line in (text or "").splitlines() if line.strip()]
        if not lines and text is not None:
            hint = "put the secret on its first line"
            self.findings.error(path, "empty-secret", f"the file {name} holds no secret", hint)
        secrets = [Secret(origin, line) for line in lines] or [Secret(origin)]
        return list(secrets) if many else secrets[0]

    def read(self, file: FilePath, path: Path) -> str | None:
        try:
            with file.open("rb") as stream:
                return stream.read(MAX_SECRET_BYTES).decode("utf-8")
        except UnicodeDecodeError:
            self.findings.error(path, "secret-file", f"the file {file} is not text", "store the secret as UTF-8 text")
        except OSError as error:
            message = f"the file {file} cannot be read: {error.strerror}"
            self.findings.error(path, "secret-file", message, "check the path")
        return None

    def base(self, path: Path) -> FilePath:
        position: Position = self.findings.at(path)
        return self.bases.get(position.file, FilePath())


def _is_secret(path: Path) -> bool:
    """By place and name: ids of entries (the second step) are never secrets; some keys are by a channel's kind."""
    if path[0] not in _EDGES or len(path) < 3:
        return False
    names = [step for step in path[2:] if isinstance(step, str)]
    if path[0] == "settings":
        names = [step for step in path[1:] if isinstance(step, str)]
    return bool(names) and (
        names[-1] in _SECRETS or (path[0] == "channels" and len(names) <= 2 and names[0] in _secret_keys())
    )


def _secret_keys() -> frozenset[str]:
    """Return what any kind of channel calls a secret, or a mapping of secrets, besides the usual names."""
    return frozenset().union(*(kind.secret_keys for kind in channel_kinds()))
