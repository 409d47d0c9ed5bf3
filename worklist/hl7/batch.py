"""Batches: FHS, BHS, messages, BTS, FTS (HL7 v2.5 section 2.10.3), in and as an answer."""

import re
import uuid
from dataclasses import dataclass
from datetime import datetime

from worklist.hl7 import decode
from worklist.hl7.acknowledge import SENDING_APPLICATION
from worklist.hl7.errors import ErrorCode, Location, MessageError
from worklist.hl7.message import Segment, parse_header
from worklist.language.text import _

_MARK = re.compile(rb"(?:\A|[\r\n])[ \t]*(FHS|BHS|MSH|BTS|FTS)(?=[^A-Za-z0-9]|\Z)")
_CONTROL_ID, _REFERENCE = 11, 12
_CODEC = "latin-1"  # has a character for each byte, so that what is echoed is the sender's own


@dataclass(frozen=True, slots=True)
class Batch:
    """The messages of one transmission; without ``headers`` it was not a batch.

    ``headers`` are the FHS and BHS as read, to be answered likewise.
    """

    messages: tuple[bytes, ...]
    headers: tuple[Segment, ...] = ()
    error: MessageError | None = None

    @property
    def is_batch(self) -> bool:
        """Whether the answer is a batch too."""
        return bool(self.headers) or len(self.messages) > 1


def split(raw: bytes) -> Batch:
    """Cut a transmission into its messages.

    Several messages without batch headers are taken as a batch. Where a trailer counts otherwise
    than what is there, something was lost on the way: ``error`` says so and nothing is to be
    done. UTF-16 has no batches.
    """
    content = decode.strip(raw).removeprefix(b"\xef\xbb\xbf")
    marks = list(_MARK.finditer(content))
    names = [match[1] for match in marks]
    if names == [b"MSH"] or not names or marks[0].start(1) > 0:
        return Batch((raw,))
    messages: list[bytes] = []
    headers: list[Segment] = []
    error: MessageError | None = None
    in_batch = batches = 0
    for number, match in enumerate(marks):
        end = marks[number + 1].start() if number + 1 < len(marks) else len(content)
        piece = content[match.start(1) : end]
        if match[1] == b"MSH":
            messages.append(piece)
            in_batch += 1
        elif match[1] in {b"FHS", b"BHS"}:
            headers += _header(piece)
            batches += match[1] == b"BHS"
            in_batch = 0
        else:
            there = in_batch if match[1] == b"BTS" else batches
            error = error or _miscounted(piece, headers, there)
    return Batch(tuple(messages), tuple(headers), error)


def as_message_header(header: Segment) -> Segment:
    """Return a batch header as an MSH, for the acknowledgement of a batch refused as a whole."""
    fields = ["MSH", *header.fields[1:8], "", "", header.raw(_CONTROL_ID), "P", ""]
    return Segment("MSH", tuple(fields), header.encoding)


def answer(batch: Batch, acknowledgements: list[bytes], *, now: datetime) -> bytes:
    """Return the acknowledgements as a batch that refers to the one received."""
    names = {one.name: one for one in batch.headers}
    mark = (batch.headers[0].encoding.field if batch.headers else "|").encode(_CODEC)
    lines = [_answering(names[name], now) for name in ("FHS", "BHS") if name in names]
    if not lines:
        return b"".join(acknowledgements)
    trailers = [b"BTS" + mark + str(len(acknowledgements)).encode()] if "BHS" in names else []
    trailers += [b"FTS" + mark + b"1"] if "FHS" in names else []
    return b"".join(
        [*(line + b"\r" for line in lines), *acknowledgements, *(one + b"\r" for one in trailers)]
    )


def _header(piece: bytes) -> list[Segment]:
    """Read an FHS or BHS: its delimiters stand where an MSH has them."""
    text = piece.decode(_CODEC)
    read = parse_header("MSH" + text[3:], codec=_CODEC)
    return [Segment(text[:3], (text[:3], *read.fields[1:]), read.encoding)] if read else []


def _miscounted(piece: bytes, headers: list[Segment], there: int) -> MessageError | None:
    name, mark = piece[:3].decode(), (headers[0].encoding.field if headers else "|").encode(_CODEC)
    fields = re.split(rb"[\r\n]", piece, maxsplit=1)[0].split(mark)
    told = fields[1].strip().decode(_CODEC) if len(fields) > 1 else ""
    if not told or (told.isdecimal() and int(told) == there):
        return None
    what = "messages" if name == "BTS" else "batches"
    return MessageError(
        _(
            "%(name)s-1 counts %(told)s %(what)s but %(there)s arrived: nothing of the batch was "
            "taken, send it again whole.",
            name=name,
            told=told[:16],
            what=what,
            there=there,
        ),
        code=ErrorCode.SEGMENT_SEQUENCE,
        location=Location(name, 1, 1),
    )


def _answering(header: Segment, now: datetime) -> bytes:
    received = [header.raw(number) for number in range(_REFERENCE)]
    fields = [
        header.name,
        header.encoding.characters,
        received[5] or SENDING_APPLICATION,
        received[6],
        received[3],
        received[4],
        now.strftime("%Y%m%d%H%M%S%z"),
        *("", "", ""),
        uuid.uuid4().hex[:20],
        received[_CONTROL_ID],
    ]
    return header.encoding.field.join(fields).encode(_CODEC)
