"""What is read from the claims of an identity provider."""

import pytest
from flask import Flask

from config import Settings, SettingsError
from worklist.auth.roles import UserRole
from worklist.web import single_sign_on

CLAIMS = {
    "iss": "https://sso.example",
    "sub": "4711",
    "upn": "dana@example",
    "name": "Dana Desk",
    "groups": ["desk", "parking"],
    "realm_access": {"roles": ["boss"]},
}


def _settings(**values: str) -> Settings:
    return Settings.read({f"WORKLIST_OIDC_{name}": value for name, value in values.items()})


def test_groups_stand_for_roles_and_others_for_none() -> None:
    settings = _settings(USERNAME_CLAIM="upn", ROLES="desk=front_desk, boss=manager")
    identity = single_sign_on.identity_of(CLAIMS, settings)
    assert (identity.issuer, identity.subject) == ("https://sso.example", "4711")
    assert (identity.username, identity.display_name) == ("dana@example", "Dana Desk")
    assert identity.roles == {UserRole.FRONT_DESK}


def test_dots_lead_into_a_claim_of_claims() -> None:
    settings = _settings(
        USERNAME_CLAIM="upn", ROLES="boss=manager", ROLES_CLAIM="realm_access.roles"
    )
    assert single_sign_on.identity_of(CLAIMS, settings).roles == {UserRole.MANAGER}


def test_without_a_table_the_provider_says_nothing_of_roles() -> None:
    assert single_sign_on.identity_of(CLAIMS, _settings(USERNAME_CLAIM="upn")).roles is None


def test_a_missing_name_is_told() -> None:
    with pytest.raises(KeyError, match="preferred_username"):
        single_sign_on.identity_of(CLAIMS, _settings())


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({}, "WORKLIST_OIDC_CLIENT_ID is not set, but WORKLIST_OIDC_ISSUER is"),
        ({"CLIENT_ID": "us", "ROLES": "desk=clerk"}, "'clerk' is not a valid UserRole; roles are"),
    ],
)
def test_settings_that_do_not_go_together_are_refused_at_start(
    values: dict[str, str], told: str
) -> None:
    settings = _settings(ISSUER="https://sso.example/", **values)
    with pytest.raises(SettingsError, match=told):
        single_sign_on.install(Flask("test"), settings)
