"""The API's document in a browser: it is read and tried under the strict policy, offline."""

from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import OpenAs
from worklist.auth.roles import UserRole


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_operation_is_read_and_tried(
    open_as: OpenAs, page: Page, scheme: Literal["light", "dark"]
) -> None:
    page.emulate_media(color_scheme=scheme)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    open_as(UserRole.FRONT_DESK, path="/api/docs#/Patients/search")
    operation = page.locator("#operations-Patients-search")
    operation.get_by_role("button", name="Try it out").click()
    operation.locator("textarea").fill('{"text": "Nobody"}')
    operation.get_by_role("button", name="Execute").click()
    answer = operation.locator(".live-responses-table tbody .response-col_status")
    expect(answer).to_contain_text("200")
    own = page.url.partition("/api/")[0]
    assert [one for one in asked if not one.startswith((own, "data:"))] == []
