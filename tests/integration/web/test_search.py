"""What the front desk finds people by: names with accents and slips, numbers, phone, birth date."""

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.support import web
from tests.support.department import NOW, make_exam, make_patient, make_procedure, make_site
from tests.support.web import SignIn
from worklist import db
from worklist.auth.roles import UserRole
from worklist.patients.models import Patient
from worklist.web.search import queries
from worklist.web.search.queries import find


@pytest.fixture
def people(session: Session) -> None:
    """Three people who are easily mistaken for each other."""
    make_patient(session, "MÜLLER^JOSÉ", birth_date=date(1981, 5, 4), phone="+43 (1) 555 01 23")
    make_patient(session, "MILLER^JOSEPH", birth_date=date(1975, 1, 2), phone="0664 1234567")
    make_patient(session, "ÅKESSON^ŁUCJA", birth_date=date(1999, 12, 31), phone="")


def found(session: Session, wanted: str) -> list[str]:
    return [one.name for one in find(session, wanted).patients]


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("wanted", "first"),
    [
        ("muller jose", "MÜLLER^JOSÉ"),
        ("Mueller", "MÜLLER^JOSÉ"),
        ("Müler", "MÜLLER^JOSÉ"),
        ("José Müller", "MÜLLER^JOSÉ"),
        ("Miler, Joseph", "MILLER^JOSEPH"),
        ("akeson lucja", "ÅKESSON^ŁUCJA"),
        ("1981-05-04", "MÜLLER^JOSÉ"),
        ("4.5.1981", "MÜLLER^JOSÉ"),
        ("19991231", "ÅKESSON^ŁUCJA"),
        ("+43 1 5550123", "MÜLLER^JOSÉ"),
        ("5550123", "MÜLLER^JOSÉ"),
        ("01 555-0123", "MÜLLER^JOSÉ"),
        ("0664/1234567", "MILLER^JOSEPH"),
    ],
)
def test_the_best_fit_comes_first(session: Session, wanted: str, first: str) -> None:
    assert found(session, wanted)[:1] == [first]


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("wanted", ["0123", "7654321", "xylophone", "", "%"])
def test_what_fits_nobody_finds_nobody(session: Session, wanted: str) -> None:
    assert found(session, wanted) == []


def test_an_order_is_found_by_each_of_its_numbers(session: Session) -> None:
    make_procedure(session)
    exam = make_exam(session)
    order = exam.order
    numbers = order.accession_number, order.filler_order_number, order.placer_order_number
    for number in (*numbers, order.accession_number.lower()):
        assert [one.id for one in find(session, number or "").exams] == [exam.id]


def test_a_phone_number_is_looked_up_in_its_index(session: Session) -> None:
    session.execute(text("SET LOCAL enable_seqscan = off"))
    plan = session.execute(
        text(
            "EXPLAIN SELECT id FROM patients"
            r" WHERE reverse(regexp_replace(phone, '\D', '', 'g')) LIKE '3210%'"
        )
    ).scalars()
    assert "ix_patients_phone_backwards" in "\n".join(plan)


@pytest.mark.parametrize("wanted", ["Müller", "1981-05-04"])
def test_the_next_page_begins_behind_the_last_of_the_one_before(
    session: Session, monkeypatch: pytest.MonkeyPatch, wanted: str
) -> None:
    monkeypatch.setattr(queries, "MOST", 2)
    ids = {make_patient(session, f"MÜLLER^{given}").id for given in ("A", "B", "C", "D", "E")}
    seen: list[int] = []
    after = None
    for size in (2, 2, 1):
        page = find(session, wanted, after=after)
        assert len(page.patients) == size
        seen += [one.id for one in page.patients]
        after = page.after
    assert after is None
    assert len(seen) == len(ids)
    assert set(seen) == ids


@pytest.fixture
def crowd(session: Session, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Four of one name, two a page, by birth date; nobody knows when the last was born.

    The first was examined five days ago and the third yesterday, the others never.
    """
    monkeypatch.setattr(queries, "MOST", 2)
    make_procedure(session)
    born = (date(1950, 1, 1), date(1960, 1, 1), date(1970, 1, 1), None)
    people = [
        make_patient(session, f"MÜLLER^{given}", birth_date=day)
        for given, day in zip("DBCA", born, strict=True)
    ]
    for person, days in ((people[0], 5), (people[0], 400), (people[2], 1)):
        make_exam(session, patient=person).started_at = NOW - timedelta(days=days)
    make_exam(session, patient=people[1])
    session.flush()
    return [one.id for one in people]


@pytest.mark.parametrize(
    ("sort", "places"),
    [
        ("name", (3, 1, 2, 0)),
        ("-name", (0, 2, 1, 3)),
        ("born", (0, 1, 2, 3)),
        ("-born", (3, 2, 1, 0)),
        ("exam", (1, 3, 0, 2)),
        ("-exam", (2, 0, 3, 1)),
    ],
)
def test_who_is_found_is_sorted_over_all_pages(
    session: Session, crowd: list[int], sort: str, places: tuple[int, ...]
) -> None:
    first = find(session, "Müller", sort=sort)
    second = find(session, "Müller", sort=sort, after=first.after)
    seen = [one.id for one in (*first.patients, *second.patients)]
    assert seen == [crowd[place] for place in places]
    assert second.after is None


def test_the_last_exam_is_the_last_that_began(session: Session, crowd: list[int]) -> None:
    people = [session.get_one(Patient, one) for one in crowd]
    assert queries.last_exams(session, people) == {
        crowd[0]: NOW - timedelta(days=5),
        crowd[2]: NOW - timedelta(days=1),
    }


def test_the_page_sorts_by_a_click_and_keeps_it_on_the_next_page(
    signed_in: SignIn, session_factory: db.SessionFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = signed_in(UserRole.FRONT_DESK)
    monkeypatch.setattr(queries, "MOST", 2)
    with db.transaction(session_factory) as session:
        for year in (1960, 1950, 1970):
            make_patient(session, "MÜLLER^A", birth_date=date(year, 1, 2))
    page = web.submit(desk, "/search", "/search", q="Müller", sort="-born").text
    assert re.findall(r"2 Jan (\d{4})", page) == ["1970", "1960"]
    assert (
        'aria-sort="descending"><button class="sorts" form="sorts" name="sort" value="born"' in page
    )
    fields = dict(re.findall(r'<input type="hidden" name="(q|after|sort)" value="([^"]*)"', page))
    page = web.submit(desk, "/search", "/search", **fields).text
    assert re.findall(r"2 Jan (\d{4})", page) == ["1950"]
    assert web.submit(desk, "/search", "/search", q="Müller", sort="phone").status_code == 422


@pytest.mark.parametrize(("spaces", "names"), [(92, []), (192, ["DOE^JANE"])])
def test_two_hundred_characters_are_looked_at_and_no_more(
    session: Session, spaces: int, names: list[str]
) -> None:
    """What is pasted by mistake is not compared with every name: it begins behind the 200th."""
    make_patient(session, "DOE^JANE")
    assert found(session, "Doe Jane" + " " * spaces + "bcdfghjklmpqrstvwxyz" * 5) == names


def test_two_letters_are_looked_up_in_the_index_of_names(session: Session) -> None:
    """A text whose trigrams the index cannot know would read every patient."""
    make_patient(session, "LI^WEI")
    for narrowing in ("SET LOCAL enable_seqscan = off", "DROP INDEX ix_patients_merged_into_id"):
        session.execute(text(narrowing))
    for wanted in ("li", "li we", "wei l"):
        asked = queries.whose_name_fits([wanted]).compile(
            session.connection(), compile_kwargs={"literal_binds": True}
        )
        plan = session.connection().exec_driver_sql(f"EXPLAIN {asked}").scalars()
        assert "Index Scan on ix_patients_search_name" in "\n".join(plan), wanted
        assert found(session, wanted) == ["LI^WEI"]
    assert found(session, "ei") == [], "of two letters only where a part of the name begins"


def test_of_a_crowd_so_many_are_looked_at_and_the_page_says_so(
    signed_in: SignIn, session_factory: db.SessionFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "MOST_LOOKED_AT", 3)
    monkeypatch.setattr(queries, "MOST", 2)
    with db.transaction(session_factory) as session:
        make_site(session)
        for given in "ABC":
            make_patient(session, f"LI^{given}")
        exact = find(session, "li", sort="-exam")
        make_patient(session, "LI^D")
        cut = find(session, "li", sort="-exam")
        rest = find(session, "li", sort="-exam", after=cut.after)
    assert (exact.is_cut, cut.is_cut) == (False, True)
    assert (len(cut.patients), len(rest.patients), rest.after) == (2, 1, None)
    desk = signed_in(UserRole.FRONT_DESK)
    told = "More than 3 people fit “li”"
    assert told in web.submit(desk, "/search", "/search", q="li", sort="-exam").text
    assert told in web.submit(desk, "/orders/new/patient", "/orders/new", q="li").text
    merge = f"/patients/{cut.patients[0].id}/merge"
    assert told in web.submit(desk, f"{merge}/find", merge, q="li").text
