"""Each address opens to those roles that the one table of permissions gives it, and to no other."""

from collections.abc import Collection, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.support import needs, web
from tests.support.api import token_for
from tests.support.department import make_room, make_site
from tests.support.web import SignIn
from worklist import db
from worklist.auth.roles import PERMISSIONS, UserRole, permissions
from worklist.web.api.blueprint import GROUPS

OPERATIONS = {f"api.{one.name}": one for group in GROUPS for one in group.found}
# The first is nobody's role: an account that may do nothing yet. Roles that may the same are one.
ROLES = ((), *{PERMISSIONS[role]: (role,) for role in UserRole}.values())
# They end the session, and the start page leads a role to its desk.
_NOT_ASKED = {
    "accounts.sign_out_everywhere",
    "api.sign_out_everywhere",
    "home.start",
    "sign_in.sign_out",
}
_REFUSED = {401, 403}


def _asked(
    client: FlaskClient, endpoints: Collection[str], **given: Any
) -> Iterator[tuple[str, str, int, str]]:
    """Ask for each address; gives its endpoint, rule, status and where it leads."""
    for rule, method in needs.asks(client.application):
        if rule.endpoint in endpoints:
            address = needs.address(client.application, rule)
            answer = client.open(address, method=method, **given)
            answer.close()
            leads = answer.headers.get("Location", "")
            yield rule.endpoint, f"{method} {rule.rule}", answer.status_code, leads


def _named(roles: tuple[UserRole, ...]) -> str:
    return "".join(roles) or "nothing yet"


def test_each_address_is_in_the_table(client: FlaskClient) -> None:
    """Put a new page into tests/support/needs.py, with the permission that it needs."""
    endpoints = {rule.endpoint for rule in client.application.url_map.iter_rules()}
    told: list[Collection[str]] = [
        needs.NEEDED,
        needs.OF_EVERYBODY,
        needs.BY_WHAT_IS_ASKED,
        needs.OF_NOBODY,
        needs.FHIR,
        needs.REFUSES_EVERYBODY,
        needs.WITH_A_TOKEN_OF_ITS_OWN,
        OPERATIONS,
    ]
    assert endpoints ^ {name for names in told for name in names} == set()
    assert sum(map(len, told)) == len(endpoints), "an address stands in two of them"


def test_without_an_account_every_page_leads_to_the_door(client: FlaskClient) -> None:
    pages = {*needs.NEEDED, *needs.OF_EVERYBODY, *needs.BY_WHAT_IS_ASKED}
    opened = {
        rule: status
        for _, rule, status, leads in _asked(client, pages)
        if status != 302 or not leads.startswith("/sign-in")
    }
    assert opened == {}


def test_without_a_token_no_program_gets_in(database: str, empty_redis: str) -> None:
    client = web.make_client(database, empty_redis, HL7_HTTP_TOKEN="t" * 32)
    programs = {*OPERATIONS, *needs.FHIR, *needs.WITH_A_TOKEN_OF_ITS_OWN} - {"fhir.patch"}
    statuses = {status for _, _, status, _ in _asked(client, programs, json={})}
    web.close(client)
    assert statuses == {401, 429}  # wrong ones are counted


def test_what_is_nobodys_tells_no_more_than_it_has_to(client: FlaskClient) -> None:
    """Every address that opens without an account, so that no other one becomes such."""
    asked = list(_asked(client, needs.OF_NOBODY))
    assert {endpoint for endpoint, _, status, _ in asked if status < 300} == {
        "api_docs.openapi",
        "fhir.metadata",
        "health.healthz",
        "health.readyz",
        "metrics.metrics",
        "sign_in.form",
    }


@pytest.mark.parametrize("roles", ROLES, ids=_named)
def test_a_role_opens_what_the_table_gives_it(
    signed_in: SignIn, roles: tuple[UserRole, ...]
) -> None:
    client = signed_in(*roles)
    token = web.token_of(client.get("/accounts/own").text)
    wrong = {}
    asked = _asked(client, needs.NEEDED, data={"csrf_token": token})
    for endpoint, rule, status, leads in asked:
        opened = status < 500 and status != 403 and not leads.startswith("/sign-in")
        if opened != (needs.NEEDED[endpoint] in permissions(roles)):
            wrong[rule] = (status, leads)
    assert wrong == {}


@pytest.mark.parametrize("roles", ROLES, ids=_named)
def test_a_token_opens_what_the_table_gives_its_accounts_role(
    client: FlaskClient, session_factory: db.SessionFactory, roles: tuple[UserRole, ...]
) -> None:
    needed = {name: one.permission for name, one in OPERATIONS.items() if one.permission}
    needed |= needs.FHIR
    headers = {"Authorization": f"Bearer {token_for(session_factory, *roles)}"}
    patch = {"data": "[]", "content_type": "application/json-patch+json"}
    asked = [
        *_asked(client, set(needed) - {"fhir.patch"}, headers=headers, json={}),
        *_asked(client, {"fhir.patch"}, headers=headers, **patch),
    ]
    wrong = {
        rule: status
        for endpoint, rule, status, _ in asked
        if status >= 500 or (status not in _REFUSED) != (needed[endpoint] in permissions(roles))
    }
    assert wrong == {}


def test_an_operation_needs_what_its_page_needs() -> None:
    wrong = {}
    for name, operation in OPERATIONS.items():
        needed = {needs.NEEDED.get(twin) for twin in operation.twins}
        if operation.name in needs.OPERATIONS:
            needed = {needs.OPERATIONS[operation.name]}
        if operation.permission not in needed:
            wrong[name] = operation.permission
    assert wrong == {}


def test_what_is_ones_own_opens_to_everybody_who_is_signed_in(signed_in: SignIn) -> None:
    client = signed_in()
    token = web.token_of(client.get("/accounts/own").text)
    own = [name for name, one in OPERATIONS.items() if one.permission is None]
    endpoints = {*needs.OF_EVERYBODY, *own} - _NOT_ASKED
    asked = _asked(client, endpoints, data={"csrf_token": token}, headers={"X-CSRFToken": token})
    assert {rule for _, rule, status, _ in asked if status in _REFUSED} == set()


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
