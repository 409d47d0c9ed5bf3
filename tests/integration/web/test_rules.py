"""The page of rules: read by all who see the schedule, changed by administrators for a reason."""

import pytest

from tests.support import web
from tests.support.department import (
    NOW,
)
from tests.support.renal import place_contrast_ct
from tests.support.web import SignIn
from worklist import db
from worklist.auth.roles import UserRole
from worklist.rulebook import queries

PAGE = "/rules"


def value_of(sessions: db.SessionFactory, name: str) -> object:
    with db.transaction(sessions) as session:
        return getattr(queries.thresholds(session), name)


def test_rules_are_shown_with_their_sources(signed_in: SignIn) -> None:
    text = signed_in(UserRole.RADIOLOGIST).get(PAGE).text
    assert "IC-02" in text
    assert "ACR and National Kidney Foundation consensus (2020)" in text
    assert "Everything is as shipped." in text
    assert "Put in use" not in text
    assert "No guideline: a convention about oral contrast, shipped since 2026." in text


def test_a_rule_leads_to_its_thresholds_and_a_threshold_to_its_rules(signed_in: SignIn) -> None:
    text = signed_in(UserRole.RADIOLOGIST).get(PAGE).text
    for target in ("rule-IC-02", "threshold-hydration_minutes"):
        assert f'href="#{target}"' in text
        assert text.count(f'id="{target}"') == 1
    assert "1 to 365 days allowed" in text
    assert "15 to 720 minutes allowed" in text


def test_a_threshold_is_changed_and_brought_back_with_its_history(
    signed_in: SignIn, session_factory: db.SessionFactory
) -> None:
    client = signed_in(UserRole.ADMINISTRATOR)
    answer = web.submit(
        client, f"{PAGE}/egfr_low", PAGE, value="35", reason="Committee of 3 November"
    )
    assert (answer.status_code, answer.location) == (303, "/rules#threshold-egfr_low")
    assert value_of(session_factory, "egfr_low") == 35
    text = client.get(PAGE).text
    assert "Committee of 3 November" in text
    assert "egfr_low is changed." in text
    web.submit(client, f"{PAGE}/egfr_low", PAGE, shipped="yes", reason="Taken back")
    assert value_of(session_factory, "egfr_low") == 30
    assert "as shipped" in client.get(PAGE).text


@pytest.mark.parametrize(
    ("name", "value", "reason", "told"),
    [
        ("egfr_low", "5", "Because", "allowed are 10 to 60"),
        ("egfr_low", "five", "Because", "cannot be read"),
        ("egfr_low", "35", " ", "needs a reason"),
        ("egfr_lowest", "35", "Because", "There is no threshold"),
    ],
)
def test_what_is_wrong_is_told_and_changes_nothing(
    signed_in: SignIn,
    session_factory: db.SessionFactory,
    *,
    name: str,
    value: str,
    reason: str,
    told: str,
) -> None:
    client = signed_in(UserRole.ADMINISTRATOR)
    answer = web.submit(client, f"{PAGE}/{name}", PAGE, htmx=True, value=value, reason=reason)
    assert answer.status_code >= 400
    assert told in answer.text
    assert value_of(session_factory, "egfr_low") == 30


def test_only_administrators_change_thresholds(signed_in: SignIn) -> None:
    client = signed_in(UserRole.RADIOLOGIST)
    answer = web.submit(client, f"{PAGE}/egfr_low", PAGE, value="35", reason="Because")
    assert answer.status_code == 403


@pytest.fixture
def judged(session_factory: db.SessionFactory) -> None:
    """A CT with contrast, of a patient whose eGFR is 33, that was placed."""
    with db.transaction(session_factory) as session:
        place_contrast_ct(session, egfr=33, now=NOW)


# Renal function 33: below 30 the radiologist is asked (IC-02), from there to 45 is a warning.
@pytest.mark.usefixtures("judged")
@pytest.mark.parametrize(("value", "different", "held"), [("33", 0, 0), ("34", 1, 1)])
def test_another_value_is_tried_on_the_last_exams_and_changes_nothing(
    signed_in: SignIn, session_factory: db.SessionFactory, value: str, different: int, held: int
) -> None:
    text = signed_in(UserRole.ADMINISTRATOR).get(f"{PAGE}/egfr_low/try?value={value}").text
    assert f"{different} of the last 1 exams" in text
    assert f'<td>Held</td><td class="number">{held}</td><td class="number">0</td>' in text
    assert ("the limit for contrast is 34" in text) is bool(held)
    assert ("between 30 and 45" in text) is bool(held)
    assert value_of(session_factory, "egfr_low") == 30


@pytest.mark.usefixtures("judged")
def test_only_a_value_that_could_be_put_in_use_is_tried(signed_in: SignIn) -> None:
    client = signed_in(UserRole.ADMINISTRATOR)
    assert client.get(f"{PAGE}/egfr_low/try?value=lots").status_code == 422
    assert client.get(f"{PAGE}/egfr_low/try?value=9").status_code == 422
    assert client.get(f"{PAGE}/nothing/try?value=1").status_code == 404
