"""What ``docs/api.md`` tells of FHIR is what the server does."""

import re
from pathlib import Path

import pytest

from worklist.fhir import asked, dates, elements
from worklist.fhir.asked import Asked
from worklist.fhir.capability import KINDS, NAMES, capability_statement
from worklist.fhir.errors import FhirError
from worklist.fhir.people import _ISSUER

_WHOLE = (Path(__file__).parents[3] / "docs" / "api.md").read_text(encoding="utf-8")
TEXT = _WHOLE.partition("## FHIR R4\n")[2].partition("\n## ")[0]


def _row(name: str) -> str:
    """Return the right cell of a line of the table."""
    (line,) = (one for one in TEXT.splitlines() if one.startswith(f"| {name} |"))
    return line.strip("|").partition(" | ")[2]


def _quoted(text: str) -> set[str]:
    return set(re.findall(r"`([^`]+)`", text))


def test_every_resource_type_is_told() -> None:
    first = TEXT.strip().partition(";")[0]
    assert {one for one in NAMES if re.search(rf"\b{one}\b", first)} == NAMES


def test_every_system_of_identifiers_is_told() -> None:
    systems = {
        _ISSUER, elements.ACCESSION, elements.PLACER, elements.FILLER, elements.STEP_ID,
        elements.ROOM, elements.DICOM_UID,
    }  # fmt: skip
    told = {
        one.replace("-:", "urn:worklist:")
        for one in _quoted(_row("numbers"))
        if "system" not in one
    }
    assert told == systems


def test_every_prefix_of_dates_is_told() -> None:
    assert set(next(iter(_quoted(_row("dates")))).split()) == dates._PREFIXES


def test_every_modifier_is_told() -> None:
    used = {
        name
        for kind in KINDS.values()
        for parameter in kind.known.values()
        for name in parameter.modifiers
    }
    told = {one.removeprefix(":") for one in _quoted(_row("modifiers")) if one.startswith(":")}
    assert told == {one for one in used if one not in NAMES} | {"Patient"}


def test_every_chain_that_is_told_leads_somewhere() -> None:
    chains = [one.split(".") for one in _quoted(_row("chains"))]
    known = [kind.known for kind in KINDS.values()]
    assert chains
    for own, of_target in chains:
        assert any(own in one and one[own].chained for one in known), own
        assert any(of_target in one for one in known), of_target


def test_every_order_and_the_length_of_a_page_are_told() -> None:
    row = _row("order, pages")
    assert {"_id", *(name for kind in KINDS.values() for name in kind.sorts)} <= _quoted(row)
    assert f"up to {asked.MOST} ({asked.DEFAULT_COUNT})" in row


@pytest.mark.parametrize("name", ["_revinclude", "_elements"])
def test_what_is_said_not_to_be_done_is_refused(name: str) -> None:
    assert f"`{name}`" in _row("not done")
    with pytest.raises(FhirError):
        KINDS["Appointment"].condition(name, "x")


def test_totals_and_counts_are_taken_as_told() -> None:
    assert _quoted(_row("how many")) == {"_total=accurate", "_summary=count"}
    for one in _quoted(_row("how many")):
        name, _equals, value = one.partition("=")
        found = Asked.of([(name, value)], address="http://x/fhir/Patient")
        assert found.total or found.only_count


def test_what_may_be_written_is_told() -> None:
    (rest,) = capability_statement(address="http://x/fhir", date="2026-11-26")["rest"]
    writes = {
        one["type"]: {done["code"] for done in one["interaction"]} - {"read", "search-type"}
        for one in rest["resource"]
    }
    assert {name for name, done in writes.items() if done} == {"Appointment"}
    assert writes["Appointment"] == {"create", "update", "patch"}
    assert "book, move and\ncancel an Appointment" in TEXT
