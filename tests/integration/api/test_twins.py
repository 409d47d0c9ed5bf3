"""Everything that a page can do, a program can do: each action of a page has its operation."""

import pytest
from flask.testing import FlaskClient

from worklist.web.api.blueprint import GROUPS
from worklist.web.api.document import document
from worklist.web.api.operations import Operation

OPERATIONS = [one for group in GROUPS for one in group.found]
_NOT_PAGES = {"api", "fhir", "hl7_api"}
# What only a browser does, and why.
BROWSERS_OWN = {
    "accounts.change_own_password": "a person types the present password",
    "patients.begin": "fills the form with what was searched for, and keeps nothing",
    "sign_in.sign_in": "opens a browser's session",
    "sign_in.sign_out": "ends a browser's session",
    "sign_in.used": "keeps a browser's session open",
    "single_sign_on.connect": "leads a browser to the provider",
    "single_sign_on.leave": "leads a browser to the provider",
}


def actions(client: FlaskClient) -> set[str]:
    """The endpoints of pages that are sent a form."""
    return {
        rule.endpoint
        for rule in client.application.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and rule.endpoint.split(".")[0] not in _NOT_PAGES
    }


def test_every_action_of_a_page_has_its_operation(client: FlaskClient) -> None:
    twins = {twin for one in OPERATIONS for twin in one.twins}
    assert actions(client) - twins - set(BROWSERS_OWN) == set()


def test_every_twin_is_there(client: FlaskClient) -> None:
    endpoints = {rule.endpoint for rule in client.application.url_map.iter_rules()}
    assert {twin for one in OPERATIONS for twin in one.twins} - endpoints == set()
    assert set(BROWSERS_OWN) - endpoints == set()


def test_an_action_asks_for_the_permission_of_its_page() -> None:
    """A twin that anybody may call is one that looks for itself."""
    looks_itself = {"answer_question", "override_question", "resolve_pending"}
    open_to_all = [one for one in OPERATIONS if one.permission is None]
    assert {one.name for one in open_to_all if not one.path.startswith("/own")} == looks_itself


def test_operations_have_names_of_their_own() -> None:
    names = [one.name for one in OPERATIONS]
    assert len(set(names)) == len(names)


def test_the_document_needs_no_account_and_names_every_operation(client: FlaskClient) -> None:
    answer = client.get("/api/openapi.json")
    assert answer.status_code == 200
    told = document(GROUPS)
    assert answer.get_json() == told
    assert told["openapi"] == "3.1.0"
    named = {one["operationId"] for path in told["paths"].values() for one in path.values()}
    assert named == {one.name for one in OPERATIONS}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_an_operation_is_told_in_words(operation: Operation) -> None:
    assert (operation.view.__doc__ or "").strip().endswith(".")
