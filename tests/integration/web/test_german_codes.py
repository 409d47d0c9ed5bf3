"""Codes become German words on every page: those that no call marks are found by walking there."""

import re
from gettext import NullTranslations
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.support import routes, web
from tests.support.department import ACTOR, NOW, make_exam, make_patient, make_scanner
from worklist import db
from worklist.auth.roles import UserRole
from worklist.demonstration.load import load_catalogue
from worklist.language import catalogues
from worklist.scheduling import placement

# Symbols of units are the same in every language (SI brochure section 5.1).
SYMBOLS = {"10⁹/L", "MBq", "W/kg", "cm", "kg", "mGy", "mL", "mL/min/1.73 m²", "mSv", "mg/dL"}
_PARAMETER = re.compile(r"%\(\w+\)s")


class _Recorder:
    """The German catalogue, which keeps what it was asked for and does not have."""

    def __init__(self, catalogue: NullTranslations) -> None:
        self._catalogue = catalogue
        self._known = getattr(catalogue, "_catalog", {})
        self.missing: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._catalogue, name)

    def gettext(self, message: str) -> str:
        if message not in self._known and re.search("[A-Za-z]", _PARAMETER.sub("", message)):
            self.missing.add(message)
        return self._catalogue.gettext(message)

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        if (singular, 0) not in self._known:
            self.missing.add(singular)
        return self._catalogue.ngettext(singular, plural, number)


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> _Recorder:
    """What pages are told in, instead of the catalogue itself."""
    made = _Recorder(catalogues.translations("de"))
    monkeypatch.setattr(catalogues, "translations", lambda _locale: made)
    return made


def test_every_code_on_every_page_is_german(
    client: FlaskClient, session_factory: db.SessionFactory, recorder: _Recorder
) -> None:
    with db.transaction(session_factory) as session:
        make_scanner(session, "CT1")
        load_catalogue(session, now=NOW)
        exam = make_exam(session, patient=make_patient(session, language="de"))
        placement.place(session, exam.id, actor=ACTOR, now=NOW)
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "de"
    web.make_user(session_factory, *UserRole)
    web.sign_in(client, "dana")
    with db.transaction(session_factory) as session:
        addresses = routes.pages(client.application, session)
    for address in addresses.values():
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert "Project-Id-Version" not in answer.text, address
    assert sorted(recorder.missing - SYMBOLS) == []
