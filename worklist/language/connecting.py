"""Why another system cannot be reached, in words: the operating system's errors as our texts."""

import socket
import ssl

from worklist.language.text import _

# What the operating system says most often, so that it is told in the reader's language.
_KNOWN = (
    _("Connection refused"),
    _("Connection reset by peer"),
    _("Connection timed out"),
    _("Network is unreachable"),
    _("No route to host"),
    _("Name or service not known"),
    _("Temporary failure in name resolution"),
    _("No such file or directory"),
    _("Permission denied"),
)
_BY_TEXT = {str(one): one for one in _KNOWN}
_NO_ANSWER = _("no answer in time")


def reason_of(error: BaseException) -> str:
    """Return why, without a full stop; words of others where none of ours fit."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    if isinstance(error, TimeoutError):
        return _NO_ANSWER
    text = (error.strerror if isinstance(error, OSError | socket.gaierror) else "") or str(error)
    return _BY_TEXT.get(text, text) or type(error).__name__
