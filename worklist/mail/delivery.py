"""Hand mails to the department's mail server (SMTP, RFC 5321; STARTTLS, RFC 3207).

A mail is handed over at least once: where a worker dies between the server's answer and the
commit, the next one sends it again under the same Message-ID.
"""

import smtplib
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

import structlog
from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from config import Settings
from worklist import db, nudge
from worklist.backoff import is_due, pause_after
from worklist.clock import Clock
from worklist.language.text import _
from worklist.mail import reminding
from worklist.mail.models import MailKind, MailState, PatientMail
from worklist.orders.status import WITH_SLOT
from worklist.transport import client_context

_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
_GIVEN_UP_AFTER = timedelta(hours=24)

_TIMEOUT_SECONDS = 20.0
_PERMANENT = 500
_MOST_AT_ONCE = 50
_OF_THE_MAIL = (smtplib.SMTPSenderRefused, smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError)

log = structlog.get_logger(__name__)


def due(session: Session, *, now: datetime) -> bool:
    """Return whether a mail waits to be sent now, for the sweep."""
    return session.scalar(select(PatientMail.id).where(_waits(now)).limit(1)) is not None


def deliver(sessions: db.SessionFactory, settings: Settings, *, clock: Clock) -> int:
    """Send what is due, each mail in a transaction of its own; returns how many were tried."""
    for number in range(_MOST_AT_ONCE):
        if not deliver_one(sessions, settings, clock=clock):
            return number
    return _MOST_AT_ONCE


def deliver_one(sessions: db.SessionFactory, settings: Settings, *, clock: Clock) -> bool:
    """Send the mail that has been due for longest; tells whether there was one."""
    with db.transaction(sessions) as session:
        mail = session.scalar(
            select(PatientMail)
            .where(_waits(clock()))
            .order_by(PatientMail.next_attempt_at, PatientMail.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if mail is None:
            return False
        _try(session, mail, settings, now=clock())
        nudge.live(session, "exam", mail.exam_id)
        log.info("mail.attempt", mail_id=mail.id, state=mail.state, attempts=mail.attempts)
        return True


def _waits(now: datetime) -> ColumnElement[bool]:
    is_next = is_due(PatientMail.next_attempt_at, now=now, longest=_LONGEST_PAUSE)
    return and_(PatientMail.state == MailState.WAITING, is_next)


def _try(session: Session, mail: PatientMail, settings: Settings, *, now: datetime) -> None:
    if _is_withdrawn(session, mail, settings, now=now):
        return
    mail.attempts += 1
    try:
        _send(_message(mail, settings), settings)
    except (OSError, smtplib.SMTPException) as error:
        code, mail.error_text = _answer(error)
        is_final = isinstance(error, _OF_THE_MAIL) and code >= _PERMANENT
        if is_final or now - mail.requested_at >= _GIVEN_UP_AFTER:
            mail.state = MailState.FAILED
        else:
            mail.next_attempt_at = now + pause_after(
                mail.attempts, first=_FIRST_PAUSE, longest=_LONGEST_PAUSE
            )
    else:
        mail.state, mail.sent_at, mail.error_text = MailState.SENT, now, ""
        if mail.kind is MailKind.REMINDER:
            reminding.note_sent(session, mail, now=now)


def _is_withdrawn(
    session: Session, mail: PatientMail, settings: Settings, *, now: datetime
) -> bool:
    """Withdraw a mail that does not say any more what is so."""
    if mail.kind is MailKind.REMINDER:
        if reminding.holds(session, mail, locale=settings.locale, now=now):
            return False
        reminding.withdraw(session, mail)
        mail.error_text = _("The appointment or the address has changed.")
    elif mail.exam.status not in WITH_SLOT or mail.exam.starts_at != mail.starts_at:
        mail.error_text = _("The appointment has changed: send a new slip.")
    else:
        return False
    mail.state = MailState.WITHDRAWN
    return True


def _message(mail: PatientMail, settings: Settings) -> EmailMessage:
    """Return the mail: plain text that no program answers by itself (RFC 3834)."""
    sender = settings.smtp_sender
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, mail.address, mail.subject
    message["Date"] = format_datetime(mail.requested_at)
    message["Message-ID"] = (
        f"<slip-{mail.id}-{int(mail.requested_at.timestamp())}@{_domain(sender)}>"
    )
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.content)
    message["Content-Language"] = mail.locale
    return message


def _domain(sender: str) -> str:
    return sender.rpartition("@")[2].strip("> ")


def _send(message: EmailMessage, settings: Settings) -> None:
    """Hand the message over.

    Raises:
        OSError, smtplib.SMTPException: the server cannot be reached or refuses it, for good with
            a reply of 500 or more to the mail itself.
    """
    with _connect(settings) as server:
        if settings.smtp_user:
            password = settings.smtp_password
            server.login(settings.smtp_user, password.get_secret_value() if password else "")
        server.send_message(message)


def _connect(settings: Settings) -> smtplib.SMTP:
    host, port = settings.smtp_host or "", settings.smtp_port
    if settings.smtp_security == "tls":
        context = client_context(settings.smtp_ca)
        return smtplib.SMTP_SSL(host, port, timeout=_TIMEOUT_SECONDS, context=context)
    server = smtplib.SMTP(host, port, timeout=_TIMEOUT_SECONDS)
    if settings.smtp_security == "starttls":
        try:
            server.starttls(context=client_context(settings.smtp_ca))
        except (OSError, smtplib.SMTPException):
            server.close()
            raise
    return server


def _answer(error: OSError | smtplib.SMTPException) -> tuple[int, str]:
    """Return the code of the server's reply and the whole of it; 0 where it gave none."""
    said: bytes | str
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPResponseException):
        code, said = error.smtp_code, error.smtp_error
    else:
        return 0, str(error) or type(error).__name__
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return code, f"{code} {text}"
