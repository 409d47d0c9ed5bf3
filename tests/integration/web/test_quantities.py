"""Numbers of rules and policy are told with units that people use, in their language."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support import web
from tests.support.web import SignIn
from worklist.auth.roles import UserRole
from worklist.rules.parameters import Parameter
from worklist.web.rules import quantities

TOLD = {"minutes": 30, "hours": 360, "days": 4320}
KEPT = {"URGENT": [{"hours": 1.0, "share": 0.05}], "ASAP": []}


def _of(value: object, unit: str) -> Parameter:
    return Parameter(name="any", value=value, unit=unit, text="", rules=(), source="")


@pytest.fixture
def application(client: FlaskClient) -> Flask:
    return client.application


@pytest.mark.parametrize(
    ("value", "unit", "english", "german"),
    [
        (TOLD, "minutes", "within minutes: 30 min, within hours: 6 h, within days: 3 days", ""),
        ({"STAT": 1.0, "ROUTINE": 672.0}, "hours", "STAT 1 h, ROUTINE 28 days", ""),
        ({"STAT": 0, "ROUTINE": 1440}, "minutes", "STAT 0 min, ROUTINE 24 h", ""),
        (90, "minutes", "1 h 30 min", "1 h 30 min"),
        (1, "days", "24 h", "24 h"),
        (42, "days", "42 days", "42 Tage"),
        (KEPT, "", "URGENT 5 % from 1 h before, ASAP none", ""),
        ({"first": "07:00:00", "last": "20:00:00"}, "", "07:00 to 20:00", "07:00 bis 20:00"),
        ({"F-18": 109.77}, "minutes", "F-18 109.77 minutes", "F-18 109,77 Minuten"),
        (1.0, "units", "1 unit", "1 Einheit"),
        (0.25, "units", "0.25 units", "0,25 Einheiten"),
        (1.8, "INR", "1.8", "1,8"),
        ([2, 4], "hours", "2 h, 4 h", ""),
        (["I-131", "Lu-177"], "nuclides", "I-131, Lu-177", ""),
        ([], "rules", "none", "keine"),
        (True, "", "yes", "ja"),
        ("12:00:00", "", "12:00", ""),
        (1000.0, "mL", "1000 mL", "1000 ml"),
    ],
)
def test_a_number_is_said_with_its_unit(
    application: Flask, value: object, unit: str, english: str, german: str
) -> None:
    for language, told in (("en", english), ("de", german)):
        if told:
            with application.test_request_context(headers={"Accept-Language": language}):
                assert quantities.quantity(value, _of(value, unit)) == told


def test_the_form_asks_in_the_unit_of_the_value_and_the_history_tells_with_it(
    signed_in: SignIn,
) -> None:
    client = signed_in(UserRole.ADMINISTRATOR)
    assert "Value, in hours" in client.get("/policy").text
    web.submit(client, "/policy/horizon_days", "/policy", value="30", reason="Shorter")
    cells = client.get("/policy").text
    assert '<td class="wrap">60 days</td><td class="wrap">30 days</td>' in cells
