"""A peer's profile as a form: plain fields, and rows for senders, tables and moves."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from worklist.hl7.peers.file import PeerEntry
from worklist.language.text import _, joined

_LISTS = ("placer_issuers",)
_BLANK_ROWS = 2

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Rows:
    """A field of many rows: its columns, and what stands in them."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def shown(self) -> tuple[Row, ...]:
        """The rows, and blank ones for more."""
        return (*self.rows, *({} for _ in range(_BLANK_ROWS)))


_COLUMNS = {
    "senders": ("application", "facility", "addresses"),
    "order_control": ("code", "action"),
    "received_values": ("place", "value", "becomes"),
    "received_moves": ("target", "source", "value", "take"),
    "sent_values": ("place", "value", "becomes"),
    "sent_moves": ("target", "source", "value", "take"),
}


@dataclass(frozen=True, slots=True)
class PeerForm:
    """What a form shows: ``values`` by field, ``tables`` of rows, ``problems`` by place."""

    values: Mapping[str, Any]
    tables: Mapping[str, Rows]
    problems: Mapping[str, str]

    def problem(self, name: str) -> str:
        """Return what is wrong with a field or a row, with all that stands in it."""
        found = [
            text
            for place, text in self.problems.items()
            if place == name or place.startswith(f"{name}.")
        ]
        return joined(found, "; ")

    def row_problem(self, name: str, number: int) -> str:
        """Return what is wrong with a row."""
        row = self.tables[name].shown[number]
        key = row.get("place") or row.get("code")
        if name == "order_control" or name.endswith("_values"):
            return self.problem(f"{name}.{key}") if key else ""
        return self.problem(f"{name}.{number}")


def of_entry(entry: PeerEntry) -> PeerForm:
    """Return the form of a peer as it is."""
    values = entry.model_dump(mode="json")
    tables = {name: Rows(name, _COLUMNS[name], tuple(_rows(name, values))) for name in _COLUMNS}
    return PeerForm(values, tables, {})


def blank() -> PeerForm:
    """Return the form of a new peer."""
    defaults = PeerEntry(name="NEW", direction="inbound").model_dump(mode="json")
    tables = {name: Rows(name, columns, ()) for name, columns in _COLUMNS.items()}
    return PeerForm(defaults | {"name": "", "direction": "both"}, tables, {})


def read(form: MultiDict[str, str]) -> tuple[dict[str, Any], PeerForm]:
    """Return the values of a form, to be checked, and the form as it was filled in."""
    tables = {
        name: Rows(name, columns, tuple(_filled(name, form))) for name, columns in _COLUMNS.items()
    }
    values: dict[str, Any] = {}
    for name, field in PeerEntry.model_fields.items():
        if name in _COLUMNS:
            continue
        if name == "sends":
            values[name] = form.getlist(name)
        elif name in _LISTS:
            values[name] = [
                one for line in form.get(name, "").splitlines() if (one := line.strip())
            ]
        elif field.annotation is bool:
            values[name] = name in form
        else:
            values[name] = form.get(name, "").strip()
    shown = PeerForm(dict(values), tables, _twice(tables))
    if not values["port"]:
        values["port"] = None
    values |= {
        "senders": [_sender(row) for row in tables["senders"].rows],
        "order_control": {row["code"]: row["action"] for row in tables["order_control"].rows},
    }
    for way in ("received", "sent"):
        values[f"{way}_values"] = _value_map(tables[f"{way}_values"])
        values[f"{way}_moves"] = [_move(row) for row in tables[f"{way}_moves"].rows]
    return values, shown


def _rows(name: str, values: Mapping[str, Any]) -> Iterator[Row]:
    content = values[name]
    if name == "senders":
        for one in content:
            yield {**one, "addresses": ", ".join(one["addresses"])}
    elif name == "order_control":
        for code, action in content.items():
            yield {"code": code, "action": action}
    elif name.endswith("_values"):
        for place, table in content.items():
            for value, becomes in table.items():
                yield {"place": place, "value": value, "becomes": becomes}
    else:
        for one in content:
            yield {key: "yes" if value is True else value or "" for key, value in one.items()}


def _filled(name: str, form: MultiDict[str, str]) -> Iterator[Row]:
    """Return the rows in which anything stands; a column's cells are one list."""
    columns = {column: form.getlist(f"{name}.{column}") for column in _COLUMNS[name]}
    for cells in zip(*columns.values(), strict=False):
        row = {column: cell.strip() for column, cell in zip(columns, cells, strict=True)}
        if any(value for column, value in row.items() if column not in {"action", "take"}):
            yield row


def _sender(row: Row) -> dict[str, Any]:
    addresses = [one for part in row["addresses"].split(",") if (one := part.strip())]
    return {**row, "addresses": addresses}


def _value_map(rows: Rows) -> dict[str, dict[str, str]]:
    maps: dict[str, dict[str, str]] = {}
    for row in rows.rows:
        maps.setdefault(row["place"], {})[row["value"]] = row["becomes"]
    return maps


def _move(row: Row) -> dict[str, Any]:
    moved: dict[str, Any] = {"target": row["target"], "take": row["take"] == "yes"}
    if row["source"]:
        moved["source"] = row["source"]
    if row["value"]:
        moved["value"] = row["value"]
    return moved


def _twice(tables: Mapping[str, Rows]) -> dict[str, str]:
    """Return what a table would keep only once of rows that say two things of one value."""
    problems: dict[str, str] = {}
    for name in ("order_control", "received_values", "sent_values"):
        seen: set[tuple[str, ...]] = set()
        for row in tables[name].rows:
            key = tuple(row[column] for column in ("code", "place", "value") if column in row)
            if key in seen:
                problems[f"{name}.{key[0]}"] = _("%(key)s stands here twice", key=" ".join(key))
            seen.add(key)
    return problems
