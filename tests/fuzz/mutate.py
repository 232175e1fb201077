"""Requests that nobody means well: JSON trees, texts, headers and queries changed at random from a seed.

Everything here is pure: the same seed makes the same requests, so a failure is repeated by its seed and number.
"""

from __future__ import annotations

import copy
import random
from typing import Any
from urllib.parse import quote

import orjson

# Values of every kind that has broken a service of this sort somewhere: ends of ranges, wrong types, broken text.
INSTANTS: tuple[Any, ...] = (
    "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59.999999999Z",
    "1969-12-31T23:59:59Z", "2026-02-30T00:00:00Z", "2026-11-27T10:00:60Z", "2026-11-27", "2026-11-27T10:00:00",
    "2026-11-27T24:00:00Z", "-0001-01-01T00:00:00Z", "10000-01-01T00:00:00Z", 0, -1, 1e30, 253402300800, 10**18, "now",
)  # fmt: skip
TEXTS: tuple[Any, ...] = (
    "", " ", "\x00", "a\x00b", "\ud800", "\udfff\ud800", "\u202eabc", "😀" * 200, "ﷺ" * 300, "é" * 301, "x" * 61,
    "x" * 121, "x" * 301, "x" * 20_001, "\r\nBcc: a@b.example", "<script>alert(1)</script>", "{{7*7}}",
    "'; DROP TABLE x",
    "../../etc/passwd", "%00", "%s%n", "\ufeff", "\u2028", "null", "NaN", "-", "P1", "p1", "=cmd()", "a" * 65_000,
)  # fmt: skip
OTHERS: tuple[Any, ...] = (
    None, True, False, [], {}, [[]], {"": ""}, 2**31, 2**63, -(2**63) - 1, 10**40, 0.1, -0.0, 1e308, [None] * 50,
    {"a": {"b": {"c": {}}}}, ["x"] * 300,
)  # fmt: skip
RAW_NUMBERS = (b"NaN", b"Infinity", b"1e400", b"-1e400", b"0x10", b"1" * 5_000, b"01")
QUERY_VALUES = (
    "", "%00", "a%00b", "%ED%A0%80", "%FF", "%C0%80", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "-1", "0",
    "99999999999999999999999999", "1e400", "NaN", "x" * 9_000, "%E2%80%AE", "%F0%9F%98%80", "%0d%0aX:%20y", "[]", "..",
    "..%2f..%2fetc", "%252e", "2026-W01", "true", "null", "P1", "acme", "%25", "'", "a,b", "1:2:3",
)  # fmt: skip
HEADERS = (
    ("accept", "application/x-nothing"), ("accept", "x" * 5_000), ("accept-language", "zz-\xff"),
    ("last-event-id", "x"), ("last-event-id", "9" * 400), ("content-type", "text/plain"),
    ("content-type", "application/json; charset=\xff"),
    ("content-encoding", "gzip"), ("content-encoding", "br"), ("content-type", "application/cloudevents-batch+json"),
    ("content-type", "application/x-www-form-urlencoded"), ("content-type", "multipart/form-data; boundary=x"),
    ("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site"), ("host", "evil.example"),
    ("x-github-event", "issues"), ("x-github-event", "\xe9"), ("x-github-delivery", "y" * 300), ("range", "bytes=0-"),
    ("x-forwarded-for", "1.2.3.4, 5.6.7.8"), ("authorization", "Basic !!!"), ("authorization", "Bearer \xe9\xff"),
    ("authorization", "Bearer " + "k" * 3_000), ("authorization", "Digest x"), ("cookie", "a=b; " * 100),
    ("ce-id", "x" * 400), ("ce-time", "0001-01-01T00:00:00Z"), ("ce-specversion", "9"), ("ce-type", "\xff"),
    ("if-none-match", "*"), ("expect", "100-continue"), ("webhook-request-origin", "a b"), ("upgrade", "websocket"),
)  # fmt: skip


def places(tree: Any, depth: int = 0) -> list[tuple[Any, Any]]:
    """Every (container, key) of a JSON tree, at most 12 levels deep."""
    if depth > 12:
        return []
    found: list[tuple[Any, Any]] = []
    keys: Any = tree if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ()
    for key in keys:
        found.append((tree, key))
        found += places(tree[key], depth + 1)
    return found


def odd_value(rng: random.Random) -> Any:
    """An odd value of its own: the next change of the tree must not reach what later requests are made of."""
    return copy.deepcopy(rng.choice(rng.choice((INSTANTS, TEXTS, OTHERS))))


def changed(rng: random.Random, seed: Any) -> Any:
    """A copy of a JSON tree with one to four places set to odd values, removed, added, moved or repeated."""
    tree = copy.deepcopy(seed)
    for _ in range(rng.randint(1, 4)):
        spots = places(tree)
        if not spots:
            return odd_value(rng)
        container, key = rng.choice(spots)
        match rng.randint(0, 6):
            case 0 if isinstance(container, dict):
                container.pop(key, None)
            case 1 if isinstance(container, dict):
                container[rng.choice(("__proto__", "", "x" * 400, "\x00", "\ud800", "id", "time", "type"))] = odd_value(
                    rng
                )
            case 2 if isinstance(container, list) and len(container) < 100:
                container.append(copy.deepcopy(container[key]))
            case 3:
                other, name = rng.choice(spots)
                container[key] = copy.deepcopy(other[name]) if _reachable(other, name) else None
            case _:
                container[key] = odd_value(rng)
    return tree


def _reachable(container: Any, key: Any) -> bool:
    return key in container if isinstance(container, dict) else key < len(container)


def encoded(rng: random.Random, tree: Any) -> bytes:
    """JSON bytes of a tree, lone surrogates and all; now and then damaged as bytes."""
    raw = _json(tree)
    match rng.randint(0, 19):
        case 0:
            return raw[: rng.randint(0, len(raw))]
        case 1:
            at = rng.randint(0, len(raw))
            return raw[:at] + bytes(rng.randint(0, 255) for _ in range(rng.randint(1, 5))) + raw[at:]
        case 2:
            return raw.replace(b"null", rng.choice(RAW_NUMBERS)).replace(b'""', rng.choice(RAW_NUMBERS), 1)
        case 3:
            return b"\xef\xbb\xbf" + raw
        case 4 if raw.startswith(b"{"):
            return raw[:1] + b'"id":"twice","id":[],"specversion":"1.0",' + raw[1:]
        case 5:
            return b"[" * (depth := rng.choice((70, 900, 9_000))) + b"]" * depth
    return raw


def _json(tree: Any) -> bytes:
    try:
        return orjson.dumps(tree, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:  # a lone surrogate or an integer of more than 64 bits: written by hand, as a hostile sender would
        return _by_hand(tree).encode("ascii")


def _by_hand(tree: Any) -> str:
    match tree:
        case dict():
            return "{" + ",".join(f"{_by_hand(str(key))}:{_by_hand(value)}" for key, value in tree.items()) + "}"
        case list():
            return "[" + ",".join(_by_hand(item) for item in tree) + "]"
        case str():
            units = tree.encode("utf-16-be", "surrogatepass")
            return '"' + "".join(_escaped(units[i] << 8 | units[i + 1]) for i in range(0, len(units), 2)) + '"'
        case None | bool():
            return {None: "null", True: "true", False: "false"}[tree]
    return repr(tree)


def _escaped(unit: int) -> str:
    return chr(unit) if 32 <= unit < 127 and unit not in (34, 92) else f"\\u{unit:04x}"


def path_value(rng: random.Random, known: tuple[str, ...]) -> str:
    """A path segment: one that exists, or an odd one, percent-encoded or already so."""
    if known and rng.random() < 0.5:
        return quote(rng.choice(known), safe=":")
    written = rng.choice(QUERY_VALUES)
    return (written if written.isascii() else quote(written)) or "-"


def query(rng: random.Random, names: tuple[str, ...]) -> str:
    """A query string over known and unknown parameter names, raw as it goes over the wire."""
    chosen = [rng.choice(names) if names and rng.random() < 0.9 else "unknown" for _ in range(rng.randint(0, 3))]
    return "&".join(f"{name}={rng.choice(QUERY_VALUES)}" for name in chosen)
