import pytest

from worklist.hl7.batch import as_message_header, split

MESSAGE = b"MSH|^~\\&|HIS|GENERAL|||20260101||ADT^A04|1|P|2.5\rPID|1\r"
HEADER = b"BHS|^~\\&|HIS|GENERAL|||||||B1\r"


def test_one_message_is_left_as_it_is() -> None:
    found = split(b"\x0b" + MESSAGE)
    assert found.messages == (b"\x0b" + MESSAGE,)
    assert not found.is_batch


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
def test_messages_are_cut_at_their_headers(end: bytes) -> None:
    raw = (HEADER + MESSAGE + MESSAGE + b"BTS|2\r").replace(b"\r", end)
    found = split(raw)
    assert [one.strip() for one in found.messages] == [MESSAGE.replace(b"\r", end).strip()] * 2
    assert found.error is None
    assert found.headers[0].raw(11) == "B1"


@pytest.mark.parametrize(
    ("trailer", "wrong"),
    [
        (b"BTS|1\r", False),
        (b"BTS|\r", False),
        (b"BTS\r", False),
        (b"", False),
        (b"BTS|2\r", True),
        (b"BTS|x\r", True),
        (b"BTS|1\rFTS|1\r", False),
        (b"BTS|1\rFTS|3\r", True),
    ],
)
def test_a_trailer_has_to_count_what_is_there(trailer: bytes, *, wrong: bool) -> None:
    found = split(HEADER + MESSAGE + trailer)
    assert (found.error is not None) is wrong
    assert len(found.messages) == 1


def test_each_batch_of_a_file_counts_for_itself() -> None:
    batch = HEADER + MESSAGE + b"BTS|1\r"
    assert split(b"FHS|^~\\&|HIS\r" + batch + batch + b"FTS|2\r").error is None


def test_a_batch_with_delimiters_of_its_own() -> None:
    found = split(b"BHS*:%!@*HIS*GENERAL*******B1\r" + MESSAGE + b"BTS*2\r")
    assert found.error is not None
    assert as_message_header(found.headers[0]).raw(10) == "B1"


def test_what_is_no_message_is_left_to_be_refused() -> None:
    assert split(b"hello").messages == (b"hello",)
    assert split(b"junk\rMSH|^~\\&|").messages == (b"junk\rMSH|^~\\&|",)
    assert split(b"").messages == (b"",)
