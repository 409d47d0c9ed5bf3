import pytest
from hypothesis import given
from hypothesis import strategies as st

from worklist.hl7.escapes import Encoding, decode, encode

STANDARD = Encoding()
CUSTOM = Encoding("*", ":", "%", "!", "@", "$")
text = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))


@given(text, st.sampled_from([STANDARD, CUSTOM]))
def test_encoding_then_decoding_is_identity(written: str, encoding: Encoding) -> None:
    encoded = encode(written, encoding)
    assert decode(encoded, encoding) == written
    assert not set(encoded) & {encoding.field, encoding.component, encoding.repetition, "\r", "\n"}


@given(text)
def test_decoding_never_fails(written: str) -> None:
    decode(written, STANDARD)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r"a\F\b\S\c\T\d\R\e\E\f", r"a|b^c&d~e\f"),
        (r"one\.br\two", "one\ntwo"),
        (r"one\.sp2\two", "one\n\ntwo"),
        (r"a\.sk3\b", "a   b"),
        (r"\H\bold\N\ plain", "bold plain"),
        (r"\X41\\X4243\ ", "ABC "),
        (r"\XC3BC\ ", "ü "),
        (r"\XFF\ ", r"\XFF\ "),
        (r"C:\path\file", r"C:\path\file"),
        (r"\E\F\E\ ", r"\F\ "),
        (r"\Zxx\ ", r"\Zxx\ "),
        (r"\C2842\ ", r"\C2842\ "),
        (r"\X00\ ", r"\X00\ "),
        (r"half \F", r"half \F"),
    ],
)
def test_sequences_of_section_2_7(written: str, meant: str) -> None:
    assert decode(written, STANDARD) == meant


def test_delimiters_are_those_of_the_message() -> None:
    assert decode("a!S!b!E!c", CUSTOM) == "a:b!c"
