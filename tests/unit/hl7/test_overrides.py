"""Value maps and moves of fields that a peer's profile names."""

import pytest
from pydantic import ValidationError

from worklist.hl7.message import parse
from worklist.hl7.peers.file import Move
from worklist.hl7.peers.overrides import apply
from worklist.hl7.write import text_of

HEADER = "MSH|^~\\&|HIS|GENERAL|||||ORM^O01|1|P|2.5\r"
PID = "PID|1||4711^^^GENERAL^MR\r"


def changed(
    text: str,
    values: dict[str, dict[str, str]] | None = None,
    moves: tuple[Move, ...] = (),
) -> str:
    return text_of(apply(parse(HEADER + text), values or {}, moves)).removeprefix(HEADER)


def test_nothing_to_do_gives_the_message_back() -> None:
    assert changed('PID|1||A\\T\\B^^^X||""\r') == 'PID|1||A\\T\\B^^^X||""\r'


def test_a_value_is_mapped_where_it_stands() -> None:
    text = "OBR|1|||71250^CT^C4\rOBR|2|||XR^XR^L\r"
    assert changed(text, {"OBR-4.1": {"XR": "DX"}}) == "OBR|1|||71250^CT^C4\rOBR|2|||DX^XR^L\r"


def test_each_repetition_is_mapped_and_delimiters_are_escaped() -> None:
    assert changed("ZZZ|a~b~c\r", {"ZZZ-1": {"a": "x^y", "c": "z"}}) == "ZZZ|x\\S\\y~b~z\r"


def test_an_empty_field_can_be_given_a_value() -> None:
    assert changed("OBR|1\r", {"OBR-24": {"": "CT"}}) == f"OBR|1{'|' * 23}CT\r"


@pytest.mark.parametrize(
    ("move", "before", "after"),
    [
        (Move(target="OBR-18", source="OBR-3"), "OBR|1||F1\r", f"OBR|1||F1{'|' * 15}F1\r"),
        (
            Move(target="OBR-18", source="OBR-3", take=True),
            "OBR|1||F1\r",
            f"OBR|1{'|' * 17}F1\r",
        ),
        (Move(target="PV1-3.2", value="12"), "PV1|1|I|W3^^B\r", "PV1|1|I|W3^12^B\r"),
        (Move(target="PID-3.4.2", value="1.2"), PID, "PID|1||4711^^^GENERAL&1.2^MR\r"),
        (Move(target="PID-3", source="PID-2"), PID, PID),
    ],
)
def test_a_field_is_moved(move: Move, before: str, after: str) -> None:
    assert changed(before, moves=(move,)) == after


def test_a_move_stays_within_its_order() -> None:
    text = PID + "ORC|NW|1\rOBR|1\rORC|NW|2\rOBR|2\r"
    moves = (Move(target="OBR-2", source="ORC-2"), Move(target="OBR-3", source="PID-3.1"))
    expected = PID + "ORC|NW|1\rOBR|1|1|4711\rORC|NW|2\rOBR|2|2|4711\r"
    assert changed(text, moves=moves) == expected


def test_a_missing_segment_is_added_behind_the_order_that_has_the_source() -> None:
    text = f"ORC|NW|1\rOBR|1{'|' * 19}1.2.3\rNTE|1\rORC|NW|2\rOBR|2\r"
    expected = "ORC|NW|1\rOBR|1\rNTE|1\rZDS|1.2.3\rORC|NW|2\rOBR|2\r"
    assert changed(text, moves=(Move(target="ZDS-1", source="OBR-20", take=True),)) == expected


@pytest.mark.parametrize(
    "values",
    [
        {"target": "OBR-1"},
        {"target": "OBR-1", "source": "OBR-2", "value": "x"},
        {"target": "OBR-1", "value": "x", "take": True},
        {"target": "MSH-2", "value": "x"},
        {"target": "OBR", "value": "x"},
        {"target": "OBR-0", "value": "x"},
    ],
)
def test_a_move_that_means_nothing_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Move.model_validate(values)
