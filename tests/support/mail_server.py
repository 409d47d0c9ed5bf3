"""A mail server that takes what it is given: SMTP with STARTTLS and AUTH (RFC 5321, 3207, 4954)."""

import base64
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from io import BytesIO
from typing import cast


@dataclass
class Received:
    """What came in, and how the server is to answer."""

    messages: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    answer_to_recipient: str = "250 ok"
    port: int = 0


class _Session(socketserver.StreamRequestHandler):
    """One connection, line by line."""

    def handle(self) -> None:
        self.tls = False
        self._say("220 mail.example ESMTP")
        while line := self.rfile.readline().decode().rstrip("\r\n"):
            verb = line.partition(" ")[0].upper()
            if verb == "QUIT":
                self._say("221 bye")
                return
            self._answer(verb, line)

    def finish(self) -> None:
        super().finish()
        self.rfile.close()
        self.connection.close()

    def _answer(self, verb: str, line: str) -> None:
        known = cast("_Server", self.server).known
        if verb == "EHLO":
            offers = [] if self.tls or not self._context else ["STARTTLS"]
            for offer in ("mail.example", *offers):
                self._say(f"250-{offer}")
            self._say("250 AUTH PLAIN")
        elif verb == "STARTTLS" and self._context:
            self._say("220 go ahead")
            self._encrypt(self._context)
        elif verb == "AUTH":
            _, user, password = base64.b64decode(line.rsplit(maxsplit=1)[-1]).decode().split("\0")
            known.users.append(user)
            right = password == "a secret of the server"
            self._say("235 welcome" if right else "535 wrong password")
        elif verb == "RCPT":
            known.recipients.append(line)
            self._say(known.answer_to_recipient)
        elif verb == "DATA":
            self._say("354 end with a dot")
            self._take(known)
            self._say("250 taken")
        else:
            self._say("250 ok")

    def _take(self, known: Received) -> None:
        lines: list[bytes] = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b"."))
        parsed = message_from_bytes(b"".join(lines), policy=policy.default)
        known.messages.append(parsed)
        known.encrypted.append(self.tls)

    def _encrypt(self, context: ssl.SSLContext) -> None:
        try:
            self.connection = context.wrap_socket(self.connection, server_side=True)
        except ssl.SSLError:  # the client does not trust us
            self.rfile = BytesIO()
            return
        self.rfile = self.connection.makefile("rb")
        self.tls = True

    def _say(self, line: str) -> None:
        self.connection.sendall(f"{line}\r\n".encode())

    @property
    def _context(self) -> ssl.SSLContext | None:
        return cast("_Server", self.server).context


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, context: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.context, self.known = context, Received()


@contextmanager
def serve(context: ssl.SSLContext | None = None) -> Iterator[Received]:
    """Serve until the block ends; with a context STARTTLS is offered."""
    with _Server(context) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        server.known.port = server.server_address[1]
        try:
            yield server.known
        finally:
            server.shutdown()
            thread.join()
