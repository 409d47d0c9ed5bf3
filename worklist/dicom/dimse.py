"""DIMSE messages: command sets read and made, fragments put together (PS3.7 sections 6.3 and 9.3).

The command sets are encoded and decoded by pynetdicom; what is the same each time is kept.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from io import BytesIO
from typing import Any

from pydicom import Dataset
from pynetdicom.dsutils import decode, encode

C_FIND = 0x0020
C_ECHO = 0x0030
C_CANCEL = 0x0FFF
N_SET = 0x0120
N_CREATE = 0x0140
_RESPONSE = 0x8000
_NO_DATA = 0x0101
_WITH_DATA = 0x0001

SUCCESS = 0x0000
CANCELLED = 0xFE00
PENDING = frozenset({0xFF00, 0xFF01})
UNRECOGNISED_OPERATION = 0x0211

# The longest Error Comment (PS3.7 annex C, VR LO).
COMMENT_LENGTH = 64
# More than any worklist query or performed step needs, and little enough for many at once.
LONGEST_MESSAGE = 16 * 1024 * 1024
_LONGEST_COMMAND = 64 * 1024


class MessageError(Exception):
    """The peer's fragments make no message: the association is to be aborted."""


@dataclass(frozen=True, slots=True)
class Command:
    """What a request's command set says."""

    field: int
    message_id: int
    has_data: bool
    sop_class: str
    sop_instance: str


@dataclass(frozen=True, slots=True)
class Reply:
    """One response message: its status, its command set and its encoded data set."""

    status: int
    command: bytes
    data: bytes | None = None

    @property
    def is_final(self) -> bool:
        """False where more answers follow."""
        return self.status not in PENDING


@lru_cache(maxsize=1024)
def read_command(data: bytes) -> Command:
    """Return a request's command.

    Raises:
        MessageError: it is none.
    """
    try:
        dataset = decode(BytesIO(data), True, True)  # noqa: FBT003 - implicit, little endian
        is_cancel = int(dataset.CommandField) == C_CANCEL
        return Command(
            field=int(dataset.CommandField),
            message_id=int(dataset.MessageIDBeingRespondedTo if is_cancel else dataset.MessageID),
            has_data=int(dataset.CommandDataSetType) != _NO_DATA,
            sop_class=_text(dataset, "AffectedSOPClassUID", "RequestedSOPClassUID"),
            sop_instance=_text(dataset, "AffectedSOPInstanceUID", "RequestedSOPInstanceUID"),
        )
    except Exception as error:
        raise MessageError("The command set cannot be read.") from error


def _text(dataset: Dataset, *keywords: str) -> str:
    return next((str(dataset[name].value or "") for name in keywords if name in dataset), "")


def reply(command: Command, status: int, data: bytes | None = None, **fields: Any) -> Reply:  # noqa: ANN401 - a command's elements
    """Return the response to a command; ``fields`` are further elements of the command set."""
    data_set_type = _NO_DATA if data is None else _WITH_DATA
    return Reply(status, _response(command, status, data_set_type, tuple(fields.items())), data)


@lru_cache(maxsize=4096)
def _response(
    command: Command, status: int, data_set_type: int, fields: tuple[tuple[str, Any], ...]
) -> bytes:
    dataset = Dataset()
    if command.sop_class:
        dataset.AffectedSOPClassUID = command.sop_class
    dataset.CommandField = command.field | _RESPONSE
    dataset.MessageIDBeingRespondedTo = command.message_id
    dataset.CommandDataSetType = data_set_type
    dataset.Status = status
    for name, value in fields:
        setattr(dataset, name, value)
    dataset.CommandGroupLength = 0
    dataset.CommandGroupLength = len(_encoded(dataset)) - _GROUP_LENGTH_ELEMENT
    return _encoded(dataset)


# Tag, length and value of Command Group Length itself.
_GROUP_LENGTH_ELEMENT = 12


def _encoded(dataset: Dataset) -> bytes:
    encoded = encode(dataset, True, True)  # noqa: FBT003 - implicit, little endian
    if encoded is None:
        raise ValueError("a response cannot be encoded")
    return encoded


@dataclass(slots=True)
class Assembler:
    """Puts the fragments of one message after another together."""

    _context: int | None = None
    _command: bytearray = field(default_factory=bytearray)
    _data: bytearray = field(default_factory=bytearray)
    _read: Command | None = None

    def add(
        self, context: int, *, is_command: bool, is_last: bool, data: bytes
    ) -> tuple[int, Command, bytes] | None:
        """Take one fragment; return context, command and data set of a message that is whole.

        Raises:
            MessageError: it does not belong to the message, or the message is too long.
        """
        if self._context not in {None, context} or is_command == (self._read is not None):
            raise MessageError("The fragment does not belong to the message.")
        self._context = context
        whole, longest = (
            (self._command, _LONGEST_COMMAND) if is_command else (self._data, LONGEST_MESSAGE)
        )
        whole += data
        if len(whole) > longest:
            raise MessageError("The message is too long.")
        if not is_last:
            return None
        if self._read is None:
            self._read = read_command(bytes(self._command))
            if self._read.has_data and self._read.field != C_CANCEL:
                return None
        message = (context, self._read, bytes(self._data))
        self._context, self._read = None, None
        self._command, self._data = bytearray(), bytearray()
        return message
