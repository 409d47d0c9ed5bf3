"""The JSON API as a program uses it: a token, requests, answers."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support import web
from tests.support.department import NOW
from worklist import db
from worklist.auth import queries, tokens
from worklist.auth.roles import UserRole


@dataclass(frozen=True)
class Program:
    """A program with the token of an account of its own."""

    client: FlaskClient
    token: str

    def ask(
        self, method: str, path: str, body: object = None, *, status: int = 200, **headers: str
    ) -> Any:
        """Send a request, check its status and return the JSON of the answer, None without one."""
        answer = self.send(method, path, body, **headers)
        assert answer.status_code == status, answer.text
        assert answer.headers["Cache-Control"] == "no-store"
        if not answer.data:
            return None
        kind = "application/problem+json" if status >= 400 else "application/json"
        assert answer.content_type == kind
        return json.loads(answer.text)

    def get(self, path: str, *, status: int = 200, **headers: str) -> Any:
        return self.ask("GET", path, status=status, **headers)

    def post(self, path: str, body: object = None, *, status: int = 200, **headers: str) -> Any:
        return self.ask("POST", path, body, status=status, **headers)

    def patch(self, path: str, body: object, *, status: int = 200, **headers: str) -> Any:
        return self.ask("PATCH", path, body, status=status, **headers)

    def send(self, method: str, path: str, body: object = None, **headers: str) -> TestResponse:
        """Send a request to a path of the API, or to an address that an answer gave."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.open(
            path if path.startswith("/api/") else f"/api/v1{path}",
            method=method,
            headers={"Authorization": f"Bearer {self.token}", **named},
            **({} if body is None else {"json": body}),  # type: ignore[arg-type]
        )


def token_for(
    sessions: db.SessionFactory, *roles: UserRole, username: str = "engine", now: datetime = NOW
) -> str:
    """Make an account with these roles and return the text of a token of it."""
    name = web.make_user(sessions, *roles, username=username, now=now)
    with db.transaction(sessions) as session:
        user = queries.by_name(session, name)
        return tokens.create(session, user, name="test", days=1, now=now)[1]
