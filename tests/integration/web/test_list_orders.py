"""Lists are sorted by each column that they offer, page by page; addresses name nobody."""

import re
from datetime import timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.integration.web.test_statements import fill
from tests.support.department import (
    ACTOR,
    NOW,
    make_exam,
    make_patient,
)
from tests.support.dicom import make_forward
from tests.support.reading import make_task
from tests.support.routes import pages
from worklist import db
from worklist.audit.changes import AdministrativeChange
from worklist.catalogue.models import Room
from worklist.hl7.peers import service as peers
from worklist.hl7.peers.file import PeerEntry
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.scheduling.replanning.models import ProposalStatus, ReplanProposal
from worklist.scheduling.waiting import service as waiting
from worklist.vocabulary import Priority
from worklist.web import paging

NAMES = ("MAIER^EVA", "ADLER^KARL", "ZACH^ROSA", "HUBER^LENA", "ADLER^ANNA")
BY_NAME = sorted(range(len(NAMES)), key=NAMES.__getitem__)
SORTS = re.compile(r'<a class="sorts" href="([^"]+)"')


def walk(client: FlaskClient, address: str, row: str) -> list[int]:
    """Return the ids of the rows of all pages; no address names anybody."""
    seen: list[int] = []
    while address:
        page = client.get(address)
        assert page.status_code == 200, page.text
        found = [int(one) for one in re.findall(rf'id="{row}-(\d+)"', page.text)]
        assert len(found) <= 2
        seen += found
        following = re.search(r'rel="next" href="([^"]+)"', page.text)
        address = unescape(following[1]) if following else ""
        assert not re.search("maier|adler|zach|huber", address, re.IGNORECASE)
    return seen


def both_ways(client: FlaskClient, address: str, sort: str, row: str) -> list[int]:
    """Return a list as it is sorted; backwards it is the same turned round."""
    joint = "&" if "?" in address else "?"
    found = walk(client, f"{address}{joint}sort={sort}", row)
    assert walk(client, f"{address}{joint}sort=-{sort}", row) == found[::-1]
    return found


def awaited(sessions: db.SessionFactory) -> list[int]:
    """Make an exam of each patient, booked for today, one after the other."""
    made = []
    with db.transaction(sessions) as session:
        room = session.scalars(select(Room)).one()
        for number, name in enumerate(NAMES):
            exam = make_exam(session, patient=make_patient(session, name))
            exam.room, exam.status = room, StepStatus.SCHEDULED
            exam.starts_at = NOW + timedelta(minutes=10 * number)
            exam.ends_at = exam.starts_at + timedelta(minutes=10)
            made.append(exam.id)
    return made


def test_every_heading_that_sorts_sorts(
    everybody: FlaskClient, session_factory: db.SessionFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "ROWS", 50)
    fill(session_factory, 0, 2)
    with db.transaction(session_factory) as session:
        make_forward(session, "ARCHIVE")
    with session_factory() as session:
        addresses = pages(everybody.application, session).values()
    offered = {
        unescape(one) for address in addresses for one in SORTS.findall(everybody.get(address).text)
    }
    assert len({one.partition("?")[0] for one in offered}) >= 12
    for address in offered:
        page = everybody.get(address)
        assert page.status_code == 200, address
        assert 'aria-sort="' in page.text, address
    for address in {one.partition("?")[0] for one in offered}:
        assert everybody.get(f"{address}?sort=colour").status_code == 422


def test_arrivals(everybody: FlaskClient, session_factory: db.SessionFactory) -> None:
    exams = awaited(session_factory)
    assert both_ways(everybody, "/arrivals", "time", "arrival") == exams
    by_patient = both_ways(everybody, "/arrivals", "patient", "arrival")
    assert by_patient == [exams[one] for one in BY_NAME]


def test_orders(everybody: FlaskClient, session_factory: db.SessionFactory) -> None:
    exams = []
    with db.transaction(session_factory) as session:
        for number, name in enumerate(NAMES):
            exam = make_exam(
                session,
                patient=make_patient(session, name),
                priority=Priority.STAT if number == 2 else Priority.ROUTINE,
                now=NOW - timedelta(minutes=number),
            )
            exams.append(exam.id)
    assert walk(everybody, "/orders", "order") == [exams[one] for one in (2, 4, 3, 1, 0)]
    assert both_ways(everybody, "/orders", "waits", "order") == exams[::-1]
    by_patient = both_ways(everybody, "/orders", "patient", "order")
    assert by_patient == [exams[one] for one in BY_NAME]
    assert walk(everybody, "/orders?tab=open", "order") == exams[::-1]
    assert both_ways(everybody, "/orders?tab=open", "waits", "order") == exams
    assert everybody.get("/orders?tab=open&sort=patient").status_code == 422


def test_the_waiting_list(everybody: FlaskClient, session_factory: db.SessionFactory) -> None:
    exams = awaited(session_factory)
    with db.transaction(session_factory) as session:
        entries: list[int] = []
        for number in (3, 0, 4, 1, 2):
            exam = session.get_one(ScheduledProcedureStep, exams[number])
            now = NOW + timedelta(minutes=len(entries))
            entry = waiting.enrol(session, exam, note="Any time", actor=ACTOR, now=now)
            session.flush()
            entries.append(entry.id)
    assert both_ways(everybody, "/waiting", "since", "entry") == entries
    by_slot = [entries[one] for one in (1, 3, 4, 0, 2)]
    assert both_ways(everybody, "/waiting", "has", "entry") == by_slot
    by_patient = both_ways(everybody, "/waiting", "patient", "entry")
    assert by_patient == [by_slot[one] for one in BY_NAME]


def test_the_reading_queue(everybody: FlaskClient, session_factory: db.SessionFactory) -> None:
    with db.transaction(session_factory) as session:
        tasks = [
            make_task(
                session,
                patient=make_patient(session, name),
                ended=timedelta(minutes=50 - number),
                priority=Priority.STAT if number == 2 else Priority.ROUTINE,
            ).id
            for number, name in enumerate(NAMES)
        ]
    assert walk(everybody, "/reading", "task") == [tasks[one] for one in (2, 0, 1, 3, 4)]
    assert both_ways(everybody, "/reading?tab=all", "performed", "task") == tasks
    by_patient = both_ways(everybody, "/reading", "patient", "task")
    assert by_patient == [tasks[one] for one in BY_NAME]
    assert both_ways(everybody, "/reading", "accession", "task") == tasks
    assert everybody.get("/reading?tab=all&sort=patient").status_code == 422


def test_changes(everybody: FlaskClient, session_factory: db.SessionFactory) -> None:
    with db.transaction(session_factory) as session:
        for number, (who, code) in enumerate(
            [("eva", "CT02"), ("karl", "CT01"), ("eva", "CT01"), ("rosa", "CT03")]
        ):
            session.add(
                AdministrativeChange(
                    changed_at=NOW + timedelta(minutes=number),
                    actor=f"user:{who}",
                    kind="room",
                    code=code,
                    before={"name": "As it was"},
                    after={"name": f"Made {number}"},
                )
            )

    def shown(address: str) -> str:
        found = ""
        while address:
            page = everybody.get(address).text
            found += "".join(re.findall(r"Made (\d)", page))
            following = re.search(r'rel="next" href="([^"]+)"', page)
            address = unescape(following[1]) if following else ""
        return found

    assert shown("/administration") == "3210"
    assert shown("/administration?sort=when") == "0123"
    assert shown("/administration?sort=who") == "0213"
    assert shown("/administration?sort=code") == "1203"
    assert shown("/administration?who=EVA") == "20"
    assert "No change fits." in everybody.get("/administration?who=nobody").text


def test_connections(everybody: FlaskClient, session_factory: db.SessionFactory) -> None:
    with db.transaction(session_factory) as session:
        for name in ("MID", "ABLE", "ZEN"):
            entry = PeerEntry.model_validate(
                {"name": name, "direction": "outbound", "host": f"{name}.example", "port": 2575}
            )
            peers.save(session, entry, actor=ACTOR, now=NOW)
            session.flush()
        peers.use(session, "ABLE", in_use=False, actor=ACTOR, now=NOW)
    page = everybody.get("/connections").text
    ids = {
        name: int(number)
        for number, name in re.findall(r'id="peer-(\d+)">.*?<strong>(\w+)', page, re.DOTALL)
    }
    assert list(ids) == ["MID", "ZEN"]
    in_order = both_ways(everybody, "/connections", "name", "peer")
    assert in_order[1:] == [ids["MID"], ids["ZEN"]]
    assert walk(everybody, "/connections", "peer") == [ids["MID"], ids["ZEN"], in_order[0]]
    with db.transaction(session_factory) as session:
        for name in ("ABLE", "MID", "ZEN"):
            make_forward(session, f"{name}_PACS")
    page = everybody.get("/connections").text
    second = re.search(r'href="([^"]+managers=[^"]+)"', page)
    assert second is not None
    assert "ZEN_PACS" not in page
    assert "ZEN_PACS" in everybody.get(unescape(second[1])).text


def test_plans(everybody: FlaskClient, session_factory: db.SessionFactory) -> None:
    with db.transaction(session_factory) as session:
        for number, status in enumerate(
            [ProposalStatus.DISMISSED, ProposalStatus.OPEN, ProposalStatus.DISMISSED]
        ):
            session.add(
                ReplanProposal(
                    made_at=NOW,
                    made_by=ACTOR,
                    reason=f"Reason {number}",
                    starts_at=NOW,
                    ends_at=NOW + timedelta(days=3 - number),
                    considered=5,
                    cost_before=2.0,
                    cost_after=1.0,
                    status=status,
                )
            )
    first = everybody.get("/replan").text
    assert re.findall(r"Reason (\d)", first) == ["2", "1"]
    assert re.findall(r"Reason (\d)", everybody.get("/replan?sort=-until").text) == ["0", "1"]
    assert re.findall(r"Reason (\d)", everybody.get("/replan?status=dismissed").text) == ["2", "0"]
    assert "No plan is in this state." in everybody.get("/replan?status=applied").text
    assert everybody.get("/replan?status=lost").status_code == 422
