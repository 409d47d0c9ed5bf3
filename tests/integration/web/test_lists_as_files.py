"""Lists of managers and administrators as files: all pages, as filtered and sorted, no formulas."""

import csv
import io

import pytest
from flask.testing import FlaskClient

from tests.support import web
from tests.support.department import ACTOR, NOW, make_procedure, make_room, make_site
from tests.support.dicom import make_forward
from tests.support.inbox import Inbox
from tests.support.messages import order
from tests.support.web import SignIn
from worklist import db
from worklist.audit.changes import AdministrativeChange
from worklist.auth.roles import UserRole
from worklist.hl7.peers import service as peers
from worklist.hl7.peers.file import PeerEntry
from worklist.web import spreadsheet


@pytest.fixture
def admin(
    signed_in: SignIn, session_factory: db.SessionFactory, monkeypatch: pytest.MonkeyPatch
) -> FlaskClient:
    """An administrator of a department of five rooms, whose files are read two rows at a time."""
    monkeypatch.setattr(spreadsheet, "MOST_ROWS", 2)
    with db.transaction(session_factory) as session:
        site = make_site(session)
        for number in range(5):
            room = make_room(session, site, f"CT0{number}")
            room.resource.name = f"={9 - number}+1"
    return signed_in(UserRole.ADMINISTRATOR)


def table(client: FlaskClient, address: str) -> list[dict[str, str]]:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"].endswith('.csv"')
    text = answer.data.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_a_list_is_written_whole_as_it_is_sorted_and_filtered(admin: FlaskClient) -> None:
    codes = [f"CT0{number}" for number in range(5)]
    rows = table(admin, "/administration/room.csv")
    assert [one["Code"] for one in rows] == codes
    assert {one["In use"] for one in rows} == {"yes"}
    assert [one["Code"] for one in table(admin, "/administration/room.csv?sort=-code")] == codes[
        ::-1
    ]
    assert [one["Code"] for one in table(admin, "/administration/room.csv?q=ct03")] == ["CT03"]
    assert admin.get("/administration/room.csv?sort=colour").status_code == 422
    assert admin.get("/administration/colour.csv").status_code == 404


def test_no_cell_is_a_formula(admin: FlaskClient) -> None:
    assert table(admin, "/administration/room.csv")[0]["Name"] == "'=9+1"


def test_the_page_leads_to_its_file_with_its_filter(admin: FlaskClient) -> None:
    page = admin.get("/administration/room?sort=-code&q=ct&after=CT03").text
    assert 'href="/administration/room.csv?sort=-code&amp;q=ct"' in page


def test_changes_connections_stations_and_accounts(
    admin: FlaskClient, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        for name in ("HIS", "LAB", "PACS"):
            entry = PeerEntry.model_validate(
                {"name": name, "direction": "outbound", "host": "his.example", "port": 2575}
            )
            peers.save(session, entry, actor=ACTOR, now=NOW)
        make_forward(session, "ARCHIVE", attempts=3)
    changed = table(admin, "/administration/changes.csv?sort=when")
    assert [one["Code"] for one in changed if one["What"] == "peer"] == ["HIS", "LAB", "PACS"]
    found = table(admin, "/connections/peers.csv?sort=-name")
    assert [one["Name"] for one in found] == ["PACS", "LAB", "HIS"]
    assert found[0]["Address"] == "his.example:2575"
    (manager,) = table(admin, "/connections/image-managers.csv")
    assert (manager["AE title"], manager["Waiting"], manager["Attempts"]) == ("ARCHIVE", "1", "3")
    titles = [one["AE title"] for one in table(admin, "/stations/list.csv?sort=-ae_title")]
    assert titles == ["CT04", "CT03", "CT02", "CT01", "CT00"]
    (account,) = table(admin, "/accounts/list.csv")
    assert (account["Name"], account["Person"]) == ("dana", "Dana")


def test_the_catalogue_is_told_in_words_on_pages_and_in_files(
    admin: FlaskClient, session_factory: db.SessionFactory
) -> None:
    before = {"body_part": "LSPINE", "contrast": "gadolinium_group_2", "ionising": None}
    with db.transaction(session_factory) as session:
        make_procedure(session, "72148", body_part="LSPINE", modality="MR", ionising=False)
        change = AdministrativeChange(
            changed_at=NOW, actor=ACTOR, kind="procedure", code="72148", before=before,
            after=before | {"body_part": "TSPINE", "contrast": "none", "ionising": False},
        )  # fmt: skip
        session.add(change)
    (row,) = table(admin, "/administration/procedure.csv")
    assert (row["Code"], row["Body part"], row["Modality"]) == ("72148", "lumbar spine", "MR")
    told = table(admin, "/administration/changes.csv")
    (changed,) = (one for one in told if one["Code"] == "72148")
    assert changed["Before"] == (
        "body part: lumbar spine; contrast: gadolinium group 2; ionising: \N{EN DASH}"
    )
    assert changed["After"] == "body part: thoracic spine; contrast: none; ionising: no"
    page = admin.get("/administration").text
    assert "<strong>body part</strong>: lumbar spine → thoracic spine" in page
    assert "lumbar spine" in admin.get("/administration/procedure").text


def test_messages(signed_in: SignIn, inbox: Inbox) -> None:
    admin = signed_in(UserRole.ADMINISTRATOR)
    for number in range(3):
        inbox.receive(order(str(number), control_id=f"N{number}"))
    rows = table(admin, "/messages/list.csv?tab=all&sort=received")
    assert [one["Control id"] for one in rows] == ["N0", "N1", "N2"]
    assert rows[0]["Received"].startswith("2026-11-24T")
    assert table(admin, "/messages/list.csv?tab=failed") == []
    assert table(admin, "/messages/outbox.csv") == []


def test_numbers_of_rules_and_policy_and_their_history(admin: FlaskClient) -> None:
    web.submit(admin, "/rules/egfr_low", "/rules", value="35", reason="Board")
    numbers = {one["Threshold"]: one for one in table(admin, "/rules/numbers.csv")}
    assert numbers["egfr_low"]["Changed"] == "yes"
    assert numbers["egfr_low"]["In use"].startswith("35")
    assert numbers["egfr_low"]["Source"]
    (changed,) = table(admin, "/rules/history.csv")
    assert (changed["Threshold"], changed["Why"], changed["Who"]) == ("egfr_low", "Board", "dana")
    assert len(table(admin, "/policy/numbers.csv")) > 5
    assert table(admin, "/policy/history.csv") == []


def test_files_are_for_those_who_see_the_page(signed_in: SignIn) -> None:
    client = signed_in(UserRole.TECHNOLOGIST)
    for address in (
        "/administration/room.csv",
        "/administration/changes.csv",
        "/accounts/list.csv",
        "/messages/list.csv",
        "/messages/outbox.csv",
        "/connections/peers.csv",
        "/connections/image-managers.csv",
    ):
        assert client.get(address).status_code == 403, address
