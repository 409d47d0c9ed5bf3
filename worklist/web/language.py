"""The language of a page: the person's own choice, else the browser's, else the site's."""

from collections.abc import Callable
from typing import Any

from babel.support import NullTranslations
from flask import Flask, has_request_context, request
from flask_babel import Babel, Domain, get_locale, refresh
from flask_login import current_user
from jinja2 import pass_context
from jinja2.runtime import Context

from worklist.language import catalogues
from worklist.language.recognise import stored
from worklist.language.text import Text
from worklist.web import context


class _Domain(Domain):  # type: ignore[misc]
    """Messages from the catalogues that every process reads for itself."""

    def get_translations(self) -> NullTranslations:
        return catalogues.translations(locale())


def install(app: Flask) -> None:
    """Choose a language for each request and give templates ``_``, ``ngettext`` and ``trans``."""
    babel = Babel(app, locale_selector=_choose)
    babel.domain_instance = _Domain()
    app.jinja_env.finalize = _written
    calls: dict[str, Any] = app.jinja_env.globals
    calls.update(
        {name: _telling(calls[name]) for name in ("gettext", "ngettext", "pgettext", "npgettext")}
    )
    app.jinja_env.globals["language"] = locale


def _telling(call: Callable[..., str]) -> Callable[..., str]:
    """Let a template's call tell the parameters that are texts too."""

    @pass_context
    def told(template: Context, *args: object, **parameters: object) -> str:
        written = {name: _written(value) for name, value in parameters.items()}
        return call(template, *args, **written)

    return told


def locale() -> str:
    """Return the language of the page that is asked for, as in ``<html lang>``."""
    return str(get_locale() or catalogues.SOURCE)


def choose_again() -> None:
    """Look anew at who asks: the person has just chosen another language."""
    refresh()


def tell(text: str) -> str:
    """Return a text, or a sentence that is kept in English, in the language of the page."""
    if isinstance(text, Text):
        return catalogues.tell(text, locale())
    return stored(text, locale())


def _choose() -> str:
    site, known = context.current().settings.locale, catalogues.locales()
    if not has_request_context():
        return site
    own = getattr(current_user, "locale", None)
    if own in known:
        return str(own)
    # Werkzeug's own match would rank a poor exact one before a dialect of the best.
    asked = (tag.partition("-")[0] for tag in request.accept_languages.values())
    return next((one for one in asked if one in known), site)


def _written(value: object) -> object:
    """Tell the texts that Python wrote into a page; all else is written as it is."""
    return tell(value) if isinstance(value, Text) else value
