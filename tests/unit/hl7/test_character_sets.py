"""Character sets outward: ISO 2022 code extension, CNS 11643, and back again."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.outbound import (
    HAPPENED,
    make_audience,
    make_peer,
    make_person,
    make_requested,
    make_subject,
)
from worklist.hl7 import character_sets, cns11643, decode
from worklist.hl7.acknowledge import acknowledge
from worklist.hl7.interpret import interpret
from worklist.hl7.message import parse
from worklist.hl7.outbound.appointment_messages import appointment
from worklist.hl7.outbound.writing import UnwritableError, write
from worklist.hl7.peers.file import PeerEntry

THREE_GROUPS = make_person(
    name="YAMADA^TARO", name_ideographic="山田^太郎", name_phonetic="やまだ^たろう"
)


def encoded(text: str, character_set: str) -> bytes:
    return text.encode(character_sets.codec(character_sets.split(character_set)))


@pytest.mark.parametrize(
    ("character_set", "text", "expected"),
    [
        # DICOM PS3.5 H.3.1 and H.3.2: the same names with the same escape sequences.
        ("~ISO IR87", "山田^太郎", b"\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B"),
        ("~ISO IR87", "やまだ^X", b"\x1b$B$d$^$@\x1b(B^X"),
        ("ISO IR14~ISO IR87", "ﾔﾏﾀﾞ^山田", b"\xd4\xcf\xc0\xde^\x1b$B;3ED\x1b(J"),
        ("~ISO IR87~ISO IR159", "山丂", b"\x1b$B;3\x1b$(D\x30\x21\x1b(B"),
        # DICOM PS3.5 I.2: Hong with KS X 1001 in the right half.
        ("~KS X 1001", "洪^吉洞", b"\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7"),
        ("8859/1~8859/5", "ü П ü", b"\xfc \x1b-L\xbf \x1b-A\xfc"),
        ("8859/1", "Müller", b"M\xfcller"),
        ("CNS 11643-1992", "王^A", b"\xc5\xde^A"),
    ],
)
def test_text_is_written_with_the_peers_character_sets(
    character_set: str, text: str, expected: bytes
) -> None:
    assert encoded(text, character_set) == expected


@pytest.mark.parametrize("character_set", character_sets.JAPANESE)
def test_three_group_names_leave_intact(character_set: str) -> None:
    subject = make_subject("exam.scheduled", requested=make_requested(patient=THREE_GROUPS))
    audience = make_audience(character_set=character_set)
    draft = appointment(subject, audience)
    assert draft is not None
    raw = write(draft, audience).payload
    assert b"\x1b$B" in raw
    assert raw.split(b"|")[17].split(b"\r")[0].decode() == character_set
    read = parse(decode.decode(raw).text).require("PID").repetitions(5)
    assert [(one.text(1), one.text(2), one.text(8)) for one in read] == [
        ("YAMADA", "TARO", "A"),
        ("山田", "太郎", "I"),
        ("やまだ", "たろう", "P"),
    ]


def test_a_character_that_no_set_has_is_named() -> None:
    requested = make_requested(patient=make_person(name="ŁUCZAK^EWA"))
    subject = make_subject("exam.scheduled", requested=requested)
    audience = make_audience(character_set="~ISO IR87")
    draft = appointment(subject, audience)
    assert draft is not None
    with pytest.raises(UnwritableError, match="'Ł' is not in the character set ~ISO IR87"):
        write(draft, audience)


@given(
    st.lists(st.sampled_from("aZ ^|~\\\r山田太郎やまだヤマダﾔﾏﾀﾞ丂亞黒"), max_size=40).map("".join)
)
def test_what_is_encoded_is_decoded_the_same(text: str) -> None:
    codec = character_sets.codec(["ISO IR14", "ISO IR87", "ISO IR159"])
    assert text.encode(codec).decode(codec) == text


@given(st.text(st.sampled_from("aZ^|洪吉洞김철수"), max_size=30))
def test_korean_is_decoded_the_same(text: str) -> None:
    codec = character_sets.codec(["ASCII", "KS X 1001"])
    assert text.encode(codec).decode(codec) == text


def test_plane_1_of_cns_11643_begins_as_big5_does() -> None:
    """Both sort by strokes: the first 1400 of the frequent characters are in one order."""
    ours = [bytes([row, cell]) for row in range(0xC4, 0xD3) for cell in range(0xA1, 0xFF)][:1400]
    big5 = [
        bytes([row, cell])
        for row in range(0xA4, 0xAE)
        for cell in (*range(0x40, 0x7F), *range(0xA1, 0xFF))
    ][:1400]
    assert cns11643.decode(b"".join(ours)) == b"".join(big5).decode("big5")


def test_the_other_planes_are_shifted_in() -> None:
    # The first of plane 2 is Big5's first rare character, C940.
    assert cns11643.decode(b"\x8e\xa2\xa1\xa1") == b"\xc9\x40".decode("big5")
    assert cns11643.decode(b"\x8e\xa1\xc4\xa1") == cns11643.decode(b"\xc4\xa1") == "一"
    assert cns11643.encode("乂") == b"\x8e\xa2\xa1\xa1"


@pytest.mark.parametrize(("raw", "position"), [(b"A\xc4", 1), (b"\xff\xff", 0), (b"\x8e\xa2", 0)])
def test_what_is_no_character_of_cns_11643_is_told_with_its_place(
    raw: bytes, position: int
) -> None:
    with pytest.raises(UnicodeDecodeError) as caught:
        cns11643.decode(raw)
    assert caught.value.start == position


def test_every_character_of_cns_11643_goes_and_comes_back() -> None:
    table = Path(cns11643.__file__).with_suffix(".txt").read_text("utf-8")
    text = "".join(line[5:] for line in table.splitlines()).replace("\ufffd", "")
    assert len(text) > 48_000
    assert cns11643.decode(cns11643.encode(text)) == text


@pytest.mark.parametrize("character_set", ["~ISO IR87", "ISO IR14~ISO IR87~ISO IR159"])
def test_a_peer_may_have_several_character_sets(character_set: str) -> None:
    values = {"name": "HIS", "direction": "inbound", "character_set": character_set}
    assert PeerEntry.model_validate(values).character_set == character_set


def test_an_answer_that_repeats_the_name_is_in_the_messages_character_sets() -> None:
    lines = [
        b"MSH|^~\\&|HIS|GENERAL|RIS|RAD|20261124080000||ORM^O01|C1|P|2.5||||||~ISO IR87",
        b"PID|1||4711^^^GENERAL||YAMADA^TARO~\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B^^^^^L^I",
        b"ORC|NW|P1^HIS",
        b"OBR|1|P1^HIS||71250",
    ]
    reading = interpret(
        b"\r".join(lines) + b"\r",
        zone=ZoneInfo("UTC"),
        now=HAPPENED,
        peer=make_peer(acknowledgement="application"),
    )
    answer = acknowledge(
        reading.header,
        reading.error,
        now=HAPPENED,
        codec=reading.codec,
        response=reading.response,
    ).content
    assert b"|~ISO IR87\r" in answer
    assert b"\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B" in answer
