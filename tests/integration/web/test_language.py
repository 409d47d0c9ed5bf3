"""Whose language a page is in: the person's own, else the browser's, else the site's."""

from flask.testing import FlaskClient

from tests.support import web
from worklist import db
from worklist.auth.roles import UserRole

GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.8"}


def language_of(client: FlaskClient, address: str, **headers: str) -> str:
    page = client.get(address, headers=headers).text
    return page.partition('<html lang="')[2].partition('"')[0]


def test_a_page_is_in_the_language_that_the_browser_asks_for(client: FlaskClient) -> None:
    assert language_of(client, "/sign-in") == "en"
    assert language_of(client, "/sign-in", **GERMAN) == "de"
    assert language_of(client, "/sign-in", **{"Accept-Language": "fr"}) == "en"
    assert language_of(client, "/sign-in", **{"Accept-Language": "en-GB,de;q=0.5"}) == "en"


def test_where_the_browser_asks_for_no_language_that_is_there_the_site_decides(
    database: str, empty_redis: str
) -> None:
    client = web.make_client(database, empty_redis, LOCALE="de")
    assert language_of(client, "/sign-in") == "de"
    assert language_of(client, "/sign-in", **{"Accept-Language": "fr"}) == "de"
    web.close(client)


def test_the_choice_of_the_person_comes_first(
    client: FlaskClient, session_factory: db.SessionFactory
) -> None:
    web.make_user(session_factory, UserRole.FRONT_DESK)
    web.sign_in(client, "dana")
    web.submit(client, "/accounts/own/language", "/accounts/own", locale="de")
    page = client.get("/accounts/own").text
    assert '<html lang="de">' in page
    assert "Die Seiten erscheinen ab jetzt in dieser Sprache." in page
    assert '<option value="de" lang="de" selected>Deutsch</option>' in page
    web.submit(client, "/accounts/own/language", "/accounts/own", locale="")
    assert language_of(client, "/accounts/own") == "en"


def test_refusals_are_in_the_language_of_the_page(
    client: FlaskClient, session_factory: db.SessionFactory
) -> None:
    web.make_user(session_factory, UserRole.FRONT_DESK)
    web.sign_in(client, "dana")
    answer = web.submit(client, "/accounts/own/language", "/accounts/own", locale="tlh")
    assert "There are no pages in the language tlh." in answer.text
    web.submit(client, "/accounts/own/language", "/accounts/own", locale="de")
    answer = web.submit(client, "/accounts/own/language", "/accounts/own", locale="tlh")
    assert "Das ist nicht möglich" in answer.text
    assert "Es gibt keine Seiten in der Sprache tlh." in answer.text
