"""Protocol data units and DIMSE messages as bytes (PS3.8 section 9.3, PS3.7 section 6.3)."""

from io import BytesIO

import pytest
from pynetdicom.dsutils import decode
from pynetdicom.pdu import P_DATA_TF

from worklist.dicom import dimse, pdu
from worklist.dicom.dimse import Assembler, Command, MessageError
from worklist.dicom.pdu import MalformedError

COMMAND = Command(
    field=dimse.C_FIND,
    message_id=7,
    has_data=True,
    sop_class="1.2.840.10008.5.1.4.31",
    sop_instance="",
)


def fragments(
    command: bytes, data: bytes | None, longest: int
) -> list[tuple[int, bool, bool, bytes]]:
    """Read the units of a message again with pynetdicom."""
    stream = pdu.message(3, command, data, longest)
    found = []
    while stream:
        _, length = pdu.header(stream)
        unit = P_DATA_TF()
        unit.decode(stream[: 6 + length])
        assert length <= longest
        stream = stream[6 + length :]
        for item in unit.presentation_data_value_items:
            value = item.presentation_data_value
            assert value is not None
            assert item.presentation_context_id is not None
            flags = value[0]
            context = item.presentation_context_id
            found.append((context, bool(flags & 1), bool(flags & 2), value[1:]))
    return found


def test_a_message_is_cut_to_the_length_that_the_peer_takes() -> None:
    assert fragments(b"c" * 10, b"d" * 25, 16) == [
        (3, True, True, b"c" * 10),
        (3, False, False, b"d" * 10),
        (3, False, False, b"d" * 10),
        (3, False, True, b"d" * 5),
    ]


def test_a_message_without_data_is_its_command() -> None:
    assert fragments(b"c", None, 100) == [(3, True, True, b"c")]


@pytest.mark.parametrize(
    "body", [b"\0\0\0\x01\x03", b"\0\0\0\xff\x03\x03abc", b"\0\0\0\x00\x03\x03"]
)
def test_values_whose_lengths_do_not_add_up_are_malformed(body: bytes) -> None:
    with pytest.raises(MalformedError):
        list(pdu.values(body))


def test_a_reply_answers_its_command() -> None:
    reply = dimse.reply(COMMAND, 0xFF00, b"data")
    read = decode(BytesIO(reply.command), is_implicit_vr=True, is_little_endian=True)
    assert read.CommandField == 0x8020
    assert read.MessageIDBeingRespondedTo == 7
    assert read.Status == 0xFF00
    assert read.CommandDataSetType != 0x0101
    # The length of what follows the group length itself.
    assert read.CommandGroupLength == len(reply.command) - 12


def test_fragments_make_a_message() -> None:
    command = dimse.reply(COMMAND, 0, b"").command
    assembler = Assembler()
    with pytest.raises(MessageError):  # a response is not a request
        assembler.add(1, is_command=True, is_last=True, data=command)
    with pytest.raises(MessageError, match="belong"):
        Assembler().add(1, is_command=False, is_last=True, data=b"")


def test_a_message_that_never_ends_is_given_up() -> None:
    assembler = Assembler()
    assert assembler.add(1, is_command=True, is_last=False, data=b"\0" * 64 * 1024) is None
    with pytest.raises(MessageError, match="too long"):
        assembler.add(1, is_command=True, is_last=False, data=b"\0")
