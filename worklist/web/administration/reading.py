"""A form as it was sent, read into the values of an entry; what is wrong is told at its field."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from werkzeug.datastructures import MultiDict

from worklist.language.text import _, code
from worklist.language.value_errors import words
from worklist.web.administration.fields import Field, Form, Input

_EITHER = {"yes": True, "no": False}
PHASE_FIELDS = ("name", "kind", "offset", "minutes", "patient_present")
WHOLE = ""

Values = dict[str, Any]


def read(form: Form, sent: MultiDict[str, str], stored: Mapping[str, Any] | None) -> Values:
    """Return what was typed; fields that are given once keep what is stored."""
    return {
        field.name: stored[field.name]
        if stored is not None and field.fixed
        else _read_field(field, sent)
        for field in form.fields
    }


def check(entry: type[BaseModel], values: Values) -> tuple[BaseModel | None, dict[str, str]]:
    """Return the entry that the values make, or what is wrong by field."""
    given = {name: value for name, value in values.items() if not _is_left_out(value)}
    try:
        return entry.model_validate(given), {}
    except ValidationError as error:
        return None, _by_field(error.errors())


def _is_left_out(value: object) -> bool:
    return value is None or value == ""


def _by_field(errors: list[ErrorDetails]) -> dict[str, str]:
    """Return what is wrong with each field, of its first error."""
    told: dict[str, str] = {}
    for error in errors:
        place = error["loc"]
        told.setdefault(str(place[0]) if place else WHOLE, _told(error))
    return told


def _told(error: ErrorDetails) -> str:
    """Return what is wrong, with the part of the field that it is wrong with."""
    part = ", ".join(one for one in error["loc"][1:] if isinstance(one, str))
    what = words(error)
    return _("%(part)s: %(what)s", part=code(part), what=what) if part else what


def _read_field(field: Field, sent: MultiDict[str, str]) -> Any:  # noqa: ANN401 - as its kind asks
    if field.input is Input.PHASES:
        return _read_phases(sent)
    text = sent.get(field.name, "").strip()
    if field.input is Input.BOX:
        return bool(text)
    if field.input is Input.EITHER:
        return _EITHER.get(text)
    if field.input is Input.WORDS:
        return [word for word in (one.strip() for one in text.split(",")) if word]
    if field.input is Input.NUMBER:
        text = text.replace(",", ".")
    return text.replace("\r\n", "\n") if field.input is Input.LONG else text


def _read_phases(sent: MultiDict[str, str]) -> list[Values]:
    """Return the rows of the phases; those without a name are left out."""
    columns = [sent.getlist(f"phase_{name}") for name in PHASE_FIELDS]
    rows = [dict(zip(PHASE_FIELDS, row, strict=True)) for row in zip(*columns, strict=False)]
    return [
        row | {"patient_present": row["patient_present"] == "yes"}
        for row in rows
        if row["name"].strip()
    ]
