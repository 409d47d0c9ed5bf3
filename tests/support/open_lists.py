"""A list in a browser, and what it gets when it hears news."""

import re
from dataclasses import dataclass, field

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

_ROW = re.compile(r'<(?:tr|article)[^>]* id="([a-z]+-\d+)"')


@dataclass
class OpenPage:
    """A list in a browser: what it shows, and what it asks when it hears news."""

    client: FlaskClient
    path: str
    headers: dict[str, str] = field(default_factory=dict)

    def look(self) -> None:
        """Ask for the whole list."""
        self.take(self.client.get(self.path, headers={"HX-Request": "true"}))

    def take(self, answer: TestResponse) -> None:
        """Remember what the list says of itself."""
        rows = [
            row
            for part in answer.text.split(" data-list")[1:]
            for row in _ROW.findall(re.split(r"</tbody>|-turn", part)[0])
        ]
        mark = re.search(r'data-mark="([^"]*)"', answer.text)
        self.headers = {"X-Shown": ",".join(rows), "X-Mark": mark[1] if mark else ""}

    @property
    def rows(self) -> list[int]:
        """The numbers of the rows, as they are shown."""
        return [int(one.rpartition("-")[2]) for one in self.headers["X-Shown"].split(",") if one]

    def hear(self, *news: int) -> TestResponse:
        """Ask what the news changes."""
        headers = {"HX-Request": "true", "X-News": ",".join(map(str, news)), **self.headers}
        return self.client.get(self.path, headers=headers)


def drawn(answer: TestResponse) -> list[int]:
    """Return the numbers of the rows that come with their content."""
    return [
        int(one)
        for one in re.findall(r'<tr id="[a-z]+-(\d+)" ?(?!data-kept)[^>]*>\s*<td', answer.text)
    ]


def kept(answer: TestResponse) -> list[int]:
    """Return the numbers of the rows that are only named."""
    return [int(one) for one in re.findall(r'<tr id="[a-z]+-(\d+)" data-kept></tr>', answer.text)]


def whole(answer: TestResponse) -> bool:
    """Return whether the list comes as a whole."""
    return answer.status_code == 200 and "<hx-partial" not in answer.text


def opened(client: FlaskClient, path: str) -> OpenPage:
    """Open a list."""
    page = OpenPage(client, path)
    page.look()
    return page
