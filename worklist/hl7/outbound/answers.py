"""Read a peer's acknowledgement of a message (HL7 v2.5 section 2.9.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from worklist.hl7 import decode
from worklist.hl7.errors import MessageError
from worklist.hl7.message import Message, Segment, parse

# MSA-1 (table 0008), original and enhanced mode.
_ACCEPTED = frozenset({"AA", "CA"})
_REFUSED = frozenset({"AE", "CE"})
_REJECTED = frozenset({"AR", "CR"})

# ERR codes (table 0357) of a rejection that says the message is of a kind that is not taken; any
# other rejection is about the receiver's state and may pass.
_WILL_NOT_PASS = frozenset({"200", "201", "202", "203"})


class Outcome(StrEnum):
    """What becomes of the message."""

    DELIVERED = "delivered"
    REFUSED = "refused"
    AGAIN = "again"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the peer said.

    ``placer`` is ORC-2 of an ``NA``: the number that the placer gives to our order, with its
    issuer.
    """

    outcome: Outcome
    text: str = ""
    placer: tuple[str, str] | None = None


def read(raw: bytes, control_id: str, *, assumed: Sequence[str] = ("ASCII",)) -> Answer:
    """Tell from the answer what becomes of the message with this MSH-10.

    An answer that cannot be read, or is to another message, is none.
    """
    try:
        decoded = decode.decode(raw, assumed=assumed)
        message = parse(decoded.text, codec=decoded.codec)
    except MessageError as error:
        return Answer(Outcome.AGAIN, f"The answer cannot be read: {error.text}")
    msa = message.first("MSA")
    if msa is None:
        return Answer(Outcome.AGAIN, "The answer has no MSA segment.")
    if msa.text(2) != control_id:
        return Answer(
            Outcome.AGAIN, f"The answer is to the message {msa.text(2)[:40]!r}, not to this one."
        )
    return _of_code(message, msa)


def _of_code(message: Message, msa: Segment) -> Answer:
    code = msa.text(1).upper()
    said = f"{code}: {_reason(message, msa) or 'no reason is given'}"
    if code in _ACCEPTED:
        return Answer(Outcome.DELIVERED, placer=_placer(message))
    if code in _REFUSED:
        return Answer(Outcome.REFUSED, said)
    if code in _REJECTED:
        final = bool(_WILL_NOT_PASS & set(_error_codes(message)))
        return Answer(Outcome.REFUSED if final else Outcome.AGAIN, said)
    return Answer(Outcome.AGAIN, f"The answer has the unknown code {code[:8]!r} in MSA-1.")


def _placer(message: Message) -> tuple[str, str] | None:
    """Return the placer's number from the first ORC that gives one."""
    for orc in message.all("ORC"):
        if orc.text(1).upper() == "NA" and orc.text(2):
            issuer = orc.text(2, 2) or orc.text(2, 3) or message.header.text(4)
            return orc.text(2), issuer or message.header.text(3)
    return None


def _error_codes(message: Message) -> list[str]:
    """ERR-3 of version 2.5, the fourth component of ERR-1 before it, MSA-6."""
    codes = [code for err in message.all("ERR") for code in (err.text(3), err.text(1, 4))]
    msa = message.first("MSA")
    return [code for code in [*codes, msa.text(6) if msa else ""] if code]


def _reason(message: Message, msa: Segment) -> str:
    """Return what the answer says: ERR-8, the code's text and place, MSA-3."""
    told = []
    for err in message.all("ERR"):
        place = " ".join(filter(None, (err.text(2, number) for number in range(1, 7))))
        what = err.text(8) or err.text(7) or err.text(3, 2) or err.text(1, 4, 2) or err.text(3)
        what = what or err.text(1, 4)
        told.append(f"{what} ({place})" if place and what else what or place)
    return "; ".join(dict.fromkeys(filter(None, [*told, msa.text(3)])))[:1000]
