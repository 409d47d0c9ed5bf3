import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worklist.hl7.errors import AckCode, ErrorCode, MessageError
from worklist.hl7.message import parse

HEADER = r"MSH|^~\&|HIS|GENERAL|||20260101||ADT^A08|1|P|2.5"


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\r\r", "\r\n\r\n"])
def test_segments_end_with_any_line_end(end: str) -> None:
    message = parse(end.join([HEADER, "PID|1", "ZZZ|kept", ""]))
    assert [one.name for one in message.segments] == ["MSH", "PID", "ZZZ"]
    assert message.type == "ADT^A08"


def test_a_line_feed_inside_of_a_field_stays() -> None:
    message = parse(f"{HEADER}\rNTE|1||first\nsecond|x\rPV1|I")
    assert message.require("NTE").text(3) == "first\nsecond"
    assert message.require("NTE").text(4) == "x"
    assert message.require("PV1").text(1) == "I"


def test_fields_repetitions_components_and_subcomponents_count_from_one() -> None:
    message = parse(HEADER + "\rPID|1||A&x^B~C^^^D&1.2&ISO||E")
    pid = message.require("PID")
    assert pid.text(3) == "A"
    assert pid.text(3, 1, 2) == "x"
    assert pid.text(3, 2) == "B"
    assert [one.text() for one in pid.repetitions(3)] == ["A", "C"]
    assert pid.repetitions(3)[1].text(4, 2) == "1.2"
    assert pid.text(5) == "E"
    assert pid.text(99) == ""
    assert str(pid.repetitions(3)[1].at(4)) == "PID^1^3^2^4"


def test_msh_counts_its_separator_as_first_field() -> None:
    header = parse(HEADER).header
    assert header.raw(1) == "|"
    assert header.raw(2) == r"^~\&"
    assert header.text(3) == "HIS"
    assert header.text(12) == "2.5"


def test_hl7_null_differs_from_empty() -> None:
    pid = parse(HEADER + '\rPID|""||""^x').require("PID")
    assert pid.value(1) == ""
    assert pid.value(2) is None
    assert pid.value(3) == ""
    assert pid.value(3, 2) == "x"


def test_escapes_are_decoded_once() -> None:
    pid = parse(HEADER + r"\rPID|a\S\b^c\E\S\E\ ".replace(r"\rPID", "\rPID")).require("PID")
    assert pid.text(1) == "a^b"
    assert pid.text(1, 2) == r"c\S\ ".strip()


def test_free_text_keeps_the_delimiters_that_stand_in_it() -> None:
    note = parse(HEADER + r"|" + "\r" + r"NTE|1||cough & fever ^ cold\T\wet").require("NTE")
    assert note.whole(3) == "cough & fever ^ cold&wet"


def test_delimiters_of_the_sender() -> None:
    message = parse("MSH*:%!@*HIS*X*****ORM:O01\rPID*1**A:B%C")
    assert message.type == "ORM^O01"
    assert message.require("PID").text(3, 2) == "B"


def test_version_2_7_truncation_character() -> None:
    message = parse("MSH|^~\\&#|HIS\rPID|a\\P\\b")
    assert message.require("PID").text(1) == "a#b"


def test_segments_of_one_name_are_numbered() -> None:
    message = parse(HEADER + "\rOBX|1\rNTE|1\rOBX|2")
    assert [str(one.at(5)) for one in message.all("OBX")] == ["OBX^1^5", "OBX^2^5"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "does not begin with an MSH"),
        ("PID|1", "does not begin with an MSH"),
        ("FHS|^~\\&|", "Batches"),
        ("MSH||||", "delimiters"),
        ("MSHabcdef", "delimiters"),
        ("MSH|^^\\&|x", "delimiters"),
    ],
)
def test_what_is_no_message_is_rejected(text: str, words: str) -> None:
    with pytest.raises(MessageError, match=words) as error:
        parse(text)
    assert error.value.acknowledgement is AckCode.REJECT


def test_a_segment_without_a_name_is_named_by_its_number() -> None:
    with pytest.raises(MessageError, match="Segment 3") as error:
        parse(HEADER + "\rPID|1\rhello")
    assert error.value.code is ErrorCode.SEGMENT_SEQUENCE


@given(st.text(max_size=200))
def test_any_text_is_a_message_or_an_error(text: str) -> None:
    for candidate in (text, f"{HEADER}\r{text}"):
        with contextlib.suppress(MessageError):
            assert parse(candidate).segments
