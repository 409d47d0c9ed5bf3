"""What the conformance statement promises is what the program does."""

import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from config import Settings, variable
from tests.support import corpus
from tests.support.department import NOW
from worklist.hl7 import interpret, order_control
from worklist.hl7.errors import ErrorCode
from worklist.hl7.message import Segment

TEXT = (Path(__file__).parents[3] / "docs" / "hl7.md").read_text(encoding="utf-8")


def _table(heading: str) -> list[list[str]]:
    """Return the rows of the first table after a heading."""
    after = TEXT.partition(f"{heading}\n")[2].splitlines()
    lines = [line for line in after if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    end = next((n for n, row in enumerate(rows[2:], 2) if len(row) != len(rows[0])), len(rows))
    return rows[2:end]


# What stands in answers alone, and what is read before a message is (its sender and its wire).
_OF_ANSWERS = {("BHS", 12), *(("ERR", n) for n in (1, 2, 3, 4, 8)), ("MSA", 2), ("MSA", 3)}
_BEFORE = {("MSH", 3), ("MSH", 15), ("MSH", 16), ("MSH", 18)}
_NO_FIELDS = {"BIG", "ICD", "RAD", "UTF"}  # BIG-5, ICD-10, RAD-1, UTF-8 look alike


def test_every_field_that_is_read_is_told_and_the_other_way_round(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By the messages of the corpus, of which there is one for each line of the page."""
    read: set[tuple[str, int]] = set()
    raw = Segment.raw

    def noted(self: Segment, field: int) -> str:
        read.add((self.name, field))
        return raw(self, field)

    monkeypatch.setattr(Segment, "raw", noted)
    for case in corpus.cases():
        interpret.interpret(case.raw, zone=ZoneInfo("UTC"), now=NOW)
    named = re.findall(r"\b([A-Z][A-Z0-9]{2})-(\d+)\b", TEXT)
    told = {(name, int(number)) for name, number in named if name not in _NO_FIELDS}
    assert read - told == set()
    assert told - read - _OF_ANSWERS - _BEFORE == set()


def test_every_order_control_code_is_told() -> None:
    told = {code for row in _table("### Order control") for code in row[0].split(", ")}
    assert told == set(order_control._BY_CONTROL)


def test_every_message_type_is_told() -> None:
    answers = {"ORR", "ORG", "ORI"}  # taken as answers to what is sent
    for kind in set(interpret._READERS) - answers:
        assert re.search(rf"\b{kind}\b", TEXT), kind
    for event in interpret._READERS["SIU"]:
        assert event in TEXT


def test_every_error_code_is_told() -> None:
    unused = {ErrorCode.RECORD_LOCKED}
    for code in set(ErrorCode) - unused:
        assert code.value in TEXT


def test_every_setting_of_mllp_is_told() -> None:
    for name in Settings.model_fields:
        if name.startswith("mllp_") and not name.endswith("_port"):
            short = variable(name).removeprefix("WORKLIST_MLLP_TLS")
            assert variable(name) in TEXT or f"`{short}`" in TEXT, name
