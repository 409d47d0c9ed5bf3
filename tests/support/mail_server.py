"""A mail server that is not ours (aiosmtpd), and what it was given."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.support.ports import free_port

PASSWORD = b"a secret of the server"


@dataclass
class Received:
    """What came in, and how the server is to answer."""

    messages: list[EmailMessage] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    answer_to_recipient: str = "250 ok"
    port: int = 0

    async def handle_RCPT(  # noqa: N802 - the server's name for it
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        """Take a recipient, or refuse it as the test says."""
        if self.answer_to_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer_to_recipient

    async def handle_DATA(  # noqa: N802 - same
        self, _server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Keep a message."""
        content = envelope.content
        assert isinstance(content, bytes)
        self.messages.append(message_from_bytes(content, policy=policy.default))
        self.encrypted.append(session.ssl is not None)
        return "250 taken"

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, given: object
    ) -> AuthResult:
        """Let in whoever knows the password."""
        assert isinstance(given, LoginPassword)
        self.users.append(given.login.decode())
        return AuthResult(success=given.password == PASSWORD)


@contextmanager
def serve(context: ssl.SSLContext | None = None) -> Iterator[Received]:
    """Serve until the block ends; with a context STARTTLS is offered."""
    received = Received(port=free_port())
    controller = Controller(
        received,
        hostname="127.0.0.1",
        port=received.port,
        tls_context=context,
        authenticator=received.authenticate,
        auth_require_tls=context is not None,
    )
    controller.start()
    try:
        yield received
    finally:
        controller.stop()
