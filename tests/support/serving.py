"""The application on a real socket, in threads of the test."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.serving import make_server
from werkzeug.wsgi import ClosingIterator

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_STREAM = "/events"


class _Gate:
    """Lets requests in until it is closed, which waits for those that are inside.

    A closing page goes on asking: what it asks for after the test must not take a connection that
    nobody gives back. A stream of events is waited for only until it has begun.
    """

    def __init__(self, application: "WSGIApplication") -> None:
        self._application = application
        self._changed = threading.Condition()
        self._inside = 0
        self._is_closed = False

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        if environ["PATH_INFO"] == _STREAM:
            return self._begin(environ, start_response)
        return self._answer(environ, start_response)

    def _begin(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        self._enter()
        try:
            return self._application(environ, start_response)
        finally:
            self._leave()

    def _answer(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterator[bytes]:
        """Answer and leave, also where the server does not close what it did not send to the end.

        It does not where the connection is reset when it looks for more that the page has sent.
        """
        self._enter()
        try:
            answer = self._application(environ, start_response)
            with closing(ClosingIterator(answer)) as parts:
                yield from parts
        finally:
            self._leave()

    def _enter(self) -> None:
        with self._changed:
            if self._is_closed:
                raise ConnectionAbortedError
            self._inside += 1

    def _leave(self) -> None:
        with self._changed:
            self._inside -= 1
            self._changed.notify_all()

    def close(self) -> None:
        with self._changed:
            self._is_closed = True
            assert self._changed.wait_for(lambda: not self._inside, timeout=60)


@contextmanager
def serve(app: Flask) -> Iterator[str]:
    """Serve on a free port; gives the address, and ends when all requests are answered."""
    gate = _Gate(app)
    server = make_server("127.0.0.1", 0, gate, threaded=True)
    server.daemon_threads = True  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        gate.close()
        server.server_close()
