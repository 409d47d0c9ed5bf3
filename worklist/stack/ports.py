"""Ports: a free one, and whether a given one can be had."""

import errno
import socket

from config import Settings, variable
from worklist.stack import StartError

LOOPBACK = "127.0.0.1"
_given: set[int] = set()
_SERVERS = {"http_port": "the web server", "mllp_port": "MLLP", "dicom_port": "DICOM"}


def free_port(address: str = LOOPBACK) -> int:
    """Return a port that nobody listens on at this moment, another one each time.

    Whoever was given one before may not listen there yet.
    """
    while True:
        with _listen(address, 0) as probe:
            port: int = probe.getsockname()[1]
        if port not in _given:
            _given.add(port)
            return port


def with_ports(settings: Settings) -> Settings:
    """Return the settings with a free port wherever 0 asks for one.

    Raises:
        StartError: A port is taken or may not be used, or the address is not of this machine.
    """
    chosen = {field: _choose(settings, field) for field in _SERVERS}
    named = [port for port in chosen.values() if port]
    if len(set(named)) < len(named):
        names = ", ".join(map(variable, _SERVERS))
        raise StartError(f"{names} must be three different ports")
    return settings.model_copy(update=chosen)


def _choose(settings: Settings, field: str) -> int:
    wanted: int = getattr(settings, field)
    if wanted == 0:
        return free_port(settings.bind)
    try:
        _listen(settings.bind, wanted).close()
    except OSError as error:
        raise StartError(_refusal(error, settings.bind, wanted, field)) from error
    return wanted


def _listen(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return socket.create_server((address, port), family=family)


def _refusal(error: OSError, address: str, port: int, field: str) -> str:
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{address} is not an address of this machine: set WORKLIST_BIND to one that is"
    why = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
    return (
        f"port {port} for {_SERVERS[field]} {why}: "
        f"set {variable(field)} to another port, or to 0 for any free one"
    )
