"""The file that holds the bearer token of a peer, which may be no other secret of this machine.

Who names file and address on a page need not be one who may read the machine's files.
"""

import re
from pathlib import Path

from worklist.language.connecting import reason_of
from worklist.language.text import _

_BEARER_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750 section 2.1


class TokenFileError(Exception):
    """The file's token may not or cannot be sent; ``text`` says why, without a full stop."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def read(file: Path) -> str:
    """Return the token.

    Raises:
        TokenFileError: the file's name does not say that it is for a token, it cannot be read, or
            it holds none.
    """
    if "token" not in file.name.lower():
        raise TokenFileError(_("give the token's file a name with “token” in it"))
    try:
        text = file.read_text("utf-8", errors="replace").strip()
    except (OSError, ValueError) as error:  # no name of a file has a NUL in it
        raise TokenFileError(reason_of(error)) from error
    if not _BEARER_TOKEN.fullmatch(text):
        raise TokenFileError(_("it holds no bearer token (RFC 6750)"))
    return text
