import codecs

import pytest

from worklist.hl7.decode import decode, strip
from worklist.hl7.errors import ErrorCode, MessageError


def message(character_set: str, content: bytes) -> bytes:
    header = rf"MSH|^~\&|A|B|C|D|20260101||ADT^A08|1|P|2.5||||||{character_set}"
    return header.encode() + b"\rPID|" + content


@pytest.mark.parametrize(
    ("character_set", "content", "text"),
    [
        ("", b"ROE", "ROE"),
        ("ASCII", b"ROE", "ROE"),
        ("8859/1", b"M\xfcller", "Müller"),
        ("8859/15", b"\xa4", "€"),
        ("8859/2", b"\xb3", "ł"),
        ("8859/5", b"\xbf", "П"),
        ("8859/7", b"\xc1", "\N{GREEK CAPITAL LETTER ALPHA}"),
        ("8859/8", b"\xf9", "ש"),
        ("8859/9", b"\xfe", "ş"),
        ("UNICODE", b"\xc3\xbc", "ü"),
        ("unicode utf-8", b"\xe5\xb1\xb1", "山"),
        ("GB 18030-2000", b"\xcd\xf5", "王"),
        ("KS X 1001", b"\xb1\xe8", "김"),
        ("BIG-5", b"\xb3\x5c", "許"),
        ("ISO IR14", b"\xd4\xcf\xc0\xde", "ﾔﾏﾀﾞ"),
        ("~ISO IR87", b"\x1b$B;3ED\x1b(B^X", "山田^X"),
        ("ISO IR87", b"\x1b$B;3ED\x1b(B", "山田"),
        ("ISO IR14~ISO IR87", b"\xd4\xcf\xc0\xde^\x1b$B;3ED\x1b(J", "ﾔﾏﾀﾞ^山田"),
        ("~ISO IR159", b"\x1b$(D\x30\x21\x1b(B", "丂"),
        ("~KS X 1001", b"\x1b$)C\xb1\xe8", "김"),
        ("~ISO IR87", rb"\M2442\;3ED\C2842\^X\F\ ", "山田^X\\F\\"),
        ("~ISO IR159", rb"\M242844\0!\C2842\ ", "丂"),
        ("~ISO IR87", b"\x1b$B;3ED\\C2842\\E\x1b(B", "山田榁恩寛榲"),
        ("8859/1~8859/5", b"\xfc \x1b-L\xbf", "ü П"),
    ],
)
def test_every_character_set_of_table_0211(character_set: str, content: bytes, text: str) -> None:
    assert decode(message(character_set, content)).text.endswith(f"\rPID|{text}")


def test_a_segment_end_brings_the_first_character_set_back() -> None:
    raw = message("~ISO IR87", b"\x1b$B;3ED") + b"\rPV1|I"
    assert decode(raw).text.endswith("\rPID|山田\rPV1|I")


@pytest.mark.parametrize(
    ("character_set", "content", "offset"),
    [
        ("", b"M\xfcller", 1),
        ("UNICODE UTF-8", b"ab\xfcc", 2),
        ("~ISO IR87", b"a\x1b$B;3E", 6),
        ("~ISO IR87", b"\x1b$Z", 0),
        ("~ISO IR87", b"ab\xff", 2),
        ("UNICODE UTF-8", b"abc\x00d", 3),
    ],
)
def test_undecodable_bytes_are_an_error_with_their_position(
    character_set: str, content: bytes, offset: int
) -> None:
    raw = message(character_set, content)
    with pytest.raises(MessageError, match=f"position {raw.index(b'PID|') + 4 + offset} ") as error:
        decode(raw)
    assert error.value.code == ErrorCode.DATA_TYPE
    assert str(error.value.location) == "MSH^1^18"


def test_a_character_set_that_nobody_knows_is_a_table_error() -> None:
    with pytest.raises(MessageError, match="'KLINGON' is not supported") as error:
        decode(message("KLINGON", b""))
    assert error.value.code == ErrorCode.TABLE_VALUE_NOT_FOUND


def test_a_byte_order_mark_names_the_character_set() -> None:
    raw = message("", b"\xc3\xbc")
    assert decode(codecs.BOM_UTF8 + raw).text == raw.decode()
    assert decode(raw.decode().encode("utf-16")).text == raw.decode()


def test_a_peer_may_be_known_to_mean_another_character_set() -> None:
    assert decode(message("", b"\xfc"), assumed=["8859/1"]).text.endswith("ü")
    either = ["UNICODE UTF-8", "8859/1"]
    assert decode(message("", b"\xfc"), assumed=either).text.endswith("PID|ü")
    assert decode(message("", b"\xc3\xbc"), assumed=either).text.endswith("PID|ü")
    assert decode(message("8859/1", b"\xc3\xbc"), assumed=either).text.endswith("PID|Ã¼")


def test_what_a_transport_left_around_the_message_is_removed() -> None:
    assert strip(b"\x0b\r\nMSH|x\r\x1c\r") == b"MSH|x"
