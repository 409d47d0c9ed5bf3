"""A draft becomes the bytes that go over the wire: MSH, the peer's overrides, its character set."""

import uuid
from dataclasses import dataclass

from worklist.hl7 import character_sets
from worklist.hl7.message import parse
from worklist.hl7.outbound.fields import ENCODING, moment, text
from worklist.hl7.outbound.segments import Draft
from worklist.hl7.outbound.subject import Audience
from worklist.hl7.peers import overrides
from worklist.hl7.write import text_of

_HEADER_FIELDS = 18


class UnwritableError(Exception):
    """The message has a character that the peer's character set does not have."""


@dataclass(frozen=True, slots=True)
class Written:
    """A message as it goes over the wire."""

    control_id: str
    type: str
    control: str
    payload: bytes


def write(draft: Draft, audience: Audience) -> Written:
    """Put an MSH before the draft, apply the peer's overrides, and encode it.

    Raises:
        UnwritableError: a character is not in the peer's character set.
    """
    peer = audience.peer
    control_id = uuid.uuid4().hex[:20]
    lines = [_msh(draft, audience, control_id), *draft.segments]
    message = parse("".join(f"{line}\r" for line in lines))
    changed = text_of(overrides.apply(message, peer.sent_values, peer.sent_moves))
    try:
        payload = changed.encode(character_sets.codec(character_sets.split(peer.character_set)))
    except UnicodeEncodeError as error:
        raise UnwritableError(
            f"{error.object[error.start]!r} is not in the character set {peer.character_set} of "
            f"{peer.name}: give the peer another one, then replay."
        ) from error
    return Written(control_id, "^".join(draft.type.split("^")[:2]), draft.control, payload)


def _msh(draft: Draft, audience: Audience, control_id: str) -> str:
    peer = audience.peer
    fields = {
        3: text(peer.own_application),
        4: text(peer.own_facility),
        5: text(peer.application),
        6: text(peer.facility),
        7: moment(audience.now, audience.zone),
        9: draft.type,
        10: control_id,
        11: peer.processing_id,
        12: peer.version,
        18: "" if peer.character_set == "ASCII" else peer.character_set,
    } | dict(draft.header)
    values = [fields.get(number, "") for number in range(3, _HEADER_FIELDS + 1)]
    return "|".join(["MSH", ENCODING.characters, *values]).rstrip("|")
