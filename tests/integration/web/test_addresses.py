"""Addresses in templates are those that the router gives."""

from datetime import date
from typing import Any

import flask
import pytest
from flask.testing import FlaskClient

from worklist.web.addresses import url_for


@pytest.mark.parametrize(
    ("endpoint", "values", "address"),
    [
        ("exams.show", {"exam_id": 7}, "/exams/7"),
        ("exams.slots", {"exam_id": 7, "day": date(2026, 11, 25)}, "/exams/7/slots?day=2026-11-25"),
        ("exams.slots", {"exam_id": 7, "day": None}, "/exams/7/slots"),
        ("rooms.room", {"code": "CT 1"}, "/rooms/CT%201"),
        ("hours.week", {"code": "100 %", "day": "7"}, "/hours/100%20%25?day=7"),
        ("day.board", {"page": 0, "more": 12, "_anchor": "exam-3"}, "/day?page=0&more=12#exam-3"),
        ("static", {"filename": "app.css"}, "/static/app.css"),
    ],
)
def test_an_address_is_the_routers(
    client: FlaskClient, endpoint: str, values: dict[str, Any], address: str
) -> None:
    with client.application.test_request_context():
        assert flask.url_for(endpoint, **values) == address
        for _ in range(2):  # built, then remembered
            assert url_for(endpoint, **values) == address


def test_numbers_do_not_stay_in_what_is_remembered(client: FlaskClient) -> None:
    with client.application.test_request_context():
        found = [url_for("arrivals.form", exam_id=number) for number in (1, 22, 1)]
    assert found == [f"/arrivals/{number}/check-in" for number in (1, 22, 1)]


def test_a_whole_address_has_the_host_of_its_own_request(client: FlaskClient) -> None:
    found = []
    for host in ("http://one.example", "http://two.example"):
        with client.application.test_request_context(base_url=host):
            found.append(url_for("exams.show", exam_id=7, _external=True))
    assert found == ["http://one.example/exams/7", "http://two.example/exams/7"]
