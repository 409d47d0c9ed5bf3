"""The web process as it really runs, gunicorn with one gevent worker, and streams open on it."""

import resource
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

import psutil
import psycopg
from sqlalchemy.engine import make_url

from tests.support.ports import free_port
from tests.support.stack import ROOT, variables, wait_until
from tests.support.web import PASSWORD, token_of

_BUFFER = 65536


@dataclass
class WebProcess:
    """A running web process; ``worker`` serves every page and stream."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def address(self) -> str:
        """Where pages are."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def worker(self) -> psutil.Process:
        """The one worker."""
        [child] = psutil.Process(self.process.pid).children()
        return child

    def sign_in(self, username: str) -> tuple[OpenerDirector, str]:
        """Sign in as people do; gives what opens pages, and the cookies as a header."""
        jar = CookieJar()
        opener = build_opener(HTTPCookieProcessor(jar))
        with opener.open(f"{self.address}/sign-in") as page:
            token = token_of(page.read().decode())
        form = {"username": username, "password": PASSWORD, "csrf_token": token}
        opener.open(f"{self.address}/sign-in", urlencode(form).encode()).close()
        return opener, "; ".join(f"{one.name}={one.value}" for one in jar)

    def open_stream(self, cookies: str) -> socket.socket:
        """Open one event stream, as a tab does."""
        stream = socket.create_connection(("127.0.0.1", self.port))
        stream.sendall(
            f"GET /events HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nCookie: {cookies}\r\n"
            "Accept: text/event-stream\r\n\r\n".encode()
        )
        return stream


@contextmanager
def running(database_url: str, redis_url: str) -> Iterator[WebProcess]:
    """Run the web process on a free port."""
    port = free_port()
    environment = variables(
        DATABASE_URL=database_url,
        REDIS_URL=redis_url,
        SECRET_KEY="k" * 32,
        HTTP_PORT=str(port),
        WEB_WORKERS="1",
        LOG_LEVEL="ERROR",
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "worklist.cli", "web"], cwd=ROOT, env=environment
    )
    try:
        running_process = WebProcess(port, process)
        wait_until(lambda: _answers(running_process), seconds=60)
        yield running_process
    finally:
        process.terminate()
        process.wait(60)


def wait_for(streams: Sequence[socket.socket], text: bytes, *, seconds: float = 60) -> list[float]:
    """Read every stream until it has brought ``text``; returns when each had, in seconds."""
    began = time.monotonic()
    missing = dict.fromkeys(streams, b"")
    times: list[float] = []
    while missing:
        left = began + seconds - time.monotonic()
        assert left > 0, f"{len(missing)} streams have not brought {text!r} within {seconds} s"
        for stream in select.select(list(missing), [], [], left)[0]:
            missing[stream] += stream.recv(_BUFFER)
            if text in missing[stream]:
                del missing[stream]
                times.append(time.monotonic() - began)
    return times


def allow_files(wanted: int) -> None:
    """Raise how many files this process may have open.

    Raises:
        ValueError: The system allows fewer.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def connections(database_url: str) -> list[str]:
    """Return the state of each connection that the web process has to its database."""
    plain = make_url(database_url).set(drivername="postgresql")
    with psycopg.connect(plain.render_as_string(hide_password=False)) as connection:
        rows = connection.execute(
            "SELECT state FROM pg_stat_activity WHERE datname = current_database()"
            " AND application_name = 'worklist'"
        )
        return [state for (state,) in rows]


def _answers(web: WebProcess) -> bool:
    assert web.process.poll() is None, "the web process has ended"
    try:
        build_opener().open(f"{web.address}/healthz", timeout=2).close()
    except (URLError, OSError):
        return False
    return True
