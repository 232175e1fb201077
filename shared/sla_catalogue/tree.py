"""One YAML text → plain mappings, lists and strings, each with the place it was written at.

Scalars stay the text they were written as (`1.10` is not 1.1, `NO` is Norway); the documents give them types. Nothing
is constructed from tags, aliases are shared and counted, and depth, size and expansion are bounded, so a hostile file
causes an error and does not stop the process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from yaml.composer import ComposerError
from yaml.cyaml import CSafeLoader
from yaml.error import MarkedYAMLError, YAMLError
from yaml.events import (
    AliasEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from sla_catalogue.problem import FileProblem, FindingLevel, Path, Position
from sla_domain.bounds import writable

Plain = dict[str, "Plain"] | list["Plain"] | str | None

MAX_BYTES = 4 * 1024 * 1024
MAX_NODES = 250_000
MAX_DEPTH = 40

_STANDARD = "tag:yaml.org,2002:"
_TEXT, _NULL, _MERGE = (_STANDARD + name for name in ("str", "null", "merge"))
# The plain texts that YAML 1.1 gives a tag that matters here; numbers and dates stay text all the same.
_PLAIN = {"": _NULL, "~": _NULL, "null": _NULL, "Null": _NULL, "NULL": _NULL, "<<": _MERGE}
_SCALARS = {_STANDARD + name for name in ("str", "int", "float", "bool", "null", "timestamp", "value")}


@dataclass(slots=True)
class Tree:
    """The parsed content of one YAML file, with the position of each value and the errors found."""

    data: Plain = None
    """The content. None if the file is empty or unreadable."""
    positions: dict[Path, Position] = field(default_factory=dict)
    problems: list[FileProblem] = field(default_factory=list)


def read_tree(text: str, file: str) -> Tree:
    """Parse a YAML text and return its content.

    Errors are in `problems` of the result, and are never raised.

    Args:
        file: Name of the file, for positions and problems.
    """
    reader = _Reader(text, file)
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

    def __init__(self, node: Any, message: str) -> None:
        super().__init__(message)
        mark = node.mark if isinstance(node, _Node) else node.start_mark
        self.line, self.column = _place(mark)


@dataclass(slots=True, eq=False)
class _Node:
    """A value of a document as the parser tells it: a mapping's pairs, a sequence's items, or the text of a scalar."""

    kind: type[Event]  # of its first event
    tag: str | None  # of a scalar never None
    value: Any
    mark: Any


class _Composer:
    """Composes nodes from the events of libyaml's parser, which is nine times as fast as one in Python; one document.

    A hostile depth is refused while it is read, before the recursion gives up. An anchor may be used again, as YAML
    1.2 has it.
    """

    def __init__(self, text: str) -> None:
        self._next: Callable[[], Any] = CSafeLoader(text).get_event
        self._anchors: dict[str, _Node] = {}

    def document(self) -> _Node | None:
        """Return the one document of the text; None if there is none. Raises YAMLError and _TooMuch."""
        self._next()  # the stream begins
        first = self._next()
        if isinstance(first, StreamEndEvent):
            return None
        node = self._node(self._next(), 1)
        self._next()  # the document ends
        after = self._next()
        if not isinstance(after, StreamEndEvent):
            words = ("expected a single document in the stream", first.start_mark, "but found another document")
            raise ComposerError(*words, after.start_mark)
        return node

    def _node(self, event: Any, depth: int) -> _Node:
        kind = type(event)
        if kind is ScalarEvent:
            node = _Node(kind, event.tag, event.value, event.start_mark)
            if node.tag is None or node.tag == "!":
                node.tag = _PLAIN.get(node.value, _TEXT) if event.implicit[0] else _TEXT
        elif kind is AliasEvent:
            if event.anchor not in self._anchors:
                raise ComposerError(None, None, f"found undefined alias {event.anchor!r}", event.start_mark)
            return self._anchors[event.anchor]
        else:
            node = _Node(kind, event.tag, [], event.start_mark)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        if depth > 2 * MAX_DEPTH:
            raise _TooMuch(event, f"the file nests deeper than {MAX_DEPTH} levels")
        if kind is not ScalarEvent:
            self._children(node, depth + 1)
        return node

    def _children(self, node: _Node, depth: int) -> None:
        items, following, compose = node.value, self._next, self._node
        if node.kind is SequenceStartEvent:
            while type(event := following()) is not SequenceEndEvent:
                items.append(compose(event, depth))
        else:
            while type(event := following()) is not MappingEndEvent:
                key = compose(event, depth)
                items.append((key, compose(following(), depth)))


def _compose(text: str, reader: _Reader) -> _Node | None:
    try:
        return _Composer(text).document()
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

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.checked = "\\" not in text and writable(text, lines=True)  # then no part of it holds a control character
        self.tree = Tree()
        self.nodes = 0

    def problem(self, line: int, column: int, code: str, message: str, hint: str = "") -> None:
        self.tree.problems.append(FileProblem(self.file, line, column, FindingLevel.ERROR, code, message, hint))

    def problem_at(self, node: _Node, code: str, message: str, hint: str = "") -> None:
        line, column = _place(node.mark)
        self.problem(line, column, code, message, hint)

    def value(self, node: _Node, path: Path, depth: int) -> Plain:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise _TooMuch(node, f"the file holds more than {MAX_NODES} values once its aliases are expanded")
        if depth > MAX_DEPTH:
            raise _TooMuch(node, f"the file nests deeper than {MAX_DEPTH} levels")
        if path not in self.tree.positions:
            self.tree.positions[path] = Position(self.file, *_place(node.mark))
        if node.kind is ScalarEvent:
            return self.scalar(node)
        if node.kind is MappingStartEvent:
            return self.mapping(node, path, depth)
        return [self.value(item, (*path, index), depth + 1) for index, item in enumerate(node.value)]

    def mapping(self, node: _Node, path: Path, depth: int) -> dict[str, Plain]:
        found: dict[str, Plain] = {}
        merges = False
        for key, value in node.value:
            if key.tag == _MERGE:
                merges = True
                continue
            name = self.key(key)
            if name is None:
                continue
            if name in found:
                self.problem_at(key, "duplicate-key", f"the key {name!r} is written twice in one mapping")
                continue
            where = (*path, name)
            self.tree.positions[where] = Position(self.file, *_place(key.mark))
            found[name] = self.value(value, where, depth + 1)
        for merged in self.merged(node) if merges else ():
            for key, value in self.entries(merged):
                name = self.key(key)
                if name is not None and name not in found:
                    found[name] = self.value(value, (*path, name), depth + 1)
        return found

    def entries(self, node: _Node) -> Iterator[tuple[_Node, _Node]]:
        return ((key, value) for key, value in node.value if not _is_merge(key))

    def merged(self, node: _Node) -> Iterator[_Node]:
        """Yield the mappings that `<<` brings in: what the mapping itself says wins over them."""
        for key, value in node.value:
            if _is_merge(key):
                candidates = value.value if value.kind is SequenceStartEvent else [value]
                for candidate in candidates:
                    if candidate.kind is MappingStartEvent:
                        yield candidate
                    else:
                        self.problem_at(candidate, "syntax", "`<<` takes a mapping or a list of mappings")

    def key(self, node: _Node) -> str | None:
        if node.kind is not ScalarEvent or node.tag not in _SCALARS:
            self.problem_at(node, "syntax", "a key must be plain text")
            return None
        return self.plain(node, node.value)

    def scalar(self, node: _Node) -> Plain:
        if node.tag not in _SCALARS:
            self.problem_at(node, "tag", f"the tag {node.tag} is not used in a catalogue", "remove it")
            return None
        if node.tag == _NULL:
            return None
        return self.plain(node, node.value)

    def plain(self, node: _Node, text: str) -> str | None:
        """Return the text, unless an escape such as `\0` or `\ud800` makes it one that can be neither stored nor
        sent.
        """
        if self.checked or writable(text, lines=True):
            return text
        self.problem_at(node, "control-character", "the text holds a control character", "remove the escape")
        return None


def _place(mark: Any) -> tuple[int, int]:
    """Line and column from 1, or zeros where they are not known."""
    return (0, 0) if mark is None else (mark.line + 1, mark.column + 1)


def _is_merge(key: _Node) -> bool:
    return key.tag == _MERGE
