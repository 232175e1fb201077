"""Walking through a table page by page, in the order of an instant and a name, without an offset."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Row, and_, or_, true


def rows_after(last: Row[Any] | None, at: ColumnElement[Any], name: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return the SQL condition for the rows of the next page, in a list sorted by `at` and then `name`.

    Args:
        last: The last row of the previous page, with both columns. None selects all rows, for the first page.
        at: The first column of the sort order, usually an instant.
        name: The second column, which differs between rows with the same `at`.
    """
    if last is None:
        return true()
    seen_at, seen_name = last._mapping[at], last._mapping[name]
    # The first comparison is implied, but an index on `at` can begin with it.
    return and_(at >= seen_at, or_(at > seen_at, and_(at == seen_at, name > seen_name)))
