"""One YAML text → plain mappings, lists and strings, each with the place it was written at.

Scalars stay the text they were written as (`1.10` is not 1.1, `NO` is Norway); the documents give them types. Nothing
is constructed from tags, aliases are shared and counted, and depth, size and expansion are bounded, so a hostile file
causes an error and does not stop the process.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from yaml.composer import Composer
from yaml.cyaml import CSafeLoader
from yaml.error import MarkedYAMLError, YAMLError
from yaml.events import AliasEvent, Event, NodeEvent
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from sla_catalogue.problem import FileProblem, FindingLevel, Path, Position
from sla_domain.bounds import writable

Plain = dict[str, "Plain"] | list["Plain"] | str | None

MAX_BYTES = 4 * 1024 * 1024
MAX_NODES = 250_000
MAX_DEPTH = 40

_STANDARD = "tag:yaml.org,2002:"
_SCALARS = {_STANDARD + name for name in ("str", "int", "float", "bool", "null", "timestamp", "value")}


@dataclass(slots=True)
class Tree:
    """The content of one YAML file, with the place of each value and the problems found.

    `data` is None if the file is empty or cannot be read.
    """

    data: Plain = None
    positions: dict[Path, Position] = field(default_factory=dict)
    problems: list[FileProblem] = field(default_factory=list)


def read_tree(text: str, file: str) -> Tree:
    """Return the content of a YAML text, with errors of the text in its `problems`. Never raises.

    `file`: the file's name, for the places of values and problems.
    """
    reader = _Reader(file)
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        reader.problem(0, 0, "too-large", f"the file is larger than {MAX_BYTES} bytes", "split it")
        return reader.tree
    node = _compose(text, reader)
    if node is not None:
        try:
            reader.tree.data = reader.value(node, (), 0)
        except _TooMuch as refusal:
            reader.tree.data = None
            reader.problem(refusal.line, refusal.column, "too-complex", str(refusal))
    return reader.tree


class _TooMuch(Exception):
    """The document expands beyond the bounds of this module."""

    def __init__(self, node: Node | Event | None, message: str) -> None:
        super().__init__(message)
        self.line, self.column = _place(node)


class _Loader(Composer, CSafeLoader):
    """Composes nodes from the events of libyaml's parser, which is nine times as fast as one in Python; one document.

    A hostile depth is refused while it is read, before the recursion gives up. An anchor may be used again, as YAML
    1.2 has it.
    """

    def __init__(self, text: str) -> None:
        CSafeLoader.__init__(self, text)
        Composer.__init__(self)
        self._depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()
        if isinstance(event, NodeEvent) and not isinstance(event, AliasEvent):
            self.anchors.pop(event.anchor, None)
        self._depth += 1
        try:
            if self._depth > 2 * MAX_DEPTH:
                raise _TooMuch(event, f"the file nests deeper than {MAX_DEPTH} levels")
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1


def _compose(text: str, reader: _Reader) -> Node | None:
    try:
        node: Node | None = _Loader(text).get_single_node()
        return node
    except _TooMuch as refusal:
        reader.problem(refusal.line, refusal.column, "too-complex", str(refusal))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        words = " ".join(part for part in (error.context, error.problem) if part)
        reader.problem(line, column, "syntax", words or "this is not YAML")
    except YAMLError as error:
        reader.problem(0, 0, "syntax", str(error).splitlines()[0])
    except UnicodeEncodeError:
        reader.problem(0, 0, "syntax", "the text holds half of a surrogate pair")
    return None


class _Reader:
    """Walks the composed nodes of one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.tree = Tree()
        self.nodes = 0

    def problem(self, line: int, column: int, code: str, message: str, hint: str = "") -> None:
        self.tree.problems.append(FileProblem(self.file, line, column, FindingLevel.ERROR, code, message, hint))

    def problem_at(self, node: Node, code: str, message: str, hint: str = "") -> None:
        line, column = _place(node)
        self.problem(line, column, code, message, hint)

    def value(self, node: Node, path: Path, depth: int) -> Plain:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise _TooMuch(node, f"the file holds more than {MAX_NODES} values once its aliases are expanded")
        if depth > MAX_DEPTH:
            raise _TooMuch(node, f"the file nests deeper than {MAX_DEPTH} levels")
        self.tree.positions.setdefault(path, Position(self.file, *_place(node)))
        if isinstance(node, MappingNode):
            return self.mapping(node, path, depth)
        if isinstance(node, SequenceNode):
            return [self.value(item, (*path, index), depth + 1) for index, item in enumerate(node.value)]
        return self.scalar(node)

    def mapping(self, node: MappingNode, path: Path, depth: int) -> dict[str, Plain]:
        found: dict[str, Plain] = {}
        for key, value in self.entries(node):
            name = self.key(key)
            if name is None:
                continue
            if name in found:
                self.problem_at(key, "duplicate-key", f"the key {name!r} is written twice in one mapping")
                continue
            self.tree.positions[(*path, name)] = Position(self.file, *_place(key))
            found[name] = self.value(value, (*path, name), depth + 1)
        for merged in self.merged(node):
            for key, value in self.entries(merged):
                name = self.key(key)
                if name is not None and name not in found:
                    found[name] = self.value(value, (*path, name), depth + 1)
        return found

    def entries(self, node: MappingNode) -> Iterator[tuple[Node, Node]]:
        return ((key, value) for key, value in node.value if not _is_merge(key))

    def merged(self, node: MappingNode) -> Iterator[MappingNode]:
        """Yield the mappings that `<<` brings in: what the mapping itself says wins over them."""
        for key, value in node.value:
            if _is_merge(key):
                candidates = value.value if isinstance(value, SequenceNode) else [value]
                for candidate in candidates:
                    if isinstance(candidate, MappingNode):
                        yield candidate
                    else:
                        self.problem_at(candidate, "syntax", "`<<` takes a mapping or a list of mappings")

    def key(self, node: Node) -> str | None:
        if not isinstance(node, ScalarNode) or node.tag not in _SCALARS:
            self.problem_at(node, "syntax", "a key must be plain text")
            return None
        return self.plain(node, str(node.value))

    def scalar(self, node: Node) -> Plain:
        if node.tag not in _SCALARS:
            self.problem_at(node, "tag", f"the tag {node.tag} is not used in a catalogue", "remove it")
            return None
        if node.tag == _STANDARD + "null":
            return None
        return self.plain(node, str(node.value))

    def plain(self, node: Node, text: str) -> str | None:
        """Return the text, unless an escape such as `\0` or `\ud800` makes it one that can be neither stored nor
        sent.
        """
        if writable(text, lines=True):
            return text
        self.problem_at(node, "control-character", "the text holds a control character", "remove the escape")
        return None


def _place(node: Node | Event | None) -> tuple[int, int]:
    """Line and column from 1, or zeros where they are not known."""
    mark = None if node is None else node.start_mark
    return (0, 0) if mark is None else (mark.line + 1, mark.column + 1)


def _is_merge(key: Node) -> bool:
    return bool(key.tag == _STANDARD + "merge")
