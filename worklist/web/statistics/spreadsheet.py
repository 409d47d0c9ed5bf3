"""A table of figures as a file for spreadsheets (RFC 4180)."""

import csv
import io
from collections.abc import Iterable, Sequence

from flask import Response

Table = tuple[Sequence[str], Iterable[Sequence[object]]]


def as_file(name: str, table: Table) -> Response:
    """Return the heading and rows as ``name.csv``."""
    heading, rows = table
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(heading)
    writer.writerows(rows)
    response = Response(text.getvalue(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response
