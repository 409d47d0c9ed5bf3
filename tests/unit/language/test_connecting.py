"""Why another system cannot be reached is told in the reader's language, also long afterwards."""

import errno
import socket
import ssl

import pytest

from tests.support.ports import free_port
from worklist.hl7.mllp_client import MllpClient, MllpError
from worklist.language.connecting import reason_of
from worklist.language.recognise import stored


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), "Connection refused"),
        (TimeoutError(), "no answer in time"),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"),
         "Name or service not known"),
        (ssl.SSLError(1, "wrong version number"), "wrong version number"),
        (OSError(), "OSError"),
    ],
)  # fmt: skip
def test_a_reason_is_told_in_words(error: OSError, told: str) -> None:
    assert reason_of(error) == told


def test_what_is_kept_of_a_failed_delivery_is_told_in_german() -> None:
    port = free_port()
    with pytest.raises(MllpError) as raised:
        MllpClient("127.0.0.1", port).send(b"MSH|")
    kept = str(raised.value)
    assert kept == f"No answer over MLLP from 127.0.0.1 port {port}: Connection refused."
    assert stored(kept, "de") == (
        f"Keine Antwort über MLLP von 127.0.0.1 Port {port}: Verbindung abgelehnt."
    )
