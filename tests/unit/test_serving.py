"""The application that tests serve: a page that closes leaves no request behind."""

import socket
import struct
import threading
import urllib.request
from collections.abc import Iterator

from flask import Flask, Response

from tests.support import serving


def test_what_a_closing_page_still_asked_for_is_answered_before_serving_ends() -> None:
    begun, may_end, ended = threading.Event(), threading.Event(), threading.Event()
    app = Flask(__name__)

    @app.get("/")
    def slow() -> str:
        begun.set()
        may_end.wait(60)
        ended.set()
        return "answered"

    with serving.serve(app) as address:
        asking = threading.Thread(target=lambda: urllib.request.urlopen(address).read())  # noqa: S310 - ours
        asking.start()
        begun.wait(60)
        threading.Timer(0.2, may_end.set).start()
    assert ended.is_set()
    asking.join()


def test_a_page_that_breaks_off_is_not_waited_for() -> None:
    begun, may_end = threading.Event(), threading.Event()
    app = Flask(__name__)

    @app.get("/")
    def slow() -> str:
        begun.set()
        may_end.wait(60)
        return "answered"

    with serving.serve(app) as address:
        asking = socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])))
        asking.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        begun.wait(60)
        asking.sendall(b"more than was asked for, which the server reads until its end")
        may_end.set()
        while b"answered" not in asking.recv(65536):
            pass
        asking.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        asking.close()  # with a reset, as a browser does


def test_a_stream_is_waited_for_until_it_has_begun_and_no_longer() -> None:
    begun, may_answer, answered = threading.Event(), threading.Event(), threading.Event()
    app = Flask(__name__)

    def news() -> Iterator[str]:
        yield "news"
        threading.Event().wait()  # and never ends

    @app.get("/events")
    def events() -> Response:
        begun.set()
        may_answer.wait(60)
        answered.set()
        return Response(news())

    with serving.serve(app) as address:
        asking = threading.Thread(target=lambda: urllib.request.urlopen(f"{address}/events"))  # noqa: S310 - ours
        asking.start()
        begun.wait(60)
        threading.Timer(0.2, may_answer.set).start()
    assert answered.is_set()
    asking.join()
