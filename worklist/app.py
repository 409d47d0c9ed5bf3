"""The Flask application: pages, APIs, event stream and HL7 over HTTP."""

from pathlib import Path

from flask import Flask
from flask_wtf import CSRFProtect

import worklist.tables  # noqa: F401 - a flush follows foreign keys to every table
from config import Settings
from worklist import db
from worklist.clock import Clock, system_clock
from worklist.fhir.api import make_blueprint as fhir_api
from worklist.hl7.api import make_blueprint as hl7_api
from worklist.web import (
    context,
    errors,
    language,
    live,
    pages,
    programs,
    security,
    sign_in,
    single_sign_on,
    templating,
)
from worklist.web.api.blueprint import make_blueprint as json_api
from worklist.web.session_cookie import SessionCookie

ROOT = Path(__file__).parent.parent


def create_app(settings: Settings, clock: Clock = system_clock) -> Flask:
    """Make the application for one process.

    Raises:
        SettingsError: a setting that pages need is missing.
    """
    app = Flask("worklist", root_path=str(ROOT), template_folder="templates")
    app.session_interface = SessionCookie()
    app.config.update(
        SECRET_KEY=settings.require_secret_key(),
        SESSION_COOKIE_NAME="worklist",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=security.is_encrypted(settings),
        MAX_CONTENT_LENGTH=settings.mllp_max_message_bytes,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: a page may stay open all day
        WTF_CSRF_SSL_STRICT=False,
    )
    engine = db.make_engine(settings.require_database_url())
    sessions = db.make_session_factory(engine)
    context.install(app, context.WebContext(settings, engine, sessions, clock))
    security.install(app, settings)
    errors.install(app)
    language.install(app)
    templating.install(app)
    live.install(app)
    sign_in.install(app)
    # After the sign-in: whoever has no session is asked to sign in, not told of a token.
    protection = CSRFProtect(app)
    single_sign_on.install(app, settings)
    pages.install(app)
    # Programs show a token and no cookie: nothing there can be forged through a browser.
    wrong = programs.seconds_to_wait
    fhir, hl7 = fhir_api(sessions, clock, wrong), hl7_api(settings, sessions, clock, wrong)
    programs.limit_requests(fhir)
    for api in (hl7, fhir, json_api()):
        protection.exempt(api)
        app.register_blueprint(api)
    return app
