"""Each address asks for a permission; what needs none is written down here, with why."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from tests.support import web
from tests.support.department import make_room, make_site
from tests.support.web import SignIn
from worklist import db
from worklist.auth.roles import UserRole

# Everybody who is signed in.
OF_EVERYBODY = {
    "accounts.change_own_password",
    "accounts.choose_language",
    "accounts.create_token",
    "accounts.own",
    "accounts.revoke_token",
    "accounts.sign_out_everywhere",
    "api_docs.docs",
    "day.stylesheet",
    "live.events",
    "sign_in.sign_out",
    "single_sign_on.connect",
    "single_sign_on.disconnect",
}
# The rule that asks a question says who may answer it.
BY_THE_QUESTION = {"exams.answer", "exams.override"}
# Nobody's, or a program's that shows a token of its own.
OF_NOBODY = {
    "api_docs.openapi",
    "health.healthz",
    "health.readyz",
    "metrics.metrics",
    "sign_in.form",
    "sign_in.sign_in",
    "sign_in.state",
    "sign_in.used",
    "single_sign_on.come_back",
    "single_sign_on.end",
    "single_sign_on.leave",
    "static",
}
PROGRAMS = {"api", "fhir", "hl7_api"}


def _asks(app: Flask) -> list[tuple[Rule, str]]:
    """Every address of a page and the method by which it is asked."""
    return [
        (rule, method)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        if rule.endpoint.partition(".")[0] not in PROGRAMS
        and rule.endpoint not in OF_EVERYBODY | OF_NOBODY | BY_THE_QUESTION
    ]


def _address(app: Flask, rule: Rule) -> str:
    """Return an address that the rule takes; what it names need not be there."""
    values: dict[str, Any] = {}
    for name in rule.arguments:
        converter = rule._converters[name]
        known = getattr(converter, "items", None)
        is_number = converter.to_url.__qualname__.startswith("NumberConverter")
        values[name] = min(known) if known else 1 if is_number else "x"
    with app.test_request_context():
        return app.url_for(rule.endpoint, **values)


def test_an_account_without_roles_opens_nothing_but_its_own(signed_in: SignIn) -> None:
    client = signed_in()
    token = web.token_of(client.get("/accounts/own").text)
    opened = {}
    for rule, method in _asks(client.application):
        answer = client.open(
            _address(client.application, rule), method=method, data={"csrf_token": token}
        )
        if answer.status_code != 403:
            opened[rule.endpoint] = (method, answer.status_code)
    assert opened == {}


def test_without_an_account_every_address_leads_to_the_door(client: FlaskClient) -> None:
    opened = {}
    for rule, method in _asks(client.application):
        answer = client.open(_address(client.application, rule), method=method)
        if answer.status_code != 302 or not answer.location.startswith("/sign-in"):
            opened[rule.endpoint] = (method, answer.status_code)
    assert opened == {}


def test_what_needs_no_permission_is_still_there(client: FlaskClient) -> None:
    endpoints = {rule.endpoint for rule in client.application.url_map.iter_rules()}
    assert (OF_EVERYBODY | OF_NOBODY | BY_THE_QUESTION) - endpoints == set()


@pytest.mark.parametrize("role", list(UserRole))
def test_the_bar_leads_nowhere_that_is_not_ones_own(
    signed_in: SignIn, session_factory: db.SessionFactory, role: UserRole
) -> None:
    """Each place of the bar, and the start page, opens to whoever sees it there."""
    with db.transaction(session_factory) as session:
        make_room(session, make_site(session), "CT1")
    client = signed_in(role)
    start = client.get("/", follow_redirects=True)
    assert start.status_code == 200
    places = start.text.split("<nav", 1)[1].split("</nav>", 1)[0]
    addresses = [part.split('"', 1)[0] for part in places.split('href="')[1:]]
    assert addresses
    for address in addresses:
        assert client.get(address).status_code == 200, address
