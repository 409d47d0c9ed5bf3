import itertools

from hypothesis import given
from hypothesis import strategies as st

from worklist.hl7.wire import Deframer, Fault, Frame, frame

contents = st.binary(max_size=40).filter(lambda raw: not {0x0B, 0x1C} & set(raw))


def split(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(edges)]


@given(st.lists(contents, max_size=5), st.lists(st.integers(min_value=0), max_size=12))
def test_messages_arrive_whole_however_packets_are_cut(
    messages: list[bytes], cuts: list[int]
) -> None:
    deframer = Deframer(100)
    stream = b"".join(frame(message) for message in messages)
    frames = [one for packet in split(stream, cuts) for one in deframer.feed(packet)]
    assert frames == [Frame(message) for message in messages]
    assert deframer.close() is None


@given(st.lists(st.binary(max_size=60), max_size=8))
def test_arbitrary_bytes_never_crash_nor_grow_without_end(packets: list[bytes]) -> None:
    deframer = Deframer(20)
    for packet in packets:
        assert all(len(one.content) <= 20 for one in deframer.feed(packet))
    assert len(deframer._buffer) <= 20 + 60


def test_bytes_between_messages_are_dropped_and_counted() -> None:
    deframer = Deframer(100)
    assert deframer.feed(b"\r\njunk" + frame(b"MSH|1")) == [Frame(b"MSH|1")]
    assert deframer.feed(b"\n" + frame(b"MSH|2")) == [Frame(b"MSH|2")]
    assert deframer.skipped_bytes == 7


def test_an_oversized_message_is_told_and_the_next_one_arrives() -> None:
    deframer = Deframer(10)
    data = frame(b"MSH|" + b"x" * 5000) + frame(b"MSH|next")
    frames = [one for byte in data for one in deframer.feed(bytes([byte]))]
    assert frames == [Frame(b"MSH|xxxxxx", Fault.OVERSIZED), Frame(b"MSH|next")]


def test_a_message_of_just_the_limit_is_taken() -> None:
    assert Deframer(5).feed(frame(b"MSH|1")) == [Frame(b"MSH|1")]
    assert Deframer(4).feed(frame(b"MSH|1")) == [Frame(b"MSH|", Fault.OVERSIZED)]


def test_a_file_separator_inside_of_a_message_does_not_end_it() -> None:
    assert Deframer(50).feed(b"\x0bMSH|\x1cx\x1c\r") == [Frame(b"MSH|\x1cx")]


def test_a_sender_that_leaves_out_the_last_return_is_understood() -> None:
    deframer = Deframer(50)
    assert deframer.feed(b"\x0bMSH|1\x1c\x0bMSH|2\x1c") == [Frame(b"MSH|1")]
    assert deframer.close() == Frame(b"MSH|2")


def test_a_message_that_was_broken_off_does_not_spoil_the_next() -> None:
    frames = Deframer(50).feed(b"\x0bMSH|broken" + frame(b"MSH|whole"))
    assert frames == [Frame(b"MSH|broken", Fault.TRUNCATED), Frame(b"MSH|whole")]


def test_what_is_left_when_the_connection_ends_is_truncated() -> None:
    deframer = Deframer(50)
    deframer.feed(b"\x0bMSH|hal")
    assert deframer.close() == Frame(b"MSH|hal", Fault.TRUNCATED)
