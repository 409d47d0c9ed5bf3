"""What benchmarks measure with and show: percentiles, milliseconds, tables."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from config import Settings
from worklist import logs


@dataclass(frozen=True)
class Table:
    """One table; ``note`` is a line below it, for a target or a condition."""

    columns: Sequence[str]
    rows: Iterable[Sequence[object]]
    note: str = ""


def quiet() -> None:
    """Have this process log errors only."""
    logs.configure(Settings.read({"WORKLIST_LOG_LEVEL": "ERROR"}), "bench")


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that ``share`` (0 to 1) of the values do not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def milliseconds(seconds: float) -> str:
    """Write a duration in milliseconds, with as many places as mean something."""
    value = seconds * 1000
    return f"{value:.0f} ms" if value >= 10 else f"{value:.2f} ms"  # noqa: PLR2004 - two digits


def text(table: Table) -> str:
    """Write a table as Markdown, its columns in line."""
    rows = [list(map(str, table.columns)), *(list(map(str, row)) for row in table.rows)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    lines.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
    return "\n".join([*lines, *(["", table.note] if table.note else [])])
