"""Whether a process does its work, asked over the same way as its users ask."""

import contextlib
import http.client
import socket
from collections.abc import Callable

from config import Settings

# The application entity that asks; the DICOM server answers its C-ECHO and nothing else.
STATUS_AE_TITLE = "WORKLIST_STATUS"

# What the beat leaves in Redis with each sweep, and for how long: it sends several meanwhile.
BEAT_KEY = "worklist:beat"
BEAT_SECONDS = 30

_SECONDS = 2.0
_MLLP_SECONDS = 1.0


def reachable_address(settings: Settings) -> str:
    """Return an address to reach the servers at, from this machine."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.bind, settings.bind)  # noqa: S104 - read, not bound


def web(settings: Settings) -> str | None:
    """Ask ``/readyz``; returns what is wrong, None when nothing is."""
    connection = http.client.HTTPConnection(
        reachable_address(settings), settings.http_port, timeout=_SECONDS
    )
    try:
        connection.request("GET", "/readyz")
        response = connection.getresponse()
        response.read()
    except (OSError, http.client.HTTPException) as error:
        return f"does not answer ({type(error).__name__})"
    finally:
        connection.close()
    return None if response.status == http.HTTPStatus.OK else f"/readyz says {response.status}"


def mllp(settings: Settings) -> str | None:
    """Connect to the MLLP port; returns what is wrong, None when nothing is."""
    return _connect(settings, settings.mllp_port)


def dicom_port(settings: Settings) -> str | None:
    """Connect to the DICOM port; returns what is wrong, None when nothing is."""
    return _connect(settings, settings.dicom_port)


def dicom(settings: Settings) -> str | None:
    """Send a C-ECHO (PS3.4 annex A); returns what is wrong, None when nothing is."""
    closed = dicom_port(settings)
    if closed is not None:
        return closed
    from pynetdicom import AE  # noqa: PLC0415 - slow to import, and only asked here
    from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]  # noqa: PLC0415

    entity = AE(ae_title=STATUS_AE_TITLE)
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = _SECONDS
    entity.connection_timeout = _SECONDS
    entity.add_requested_context(Verification)
    association = entity.associate(
        reachable_address(settings), settings.dicom_port, ae_title=settings.ae_title
    )
    if not association.is_established:
        return "refuses the association" if association.is_rejected else "does not answer"
    status = association.send_c_echo().get("Status")
    association.release()
    return None if status == 0 else f"C-ECHO says {status}"


def worker(settings: Settings) -> str | None:
    """Ping the Celery workers; returns what is wrong, None when one answers."""
    from celery import Celery  # noqa: PLC0415 - slow to import, only asked here
    from kombu.exceptions import OperationalError  # noqa: PLC0415 - same

    # An application of its own: the workers' one keeps connections to the broker it met first.
    app = Celery(broker=settings.require_redis_url(), set_as_current=False)
    try:
        with app.connection_for_write() as connection:
            connection.ensure_connection(max_retries=1, timeout=_SECONDS)
            answers = app.control.broadcast(
                "ping", reply=True, timeout=_SECONDS, limit=1, connection=connection
            )
    except (OSError, OperationalError, *app.connection().connection_errors) as error:
        return f"the broker does not answer ({type(error).__name__})"
    finally:
        app.close()
    return None if answers else "does not answer"


def beat(settings: Settings) -> str | None:
    """Look for the beat's last word; returns what is wrong, None when it sent a sweep lately."""
    import redis  # noqa: PLC0415 - slow to import, only asked here

    client = redis.Redis.from_url(settings.require_redis_url(), socket_timeout=_SECONDS)
    try:
        is_there = client.exists(BEAT_KEY)
    except redis.RedisError as error:
        return f"the broker does not answer ({type(error).__name__})"
    finally:
        client.close()
    return None if is_there else f"has sent no sweep for {BEAT_SECONDS} s"


def none(_settings: Settings) -> str | None:
    """Say nothing: for a process that has no way to be asked beyond being alive."""
    return None


PROBES: dict[str, Callable[[Settings], str | None]] = {
    "web": web,
    "mllp": mllp,
    "dicom": dicom,
    "worker": worker,
    "beat": beat,
}


def _connect(settings: Settings, port: int) -> str | None:
    address = (reachable_address(settings), port)
    try:
        with contextlib.closing(socket.create_connection(address, timeout=_MLLP_SECONDS)):
            return None
    except OSError as error:
        return f"does not answer ({error.strerror or type(error).__name__})"
