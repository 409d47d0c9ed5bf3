"""The web process ends with the code of what was wrong, however many of its workers say so."""

import pytest
from gunicorn.app.base import BaseApplication
from gunicorn.errors import HaltServer

from config import Settings
from worklist.stack import web_server

_APP_LOAD_ERROR = 4  # gunicorn's


def test_workers_that_fail_one_after_the_other_end_it_with_their_code(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gunicorn stops for the first and hears of the second meanwhile: it raises past its end."""

    def run(_: BaseApplication) -> None:
        raise HaltServer("App failed to load.", _APP_LOAD_ERROR)

    monkeypatch.setattr(BaseApplication, "run", run)
    monkeypatch.setattr("sys.argv", ["worklist-web"])
    with pytest.raises(SystemExit) as ended:
        web_server.serve(settings)
    assert ended.value.code == _APP_LOAD_ERROR
