"""Acknowledgements: MSH, MSA and ERR (HL7 v2.5 sections 2.9.2, 2.9.3 and 2.15).

MSH-15 and MSH-16 both empty is original mode: the answer is AA, AE or AR. Otherwise the sender
says in MSH-15 whether it wants an accept acknowledgement (CA, CE, CR) and in MSH-16 whether an
application acknowledgement. One that wants only the latter gets it at once; one that wants both
gets the latter by a message of its own (`worklist.hl7.outbound.replies`).

Written by hand: hl7apy needs about 2 ms for one, which is most of the time in which a sender
wants its answer. Tests validate what is written here with hl7apy.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime

from worklist.hl7 import escapes
from worklist.hl7.errors import AckCode, MessageError
from worklist.hl7.escapes import Encoding
from worklist.hl7.message import Segment
from worklist.hl7.order_response import OrderResponse

SENDING_APPLICATION = "WORKLIST"
DEFAULT_VERSION = "2.5"

# ERR-2 to ERR-8 came with 2.5, MSH-9.3 with 2.3.1; MSA-3 was withdrawn with 2.7.
_MESSAGE_STRUCTURE_SINCE = (2, 3, 1)
_ERR_FIELDS_SINCE = (2, 5)
_NO_MSA_3_SINCE = (2, 7)


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """An answer to a message; ``resent`` when the message had been received before.

    ``content`` is empty where the sender wants no answer.
    """

    code: AckCode
    content: bytes
    resent: bool = False


def acknowledge(
    header: Segment | None,
    error: MessageError | None,
    *,
    now: datetime,
    codec: str,
    response: OrderResponse | None = None,
) -> Acknowledgement:
    """Answer the message with this MSH: AA, or what ``error`` says.

    With a ``response`` an application acknowledgement is one of that kind.

    Sender and receiver change places, MSA-2 echoes MSH-10, the version is the sender's. The
    answer is written with the sender's delimiters in ``codec``, that of the message where it can
    be; text that does not fit it, or a message without a header, makes the answer UTF-8.
    """
    encoding = header.encoding if header else Encoding()
    codec = codec if header else "utf-8"
    code, wanted = _answer_wanted(header, error.acknowledgement if error else AckCode.ACCEPT)
    if not wanted:
        return Acknowledgement(code, b"")
    version = _version_numbers(header)
    kind = _acknowledgement_type(header, version)
    segments = [msa(header, code, error, version, encoding)]
    if error:
        segments.append(err(error, version, encoding))
    if response and code.is_of_application:
        kind = list(response.type if version >= _MESSAGE_STRUCTURE_SINCE else response.type[:2])
        segments += response.segments
    character_set = header.raw(18) if header else ""
    body = "\r".join(segments) + "\r"
    try:
        content = (_msh(header, encoding, now, kind, character_set) + body).encode(codec)
    except UnicodeEncodeError:
        content = (_msh(header, encoding, now, kind, "UNICODE UTF-8") + body).encode()
    return Acknowledgement(code, content)


def waits_for_application(header: Segment, *, failed: bool) -> bool:
    """Return whether the sender, of a message that was accepted, wants to hear how it was done."""
    accept, application = header.text(15).upper(), header.text(16).upper() or "NE"
    code = AckCode.ERROR if failed else AckCode.ACCEPT
    return accept not in {"", "NE"} and _wants(application, code)


def _answer_wanted(header: Segment | None, code: AckCode) -> tuple[AckCode, bool]:
    """Return the code in the mode that the sender asks for, and whether it wants to have it."""
    accept, application = (header.text(15).upper(), header.text(16).upper()) if header else ("", "")
    if not accept and not application:
        return code, True
    if _wants(accept or "NE", code):
        return code.of_acceptance, True
    if accept in {"", "NE"} and _wants(application or "NE", code):
        return code, True
    return code.of_acceptance, False


def _wants(condition: str, code: AckCode) -> bool:
    """Return whether HL7 table 0155 asks for an answer; what the table lacks means always."""
    good = code is AckCode.ACCEPT
    return {"NE": False, "ER": not good, "SU": good}.get(condition, True)


def _msh(
    header: Segment | None,
    encoding: Encoding,
    now: datetime,
    kind: list[str],
    character_set: str,
) -> str:
    received = [header.raw(number) if header else "" for number in range(13)]
    fields = [
        "MSH",
        encoding.characters,
        received[5] or SENDING_APPLICATION,
        received[6],
        received[3],
        received[4],
        now.strftime("%Y%m%d%H%M%S%z"),
        "",
        encoding.component.join(kind),
        uuid.uuid4().hex[:20],
        received[11] or "P",
        received[12] or DEFAULT_VERSION,
    ]
    if character_set:
        fields += [""] * 5 + [character_set]
    return encoding.field.join(fields) + "\r"


def _acknowledgement_type(header: Segment | None, version: tuple[int, ...]) -> list[str]:
    parts = ["ACK"]
    if header and header.text(9, 2):
        parts.append(header.repetition(9).raw.split(header.encoding.component)[1])
        if version >= _MESSAGE_STRUCTURE_SINCE:
            parts.append("ACK")
    return parts


def msa(
    header: Segment | None,
    code: AckCode,
    error: MessageError | None,
    version: tuple[int, ...],
    encoding: Encoding,
) -> str:
    """Write the MSA of an answer in ``version`` to the message with this MSH."""
    fields = ["MSA", code, header.raw(10) if header else ""]
    if error and version < _NO_MSA_3_SINCE:
        fields.append(escapes.encode(error.text, encoding))
    return encoding.field.join(fields)


def err(error: MessageError, version: tuple[int, ...], encoding: Encoding) -> str:
    """Write the ERR of an answer in ``version``."""
    meaning = [error.code, error.code.meaning, "HL70357"]
    place = str(error.location).split("^") if error.location else []
    if version >= _ERR_FIELDS_SINCE:
        fields = ["", encoding.component.join(place), encoding.component.join(meaning), "E"]
        fields += ["", "", "", escapes.encode(error.text, encoding)]
    else:
        # ERR-1 (ELD): segment, sequence, field, code identifying the error.
        location = [*place[:3], "", "", ""][:3]
        code = (encoding.subcomponent or " ").join(meaning)
        fields = [encoding.component.join([*location, code])]
    return encoding.field.join(["ERR", *fields])


def _version_numbers(header: Segment | None) -> tuple[int, ...]:
    version = (header.text(12) if header else "") or DEFAULT_VERSION
    numbers = version.split(".")
    return tuple(int(one) for one in numbers) if all(map(str.isdecimal, numbers)) else (2, 5)
