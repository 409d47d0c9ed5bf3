"""The application that tests serve: a page that closes leaves no request behind."""

import threading
import urllib.request

from flask import Flask

from tests.support import serving


def test_what_a_closing_page_still_asked_for_is_answered_before_serving_ends() -> None:
    begun, may_end, ended = threading.Event(), threading.Event(), threading.Event()
    app = Flask(__name__)

    @app.get("/")
    def slow() -> str:
        begun.set()
        may_end.wait(10)
        ended.set()
        return "answered"

    with serving.serve(app) as address:
        asking = threading.Thread(target=lambda: urllib.request.urlopen(address).read())  # noqa: S310 - ours
        asking.start()
        begun.wait(10)
        threading.Timer(0.2, may_end.set).start()
    assert ended.is_set()
    asking.join()
