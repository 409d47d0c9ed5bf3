"""MLLP framing: finds messages in a stream of bytes (HL7 v2 Transport Specification: MLLP R1)."""

import re
from dataclasses import dataclass
from enum import StrEnum

# HL7 over HTTP
MEDIA_TYPE = "application/hl7-v2"

START = b"\x0b"
END = b"\x1c\r"

# A message ends with FS CR. Some senders leave the CR out before the next message, and one that
# was interrupted starts anew: both are seen by the start byte followed by a header segment.
_BOUNDARY = re.compile(rb"\x1c\r|\x1c?\x0b(?=(?:MSH|FHS|BHS))")
_LONGEST_BOUNDARY = len(b"\x1c\x0bMSH")


class Fault(StrEnum):
    """What is wrong with a frame."""

    OVERSIZED = "oversized"
    TRUNCATED = "truncated"


@dataclass(frozen=True, slots=True)
class Frame:
    """The content between start and end block; of an oversized one only the beginning."""

    content: bytes
    fault: Fault | None = None


class Deframer:
    """Collects bytes as they arrive and returns whole frames.

    Bytes outside of frames are dropped and counted in ``skipped_bytes``. A frame longer than
    ``limit`` bytes is read to its end without being kept, so that the connection survives it.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._buffer = bytearray()
        self._inside = False
        self._searched = 0
        self._beginning: bytes | None = None
        self.skipped_bytes = 0

    @property
    def inside(self) -> bool:
        """Whether a frame has begun and not ended."""
        return self._inside

    def feed(self, data: bytes) -> list[Frame]:
        """Take the next bytes and return the frames that they complete."""
        self._buffer += data
        frames: list[Frame] = []
        while self._enter():
            match = _BOUNDARY.search(self._buffer, self._searched)
            if match is None:
                self._keep_within_limit()
                break
            frames.append(self._take(match))
        return frames

    def close(self) -> Frame | None:
        """Return what is left when the connection ends inside a frame."""
        if not self._inside:
            return None
        rest = self._beginning if self._beginning is not None else bytes(self._buffer)
        self._inside, self._beginning = False, None
        self._buffer.clear()
        if rest.endswith(b"\x1c"):
            return Frame(rest[:-1])
        return Frame(rest, Fault.TRUNCATED)

    def _enter(self) -> bool:
        """Return whether the buffer begins inside a frame, dropping what stands before the next."""
        if self._inside:
            return True
        start = self._buffer.find(START)
        junk = len(self._buffer) if start < 0 else start
        self.skipped_bytes += junk
        del self._buffer[: junk if start < 0 else start + 1]
        self._inside, self._searched = start >= 0, 0
        return self._inside

    def _take(self, match: "re.Match[bytes]") -> Frame:
        content = self._beginning or bytes(self._buffer[: match.start()])
        oversized = self._beginning is not None or match.start() > self._limit
        boundary = match[0]  # read before the buffer below it changes
        del self._buffer[: match.end()]
        self._inside = not boundary.endswith(b"\r")
        self._searched, self._beginning = 0, None
        if boundary == START:
            return Frame(content[: self._limit], Fault.TRUNCATED)
        if oversized:
            return Frame(content[: self._limit], Fault.OVERSIZED)
        return Frame(content)

    def _keep_within_limit(self) -> None:
        if len(self._buffer) > self._limit + _LONGEST_BOUNDARY and self._beginning is None:
            self._beginning = bytes(self._buffer[: self._limit])
        if self._beginning is not None:
            del self._buffer[: max(0, len(self._buffer) - _LONGEST_BOUNDARY)]
        self._searched = max(0, len(self._buffer) - _LONGEST_BOUNDARY)


def frame(content: bytes) -> bytes:
    """Return the content as one MLLP block."""
    return START + content + END
