"""The session's cookie, on a clock that may be put back."""

from datetime import datetime

from flask import Flask, Response
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from itsdangerous import TimestampSigner, URLSafeTimedSerializer


class SessionCookie(SecureCookieSessionInterface):
    """Flask's, but for the age of its signature: how long a session lasts is written in itself.

    To Flask a cookie signed before the clock was put back, by a second even, is not a session: it
    would sign people out and refuse the forms that they have open.
    """

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Return what signs and reads the cookie."""
        serializer = super().get_signing_serializer(app)
        if serializer is not None:
            serializer.signer = _AgelessSigner
        return serializer

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Save the session, but leave an answer alone that is the same for everybody.

        Said to vary by the cookie, which every page renews, it would be asked for with every page
        again, however long a browser may keep it (RFC 9111 section 4.1).
        """
        if not response.cache_control.public:
            super().save_session(app, session, response)


class _AgelessSigner(TimestampSigner):
    def unsign(  # type: ignore[override] # the two overloads of the base as one
        self,
        signed_value: str | bytes,
        max_age: int | None = None,  # noqa: ARG002 - part of the signature
        return_timestamp: bool = False,  # noqa: FBT001, FBT002 - as in the base
    ) -> tuple[bytes, datetime] | bytes:
        if return_timestamp:
            return super().unsign(signed_value, return_timestamp=True)
        return super().unsign(signed_value)
