"""A message taken apart for people: names of fields, and where the error is."""

import pytest

from worklist.hl7.field_names import field_names
from worklist.web.messages.segments import as_text, shown

TEXT = "MSH|^~\\&|HIS|GEN|||20261124||ADT^A08|1|P|2.5.1\nPID|1||4711^^^GEN||ROE^JANE\nZXX|a||c"


def test_fields_have_the_names_of_their_version() -> None:
    # HL7 v2.5.1 chapter 3: PID-3 is the patient identifier list; v2.1 called it the internal id.
    assert field_names("2.5.1", "PID")[2] == "Patient identifier list"
    assert field_names("9.9", "PID")[2] == "Patient identifier list"
    assert "nternal" in field_names("2.3", "PID")[2]
    assert field_names("2.5.1", "ZXX") == ()


def test_only_fields_that_hold_something_are_shown() -> None:
    _, pid, other = shown(TEXT)
    assert [(one.number, one.name, one.value) for one in pid.fields] == [
        (1, "Set id pid", "1"),
        (3, "Patient identifier list", "4711^^^GEN"),
        (5, "Patient name", "ROE^JANE"),
    ]
    assert [(one.number, one.name, one.value) for one in other.fields] == [
        (1, "", "a"),
        (3, "", "c"),
    ]


def test_the_header_counts_its_separator() -> None:
    header = shown(TEXT)[0]
    assert [(one.number, one.value) for one in header.fields][:3] == [
        (1, "|"),
        (2, "^~\\&"),
        (3, "HIS"),
    ]


@pytest.mark.parametrize("location", ["PID^1^5", "PID^1^5^1^2"])
def test_the_error_is_marked_where_it_is(location: str) -> None:
    wrong = [
        (segment.name, field.number)
        for segment in shown(TEXT, location)
        for field in segment.fields
        if field.is_wrong
    ]
    assert wrong == [("PID", 5)]


def test_a_whole_segment_may_be_wrong() -> None:
    assert [one.is_wrong for one in shown(TEXT, "PID")] == [False, True, False]


def test_what_cannot_be_taken_apart_is_shown_as_it_is() -> None:
    assert shown("no message") == ()
    assert as_text(b"MSH|^~\\&|\xff\rPID|1\r") == "MSH|^~\\&|ÿ\nPID|1"
