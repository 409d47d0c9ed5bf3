"""Put a corrected message in the place of a failed one; the original is kept."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from worklist.audit import service as audit
from worklist.errors import ConflictError, DomainError, NotFoundError
from worklist.hl7 import intake, senders
from worklist.hl7.errors import MessageError
from worklist.hl7.incomplete import check_complete
from worklist.hl7.interpret import interpret
from worklist.hl7.message import parse
from worklist.hl7.models import InboundMessage, InboxState
from worklist.hl7.segment_view import readable
from worklist.language.text import _

CHANNEL = "page"
_UNICODE = "UNICODE UTF-8"
_MSH_18 = 18


def correct(
    session: Session, message_id: int, text: str, *, actor: str, now: datetime, zone: ZoneInfo
) -> InboundMessage:
    """Store the corrected text as a message of its own, to be processed like any other.

    It is written in UTF-8 and its MSH-18 says so. The failed message becomes CORRECTED and keeps
    its bytes, its error and its answer.

    Args:
        session: In a transaction.
        message_id: The failed message.
        text: The whole corrected message, a line for each segment.
        actor: Who corrected it.
        now: The time.
        zone: The site's time zone.

    Raises:
        NotFoundError: there is no such message.
        ConflictError: it has not failed, was corrected meanwhile, or is not kept whole.
        DomainError: nothing was changed, or the text is still wrong: the error says where.
    """
    original = session.get(InboundMessage, message_id, with_for_update=True)
    if original is None:
        raise NotFoundError(_("There is no message %(message_id)s.", message_id=message_id))
    if original.state is not InboxState.FAILED:
        raise ConflictError(
            _(
                "This message is %(state)s: only a failed one can be corrected.",
                state=original.state,
            )
        )
    check_complete(original)
    raw = in_unicode(_changed(original, text))
    reading = interpret(
        raw, zone=zone, now=original.received_at, peer=senders.peer_of(session, raw, original.peer)
    )
    if reading.error is not None:
        place = f" ({reading.error.location.spoken})" if reading.error.location else ""
        raise DomainError(
            _("Still wrong%(place)s: %(error)s", place=place, error=reading.error.text)
        )
    stored = intake.store_correction(
        session, raw, reading, channel=CHANNEL, peer=original.peer, now=now, zone=zone
    )
    stored.corrects_id = original.id
    original.state = InboxState.CORRECTED
    audit.record(
        session, "message.corrected", actor=actor, now=now, message_id=message_id,
        by_message_id=stored.id,
    )  # fmt: skip
    session.flush()
    return stored


def _changed(original: InboundMessage, text: str) -> str:
    """Return the text with its segments as HL7 ends them, refused where it is as it was."""
    written = "\r".join(line.strip() for line in text.splitlines() if line.strip()) + "\r"
    if written == readable(original.raw)[0].replace("\n", "\r").rstrip("\r") + "\r":
        raise DomainError(
            _("Nothing was changed: correct the text, or replay the message as it is.")
        )
    return written


def in_unicode(text: str) -> bytes:
    """Return a message's text, segments ending with CR, in UTF-8, its MSH-18 saying so.

    Raises:
        DomainError: it does not begin with a usable MSH.
    """
    try:
        header = parse(text).header
    except MessageError as error:
        raise DomainError(_("Still wrong: %(error)s", error=error.text)) from error
    line, _end, rest = text.partition("\r")
    if not line.isascii() or not rest.isascii() or header.raw(_MSH_18):
        mark = header.encoding.field
        fields = line.split(mark)
        fields += [""] * (_MSH_18 - len(fields))
        fields[_MSH_18 - 1] = _UNICODE
        line = mark.join(fields)
    return f"{line}\r{rest}".encode()
