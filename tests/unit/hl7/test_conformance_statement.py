"""What the conformance statement promises is what the program does."""

import re
from pathlib import Path

from config import Settings, variable
from worklist.hl7 import interpret, order_control
from worklist.hl7.errors import ErrorCode

TEXT = (Path(__file__).parents[3] / "docs" / "hl7.md").read_text(encoding="utf-8")


def _table(heading: str) -> list[list[str]]:
    """Return the rows of the first table after a heading."""
    after = TEXT.partition(f"{heading}\n")[2].splitlines()
    lines = [line for line in after if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    end = next((n for n, row in enumerate(rows[2:], 2) if len(row) != len(rows[0])), len(rows))
    return rows[2:end]


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
