"""What is wrong with a message, in the words of an acknowledgement."""

from dataclasses import dataclass
from enum import StrEnum


class AckCode(StrEnum):
    """Acknowledgement code (HL7 table 0008); those with C are accept acknowledgements."""

    ACCEPT = "AA"
    ERROR = "AE"
    REJECT = "AR"
    COMMIT_ACCEPT = "CA"
    COMMIT_ERROR = "CE"
    COMMIT_REJECT = "CR"

    @property
    def of_acceptance(self) -> "AckCode":
        """The code of the accept acknowledgement that says the same."""
        return AckCode("C" + self[1])

    @property
    def is_of_application(self) -> bool:
        """Whether it is an application acknowledgement."""
        return self.startswith("A")


class ErrorCode(StrEnum):
    """Message error condition codes (HL7 table 0357)."""

    SEGMENT_SEQUENCE = "100"
    REQUIRED_FIELD_MISSING = "101"
    DATA_TYPE = "102"
    TABLE_VALUE_NOT_FOUND = "103"
    UNSUPPORTED_MESSAGE_TYPE = "200"
    UNSUPPORTED_EVENT = "201"
    UNSUPPORTED_PROCESSING_ID = "202"
    UNSUPPORTED_VERSION = "203"
    UNKNOWN_KEY = "204"
    DUPLICATE_KEY = "205"
    RECORD_LOCKED = "206"
    INTERNAL = "207"

    @property
    def meaning(self) -> str:
        """The table's text for the code."""
        return _MEANINGS[self]


_MEANINGS = {
    ErrorCode.SEGMENT_SEQUENCE: "Segment sequence error",
    ErrorCode.REQUIRED_FIELD_MISSING: "Required field missing",
    ErrorCode.DATA_TYPE: "Data type error",
    ErrorCode.TABLE_VALUE_NOT_FOUND: "Table value not found",
    ErrorCode.UNSUPPORTED_MESSAGE_TYPE: "Unsupported message type",
    ErrorCode.UNSUPPORTED_EVENT: "Unsupported event code",
    ErrorCode.UNSUPPORTED_PROCESSING_ID: "Unsupported processing id",
    ErrorCode.UNSUPPORTED_VERSION: "Unsupported version id",
    ErrorCode.UNKNOWN_KEY: "Unknown key identifier",
    ErrorCode.DUPLICATE_KEY: "Duplicate key identifier",
    ErrorCode.RECORD_LOCKED: "Application record locked",
    ErrorCode.INTERNAL: "Application internal error",
}


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a message as in ERR-2 of version 2.5: counted from 1; 0 means not given."""

    segment: str
    sequence: int = 1
    field: int = 0
    repetition: int = 0
    component: int = 0

    @property
    def spoken(self) -> str:
        """How people write it: ``MSH-7``, ``PID-3(2).4``, ``OBX[3]-5``."""
        sequence = f"[{self.sequence}]" if self.sequence > 1 else ""
        field = f"-{self.field}" if self.field else ""
        repetition = f"({self.repetition})" if self.repetition > 1 else ""
        component = f".{self.component}" if self.component else ""
        return f"{self.segment}{sequence}{field}{repetition}{component}"

    def __str__(self) -> str:
        """``PID^1^3^2^4``, without what is not given at the end."""
        parts = [self.field, self.repetition, self.component]
        if self.component and not self.repetition:
            parts[1] = 1
        while parts and not parts[-1]:
            parts.pop()
        return "^".join([self.segment, str(self.sequence), *map(str, parts)])


class MessageError(Exception):
    """A message cannot be taken: the text says what is wrong and what to do."""

    def __init__(
        self,
        text: str,
        *,
        code: ErrorCode,
        location: Location | None = None,
        acknowledgement: AckCode = AckCode.ERROR,
    ) -> None:
        super().__init__(text)
        self.text = text
        self.code = code
        self.location = location
        self.acknowledgement = acknowledgement
