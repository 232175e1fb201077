"""What a viewer asked to see, as it stands in the URL. Equal filters share one rendering, so this is a value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from urllib.parse import urlencode

from sla_board.shown.bucket import Bucket

ROWS = 200
MOST_ROWS = 1000


class Condition(StrEnum):
    """What the state column says of an open clock; `breached` and `warned` are facts on a running or paused one.

    `outside`: it runs and is not breached, and its hours are closed now.
    """

    RUNNING = "running"
    WARNED = "warned"
    BREACHED = "breached"
    OUTSIDE = "outside"
    PAUSED = "paused"

    @property
    def words(self) -> str:
        return "Outside hours" if self is Condition.OUTSIDE else self.value.capitalize()


class Order(StrEnum):
    """Orders of the queue. `urgency` is severity times plan rank times time left (clause I4); `state` is by band."""

    URGENCY = "urgency"
    STATE = "state"
    DUE = "due"
    PRIORITY = "priority"
    CONTRACT = "contract"
    INCIDENT = "incident"
    METRIC = "metric"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardFilter:
    """Empty tuples and texts mean "any". `only_contract` comes from the viewer's key, never from the URL."""

    contracts: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    buckets: tuple[Bucket, ...] = ()
    metrics: tuple[str, ...] = ()
    text: str = ""
    order: Order = Order.URGENCY
    descending: bool = False
    limit: int = ROWS
    only_contract: str | None = None

    @property
    def narrowed(self) -> bool:
        """True when some open clocks may be hidden by what the viewer chose."""
        return bool(self.contracts or self.priorities or self.conditions or self.buckets or self.metrics or self.text)

    def query(self, **changed: object) -> str:
        """The URL query of this filter with some fields changed; empty for the plain board."""
        asked = replace(self, **changed)  # type: ignore[arg-type]  # names of fields, checked by `replace` itself
        pairs: list[tuple[str, str]] = []
        pairs += [("contract", name) for name in asked.contracts]
        pairs += [("priority", name) for name in asked.priorities]
        pairs += [("state", condition.value) for condition in asked.conditions]
        pairs += [("bucket", bucket.slug) for bucket in asked.buckets]
        pairs += [("metric", name) for name in asked.metrics]
        if asked.text:
            pairs.append(("q", asked.text))
        if asked.order is not Order.URGENCY or asked.descending:
            pairs.append(("sort", f"{'-' if asked.descending else ''}{asked.order.value}"))
        if asked.limit != ROWS:
            pairs.append(("limit", str(asked.limit)))
        return urlencode(pairs)

    def sorted_by(self, order: Order) -> str:
        """The query of the sort link of a column: a second click turns the order round."""
        turned = self.order is order and not self.descending
        return self.query(order=order, descending=turned)


def parse_order(written: str) -> tuple[Order, bool]:
    """`due` or `-due`; anything unknown is the usual order, for a link that is older than the page."""
    try:
        return Order(written.removeprefix("-")), written.startswith("-")
    except ValueError:
        return Order.URGENCY, False


def parse_conditions(written: tuple[str, ...]) -> tuple[Condition, ...]:
    known = {condition.value: condition for condition in Condition}
    return tuple(known[name] for name in written if name in known)


def parse_buckets(written: tuple[str, ...]) -> tuple[Bucket, ...]:
    known = {bucket.slug: bucket for bucket in Bucket}
    return tuple(known[name] for name in written if name in known)
