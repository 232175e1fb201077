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
    model_config = ConfigDict(extra="forbid", frozen=True)


class Cell(_Document):
    """In a mapping file, where a value comes from: a column, or a constant.

    `column`: the row's cell in this column is used. `constant`: used if the cell has no value. `values`: text of the
    cell -> value; a text that is not listed is itself the value. In the mapping file, a plain text such as `Priority`
    means the column of that name.
    """

    column: str = ""
    values: dict[str, str] = Field(default_factory=dict)
    constant: str = ""

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
    """In a mapping file, how times are written in the table, and in which time zone.

    `format`: `iso`, or directives of strptime such as `%d.%m.%Y %H:%M`; of several formats, the first that fits is
    used. `zone`: the time zone of times without an offset, such as `Europe/Berlin`.
    """

    format: Values = Field(default_factory=lambda: ["iso"])
    zone: str = "UTC"

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
    """In a mapping file, the column with the ticket's status. Changes of the status become events.

    `values`: status -> phase; a row with another status states no change, and leaves a remark. `instants`: new phase ->
    columns with the instant of the change. `at`: columns with the instant of the change, used if `instants` gives none.
    The first column with a value is used. If there is none, the instant is the row's own.
    """

    column: str
    values: dict[str, TicketPhase]
    at: Columns = Field(default_factory=list)  # without it the row's own instant
    instants: dict[TicketPhase, Columns] = Field(default_factory=dict)  # columns that know better when a phase began


class EventRule(_Document):
    """In a mapping file, a rule by which rows state events of the kind `event`.

    Only rows that fit `where` state an event. Such a row states an event if one of these holds, compared with the
    incident's row before:

    - the row fits `becomes`, and the row before does not (or there is none);
    - the row before fits `leaves`, and the row does not;
    - a column of `changes` has another value;
    - a column of `rises` has a higher number.

    A rule without these four states one event, at the first row with a value in a column of `at`. `at`: columns with
    the event's instant, of which the first with a value is used; without any, the row's own instant. `actor`,
    `waiting_on`, `reason`: fields of the event: who caused it, for whom the ticket waits, and why; None for none.
    """

    event: EventKind
    at: Columns = Field(default_factory=list)  # the first column that is known counts; without any, the row's instant
    where: Conditions = Field(default_factory=dict)  # only on rows with these values
    becomes: Conditions = Field(default_factory=dict)  # on rows that have these values while the row before had not
    leaves: Conditions = Field(default_factory=dict)  # on rows that no longer have them
    changes: Columns = Field(default_factory=list)  # on rows in which one of these changed
    rises: Columns = Field(default_factory=list)  # on rows in which one of these numbers grew
    actor: Actor = Actor.UNKNOWN
    waiting_on: WaitingOn | None = None
    reason: Cell | None = None

    @property
    def conditional(self) -> bool:
        """Return whether the rule compares a row with the row before.

        True if it has `becomes`, `leaves`, `changes` or `rises`.
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

    The last row of each incident is read. `met`, `missed`: the cell's texts for each verdict, in any case; another text
    is no verdict. `where`: column -> values; the verdict is read only if the row has one of these values in each
    column. `known`: the verdict is read only if the row has a value in each of these columns.
    """

    column: str
    metric: str = "resolution"
    met: Values = Field(default_factory=lambda: ["true"])
    missed: Values = Field(default_factory=lambda: ["false"])
    where: Conditions = Field(default_factory=dict)  # compare only incidents whose last row has these values
    known: Columns = Field(default_factory=list)  # and only those whose last row knows these columns


class Mapping(_Document):
    """The content of a mapping file, which states how the rows of a table (CSV) become events.

    - `source`: the first part of the incidents' ids.
    - `encoding`, `delimiter`: of the CSV file.
    - `incident`: the column with the rest of the id.
    - `at`: columns with the row's own instant; the first with a value is used.
    - `version`: a column of numbers that sorts rows of the same instant; "" for none.
    - `times`: how times are written.
    - `unknown`: texts that mean no value.
    - `attributes`: name of an event's attribute -> where its value comes from.
    - `states`: the column with the ticket's status, whose changes become events; None for none.
    - `events`: rules by which rows state other events.
    - `verdict`: the column with another system's verdict; None for none.
    """

    source: str = Field(default="import", pattern=r"^[A-Za-z0-9][A-Za-z0-9._~-]{0,59}$")
    encoding: str = "utf-8-sig"
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    unknown: list[str] = Field(default_factory=lambda: [""])
    incident: str
    at: Columns = Field(default_factory=list)
    version: str = ""  # a column of numbers that orders rows of one instant
    times: Times = Field(default_factory=Times)
    attributes: dict[str, Cell] = Field(default_factory=dict)
    states: States | None = None
    events: list[EventRule] = Field(min_length=1)
    verdict: VerdictColumn | None = None

    @model_validator(mode="after")
    def _rows_have_instants(self) -> Mapping:
        needs = self.states is not None and not self.states.at
        if not self.at and (needs or any(rule.conditional and not rule.at for rule in self.events)):
            raise ValueError("`at` names the column with each row's own instant: states and conditions need it")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the names of all columns that the mapping reads, each once.

        The first is the column with the incident's id.
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

    A mapping file states how the rows of a table become events. Raises BadMapping if the file cannot be used. Raises
    OSError.
    """
    return parse_mapping(path.read_text("utf-8-sig"), str(path))


def parse_mapping(text: str, name: str) -> Mapping:
    """Return the content of a mapping file, given its text (YAML).

    A mapping file states how the rows of a table become events. `name`: the file's name, for messages. Raises
    BadMapping if the text cannot be used.
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
