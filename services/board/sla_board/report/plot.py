"""Tables of reports as drawings: SVG made here, with a title and a description; the table itself stands beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from itertools import groupby

from sla_board.report.model import PlotKind, ReportTable
from sla_board.report.value import CellKind, ReportCell
from sla_board.report.wording import ReportWriter

_WIDTH = 760
_LEAST = 2  # rows: one alone compares with nothing
_SHARE, _PROMISED, _MET, _MISSED = "column.in_time", "column.promised", "column.met", "column.missed"
# Sizes and colours stand here for paper and mail: neither reads a style sheet for a drawing.
_LINE, _SOFT, _GOOD, _BAD, _GRID = "#1a5fb4", "#535d66", "#b9cfe4", "#d1554c", "#d9dbd8"


def plot_svg(table: ReportTable, writer: ReportWriter, title: str) -> str:
    """Return a table as an SVG drawing. "" for a table without a drawing or with only one row.

    Args:
        title: Title of the table or of its section.
    """
    if table.plot is None or len(table.rows) < _LEAST:
        return ""
    if table.plot is PlotKind.TREND:
        return _framed(table, writer, title, "plot.trend", *_trend(table, writer))
    return _framed(table, writer, title, "plot.bars", *_bars(table, writer))


def _framed(
    table: ReportTable, writer: ReportWriter, title: str, described: str, height: float, shapes: Sequence[str]
) -> str:
    head, tail = f"t-{escape(table.id)}", f"d-{escape(table.id)}"
    return (
        f'<svg class="plot" viewBox="0 0 {_WIDTH} {height:g}" width="{_WIDTH}" height="{height:g}" role="img" '
        f'aria-labelledby="{head} {tail}" font-family="sans-serif" xmlns="http://www.w3.org/2000/svg">'
        f'<title id="{head}">{escape(title)}</title>'
        f'<desc id="{tail}">{escape(writer.words.text(described))}</desc>{"".join(shapes)}</svg>'
    )


def _column(table: ReportTable, key: str) -> list[ReportCell]:
    place = table.columns.index(key)
    return [row[place] for row in table.rows]


def _trend(table: ReportTable, writer: ReportWriter) -> tuple[float, list[str]]:
    """The shares as a line, what was promised as a dashed one; below them columns with the counts."""
    top, bottom, base, left, right = 16.0, 150.0, 222.0, 52.0, _WIDTH - 14.0
    shares = [float(cell.share) if cell.kind is CellKind.SHARE else None for cell in _column(table, _SHARE)]
    promised = (
        [float(cell.decimal) / 100 if cell.kind is CellKind.PERCENT else None for cell in _column(table, _PROMISED)]
        if _PROMISED in table.columns
        else []
    )
    least = min((value for value in [*shares, *promised] if value is not None), default=0.0)
    low = max(0.0, int(least * 10 - 0.5) / 10) if least < 1 else 0.8
    step = (right - left) / len(table.rows)
    middle = [left + step * (place + 0.5) for place in range(len(table.rows))]

    def y(value: float) -> float:
        return bottom - (bottom - top) * (value - low) / (1 - low)

    shapes = []
    for mark in (low, (1 + low) / 2, 1.0):
        shapes.append(f'<path d="M{left} {y(mark):.1f}H{right}" stroke="{_GRID}" class="grid"/>')
        shapes.append(_text(left - 6, y(mark) + 4, f"{mark * 100:g} %", "end"))
    if promised and promised[0] is not None:
        at = y(promised[0])
        shapes.append(
            f'<path d="M{left} {at:.1f}H{right}" stroke="{_SOFT}" stroke-dasharray="5 4" fill="none" class="promised"/>'
        )
        shapes.append(_text(right, at - 5, writer.words.text("plot.promised"), "end"))
    shapes += _line(list(zip(middle, shares, strict=True)), y)
    shapes += _columns(table, middle, step, base)
    labels = [writer.text(row[0]) for row in table.rows]
    every = 1 if max(map(len, labels)) * 6.2 < step else 2
    for place in range(len(labels) - 1, -1, -every):
        shapes.append(_text(middle[place], base + 16, labels[place], "middle"))
    return base + 24, shapes


def _line(points: Sequence[tuple[float, float | None]], y: Callable[[float], float]) -> list[str]:
    """A line with a gap where nothing was due, and a dot at each share."""
    shapes = []
    for known, run in groupby(points, key=lambda point: point[1] is not None):
        if not known:
            continue
        way = [(x, y(value)) for x, value in run if value is not None]
        path = "L".join(f"{x:.1f} {at:.1f}" for x, at in way)
        shapes.append(f'<path d="M{path}" stroke="{_LINE}" stroke-width="2" fill="none" class="line"/>')
        shapes += [f'<circle cx="{x:.1f}" cy="{at:.1f}" r="3.2" fill="{_LINE}" class="dot"/>' for x, at in way]
    return shapes


def _columns(table: ReportTable, middle: Sequence[float], step: float, base: float) -> list[str]:
    met = [int(cell.value or 0) for cell in _column(table, _MET)]
    missed = [int(cell.value or 0) for cell in _column(table, _MISSED)]
    most = max(one + other for one, other in zip(met, missed, strict=True)) or 1
    width, high = min(step * 0.6, 34), 52.0
    shapes = [f'<path d="M52 {base}H{_WIDTH - 14}" stroke="{_GRID}" class="grid"/>']
    for x, good, bad in zip(middle, met, missed, strict=True):
        upper, lower = high * bad / most, high * good / most
        left = x - width / 2
        if good:
            shapes.append(_rect(left, base - lower, width, lower, _GOOD, "met"))
        if bad:
            shapes.append(_rect(left, base - lower - upper, width, upper, _BAD, "missed"))
        if good or bad:
            shapes.append(_text(x, base - lower - upper - 4, f"{good + bad}", "middle"))
    return shapes


def _bars(table: ReportTable, writer: ReportWriter) -> tuple[float, list[str]]:
    """A row of the table as a bar of the length of its first number, with its last value beside it."""
    place = next(n for n, cell in enumerate(table.rows[0]) if cell.kind.numeric)
    most = max(abs(int(row[place].value or 0)) for row in table.rows) or 1
    left, room, height = 230.0, 400.0, 24.0
    shapes = []
    for number, row in enumerate(table.rows):
        top = number * height
        length = room * abs(int(row[place].value or 0)) / most
        shapes.append(_text(left - 8, top + 16, _cut(writer.text(row[0])), "end"))
        shapes.append(_rect(left, top + 4, max(length, 1), height - 8, _GOOD, "met"))
        shapes.append(_text(left + max(length, 1) + 6, top + 16, writer.text(row[-1]), "start"))
    return height * len(table.rows) + 4, shapes


def _cut(label: str) -> str:
    return label if len(label) <= 34 else f"{label[:33]}…"


def _rect(x: float, y: float, width: float, height: float, fill: str, name: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}" class="{name}"/>'


def _text(x: float, y: float, said: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="11" text-anchor="{anchor}" fill="{_SOFT}">{escape(said)}</text>'
