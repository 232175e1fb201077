"""How long what enters slad may be, which characters it may hold, and between which instants it may lie.

Everything that takes input (HTTP bodies, paths and queries, dialects, the catalogue) uses these bounds, and a test
compares them with every database column that the input ends in (`tests/unit/platform/test_bounds.py`). Lengths count
characters, as PostgreSQL's varchar does, not bytes.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime

INCIDENT = 300  # `<source>:<own id>`
OWN_ID = 200  # an incident's id in its sender's words
SOURCE = INCIDENT - len(":") - OWN_ID
KEY = SOURCE - len("key-")  # of the catalogue: events under a key of one contract have the source `key-<key>`
EVENT = 200  # ids of events on any topic
CONTRACT = 120
PLAN = 120
METRIC = 60
PRIORITY = 60
ALLOWANCE = 60
ENTITLEMENT = 120
OBJECTIVE = 60
REPORT = 60
CUSTOMER = 300
PERSON = 120
WHO = 120  # who acknowledged: a name, or a name and the key it came by
CHANNEL = 120
NOTICE = 120
CHOICE = 40  # words of a fixed choice, such as a state
VALUE = 500  # any other attribute of an incident
NAME = 60  # of an attribute
ATTRIBUTES = 60
PAGE = 300  # a mark of where a page ended

# The years for which calendars can be compiled (`settings.horizon`). Both ends lie so far within what datetime,
# PostgreSQL and SQLite can hold that neither an offset nor a target of ten years leads out of it.
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
RANGE = f"between {EARLIEST:%Y-%m-%d} and {LATEST:%Y-%m-%d}, in UTC"

# What neither a database text nor a mail header holds. Prose may have line breaks and tabs.
_CONTROLS = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff\ud800-\udfff"
UNWRITABLE = re.compile(f"[{_CONTROLS}]")
UNWRITABLE_ON_A_LINE = re.compile(f"[{_CONTROLS}\t\n\r]")
_DIGEST = 40


def within_reach(instant: datetime) -> bool:
    """Return whether an aware instant lies between EARLIEST (1970) and LATEST (2200), both included."""
    return EARLIEST <= instant <= LATEST


def writable(text: str, *, lines: bool = False) -> bool:
    """Return whether a database column and a mail header can hold every character of the text.

    Control characters are refused. Line breaks and tabs are refused too, unless `lines` is true.

    Args:
        lines: Whether line breaks and tabs are allowed.
    """
    return text.isprintable() or not (UNWRITABLE if lines else UNWRITABLE_ON_A_LINE).search(text)


def shorten(text: str, longest: int) -> str:
    """Return the text, cut if it is too long.

    A text of more than `longest` characters is cut to that length and ends with an ellipsis.
    """
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def fitting_id(id_: str, longest: int) -> str:
    """Return the id, cut if it is too long.

    A cut id ends with `~` and a hash of the whole id, so different ids stay different.

    Args:
        longest: The greatest number of characters.
    """
    if len(id_) <= longest:
        return id_
    digest = hashlib.sha256(id_.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST]
    return f"{id_[: longest - _DIGEST - 1]}~{digest}"
