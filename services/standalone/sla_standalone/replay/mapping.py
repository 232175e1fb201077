"""The mapping file: which columns of a table (CSV) state which events. An incident has one row, or one per update."""

from __future__ import annotations

from collections.abc import Mapping as Table
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from sla_catalogue.problem import did_you_mean
from sla_catalogue.source import TicketPhase
from sla_catalogue.tree import Tree, read_tree
from sla_domain.calendar import load_zone
from sla_domain.errors import UnknownZone
from sla_domain.event import Actor, EventKind, WaitingOn


class BadMapping(ValueError):
    """Raised when a mapping file cannot be used; the message names each place to correct."""


def _one_or_many(value: object) -> object:
    return [value] if isinstance(value, str) else value


Columns = Annotated[list[str], BeforeValidator(_one_or_many)]
Values = Annotated[list[str], BeforeValidator(_one_or_many)]
Conditions = dict[str, Values]


class _Document(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True, extra="forbid", frozen=True)


class Cell(_Document):
    """In a mapping file, where a value comes from: a column, or a constant.

    A plain text such as `Priority` is short for the column of that name.
    """

    column: str = ""
    """The row's cell in this column is used."""
    values: dict[str, str] = Field(default_factory=dict)
    """Maps the text of the cell to a value. A text that is not listed is itself the value."""
    constant: str = ""
    """The value if the cell has no value."""

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        return {"column": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _says_something(self) -> Cell:
        if not self.column and not self.constant:
            raise ValueError("name a column, or give a constant")
        return self


class Times(_Document):
    """In a mapping file, how times are written in the table, and in which time zone."""

    format: Values = Field(default_factory=lambda: ["iso"])
    """`iso`, or directives of strptime such as `%d.%m.%Y %H:%M`. Of several formats, the first that fits is used."""
    zone: str = "UTC"
    """The time zone of times without an offset, such as `Europe/Berlin`."""

    @field_validator("zone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            load_zone(name)
        except UnknownZone as error:
            raise ValueError(str(error)) from None
        return name

    @property
    def zoneinfo(self) -> ZoneInfo:
        """Return the time zone of times without an offset."""
        return load_zone(self.zone)


class States(_Document):
    """In a mapping file, the column with the ticket's status, whose changes become events."""

    column: str
    values: dict[str, TicketPhase]
    """Maps a status to its phase. A row with another status states no change, and leaves a remark."""
    at: Columns = Field(default_factory=list)
    """Columns with the instant of the change, used if `instants` gives no instant. The first column with a value is
    used. If there is none, the instant is the row's own."""
    instants: dict[TicketPhase, Columns] = Field(default_factory=dict)
    """Maps a new phase to columns with the instant of the change."""


class EventRule(_Document):
    """In a mapping file, a rule that says which rows of the table become events of the kind `event`.

    Only rows that fit `where` are used. Such a row is compared with the previous row of the same incident. The row
    becomes an event if at least one of these is true:

    - The row fits `becomes`, and the previous row does not, or there is no previous row.
    - The previous row fits `leaves`, and the row does not.
    - A column of `changes` has another value than in the previous row.
    - A column of `rises` has a higher number than in the previous row.

    A rule without these four keys makes one event for each incident, from its first row that has a value in a column of
    `at`.
    """

    event: EventKind
    at: Columns = Field(default_factory=list)
    """Columns with the event's instant. The first with a value is used. Without a value, the instant is the row's own.
    """
    where: Conditions = Field(default_factory=dict)
    """Maps a column to values. The row must have one of these values in each column."""
    becomes: Conditions = Field(default_factory=dict)
    """Maps a column to values, as in `where`. The row must fit them, and the row before must not."""
    leaves: Conditions = Field(default_factory=dict)
    """Maps a column to values, as in `where`. The row before must fit them, and the row must not."""
    changes: Columns = Field(default_factory=list)
    """Columns of which a changed value states an event."""
    rises: Columns = Field(default_factory=list)
    """Columns of which a higher number states an event."""
    actor: Actor = Actor.UNKNOWN
    """Who caused the event. None if not stated."""
    waiting_on: WaitingOn | None = None
    """For whom the ticket waits. None if not stated."""
    reason: Cell | None = None
    """Why the event happened. None if not stated."""

    @property
    def conditional(self) -> bool:
        """Return whether the rule compares a row with the previous row of the incident.

        The result is True if the rule has `becomes`, `leaves`, `changes` or `rises`.
        """
        return bool(self.becomes or self.leaves or self.changes or self.rises)

    @model_validator(mode="after")
    def _whole(self) -> EventRule:
        if self.event is EventKind.WAITING and self.waiting_on is None:
            raise ValueError("an event waiting needs waiting_on: customer, vendor or other")
        if self.event in _BEYOND_A_TABLE:
            raise ValueError(f"an event {self.event.value} cannot come from a table")
        if not self.conditional and not self.at:
            raise ValueError("say when: `at` with a column of instants, or a condition such as `becomes`")
        return self


_BEYOND_A_TABLE = frozenset({EventKind.TARGET_AGREED, EventKind.MERGED, EventKind.RATED})


class VerdictColumn(_Document):
    """In a mapping file, the column with another system's verdict on `metric`.

    The verdict on an incident is read from the incident's last row.
    """

    column: str
    metric: str = "resolution"
    met: Values = Field(default_factory=lambda: ["true"])
    """The cell's texts for a met target, in any case. Another text is no verdict."""
    missed: Values = Field(default_factory=lambda: ["false"])
    """The cell's texts for a missed target, in any case."""
    where: Conditions = Field(default_factory=dict)
    """Maps a column to values. The verdict is read only if the row has one of these values in each column."""
    known: Columns = Field(default_factory=list)
    """The verdict is read only if the row has a value in each of these columns."""


class Mapping(_Document):
    """The content of a mapping file, which says how the rows of a table (CSV) become events."""

    source: str = Field(default="import", pattern=r"^[A-Za-z0-9][A-Za-z0-9._~-]{0,59}$")
    """The first part of the incidents' ids."""
    encoding: str = "utf-8-sig"
    """The encoding of the CSV file."""
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    """The delimiter of the CSV file."""
    unknown: list[str] = Field(default_factory=lambda: [""])
    """Texts that mean no value."""
    incident: str
    """The column with the rest of the id."""
    at: Columns = Field(default_factory=list)
    """Columns with the row's own instant. The first with a value is used."""
    version: str = ""
    """A column of numbers that sorts rows of the same instant. "" means no such column."""
    times: Times = Field(default_factory=Times)
    """How times are written."""
    attributes: dict[str, Cell] = Field(default_factory=dict)
    """Maps the name of an event's attribute to where its value comes from."""
    states: States | None = None
    """The column with the ticket's status, whose changes become events. None if there is no such column."""
    events: list[EventRule] = Field(min_length=1)
    """Rules by which rows state other events."""
    verdict: VerdictColumn | None = None
    """The column with another system's verdict. None if there is no such column."""

    @model_validator(mode="after")
    def _rows_have_instants(self) -> Mapping:
        needs = self.states is not None and not self.states.at
        if not self.at and (needs or any(rule.conditional and not rule.at for rule in self.events)):
            raise ValueError("`at` names the column with each row's own instant: states and conditions need it")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the names of all columns that the mapping file uses, each once.

        The column with the incident's id comes first.
        """
        named = [self.incident, *self.at, self.version]
        named += [cell.column for cell in self.attributes.values()]
        if self.states is not None:
            named += [self.states.column, *self.states.at, *(c for many in self.states.instants.values() for c in many)]
        for rule in self.events:
            named += [*rule.at, *rule.where, *rule.becomes, *rule.leaves, *rule.changes, *rule.rises]
            named += [rule.reason.column] if rule.reason is not None else []
        if self.verdict is not None:
            named += [self.verdict.column, *self.verdict.where, *self.verdict.known]
        return tuple(name for name in dict.fromkeys(named) if name)


def read_mapping(path: Path) -> Mapping:
    """Read a mapping file (YAML), and return its content.

    A mapping file says how the rows of a table become events.

    Raises:
        BadMapping: The file cannot be used.
        OSError: The file cannot be read.
    """
    return parse_mapping(path.read_text("utf-8-sig"), str(path))


def parse_mapping(text: str, name: str) -> Mapping:
    """Return the content of a mapping file, given its text (YAML).

    A mapping file says how the rows of a table become events.

    Args:
        name: The file's name, for messages.

    Raises:
        BadMapping: The text cannot be used.
    """
    tree = read_tree(text, name)
    if tree.problems:
        raise BadMapping("\n".join(str(problem) for problem in tree.problems))
    if not isinstance(tree.data, dict):
        raise BadMapping(f"{name}: a mapping file begins with `incident: <column>` and `events:`")
    try:
        return Mapping.model_validate(tree.data)
    except ValidationError as error:
        raise BadMapping("\n".join(_said(detail, tree, name) for detail in error.errors(include_url=False))) from None


def _said(detail: Any, tree: Tree, name: str) -> str:
    loc = tuple(detail["loc"])
    message = detail["msg"].removeprefix("Value error, ")
    if detail["type"] == "extra_forbidden":
        message = f"no key is called {loc[-1]!r} here"
    elif detail["type"] == "enum":
        hint = did_you_mean(str(detail["input"]), str(detail["ctx"]["expected"]).replace("'", "").split(", "))
        message = f"{detail['input']!r} is none of the choice ({hint})" if hint else message
    place = _place(tree.positions, loc, name)
    where = ".".join(str(step) for step in loc if step != "[key]")
    return f"{place}: {where}: {message}" if where else f"{place}: {message}"


def _place(positions: Table[tuple[str | int, ...], Any], loc: tuple[str | int, ...], name: str) -> str:
    for length in range(len(loc), -1, -1):
        if loc[:length] in positions:
            return str(positions[loc[:length]])
    return name
