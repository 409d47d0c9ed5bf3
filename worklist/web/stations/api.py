"""Stations for programs: how each is served, what it asked, and why an exam is not on its list."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import StringConstraints
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.catalogue.profile_file import ProfileEntry
from worklist.catalogue.profile_service import set_profile
from worklist.dicom.explain import exams_of, explain
from worklist.web import context
from worklist.web.api.exams import ExamSummary
from worklist.web.api.fields import After, Input, ListQuery, Output, Page, SortedBy
from worklist.web.api.incoming import page_after
from worklist.web.api.operations import Operations
from worklist.web.stations import queries

api = Operations("Stations", "Scanners: their profiles, their queries, and their worklists.")


class StationSummary(Output):
    """A scanner, when it asked for its worklist last, and how many kinds of defect it has."""

    ae_title: str
    name: str
    modality: str
    room_code: str
    asked_at: datetime | None
    defects: int


class StationsQuery(ListQuery):
    """Whose AE title, room or modality has the text.

    ``sort`` is place (on the board), ae_title, room, modality or asked, with ``-`` backwards.
    """

    text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = ""
    sort: SortedBy = ""
    after: After = ""


class StationDetail(Output):
    """A scanner and its profile."""

    ae_title: str
    name: str
    modality: str
    room_code: str
    profile: dict[str, Any]
    asked_at: list[datetime]
    next_asked: str | None


class StationQuery(ListQuery):
    """Where the page of the times when it asked begins, newest first: as the page before told."""

    after: After = ""


class AccessionQuery(Input):
    """The order whose exams are looked for."""

    accession: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=16)]


class ExplanationLine(Output):
    """One thing that the scanner's query asks of the exam, and whether it holds."""

    name: str
    text: str
    holds: bool


class ListExplanation(Output):
    """Whether the scanner's query finds an exam, line by line."""

    exam: ExamSummary
    asked_at: datetime | None
    is_listed: bool
    lines: list[ExplanationLine]


class ListExplanations(Output):
    """The exams of the order."""

    items: list[ListExplanation]


@api.get("/stations", Permission.SEE_SCHEDULE, twins="stations.overview")
def list_stations(session: Session, query: StationsQuery) -> Page[StationSummary]:
    """List the scanners, as their rooms stand on the board where nothing else is said."""
    found = queries.stations(
        session,
        queries.sorting(query.sort),
        text=query.text,
        after=query.after,
        rows=query.limit,
    )
    return Page(
        items=[
            StationSummary(
                ae_title=one.station.ae_title,
                name=one.station.name,
                modality=one.station.modality,
                room_code=one.station.room.code,
                asked_at=one.asked.asked_at if one.asked else None,
                defects=one.defects,
            )
            for one in found.rows
        ],
        next=page_after(found.after),
    )


@api.get("/stations/<ae_title>", Permission.SEE_SCHEDULE, twins="stations.show")
def read_station(session: Session, ae_title: str, query: StationQuery) -> StationDetail:
    """Return a scanner with its profile and when it asked last."""
    return _detail(session, ae_title, query)


@api.put("/stations/<ae_title>/profile", Permission.ADMINISTER, twins="stations.change")
def change_profile(session: Session, ae_title: str, body: ProfileEntry) -> StationDetail:
    """Say how a scanner is served, from its next query on."""
    station = queries.station(session, ae_title)
    set_profile(session, station, body, actor=context.actor(), now=context.now())
    session.flush()
    session.expire_all()
    return _detail(session, ae_title, StationQuery())


@api.get("/stations/<ae_title>/explanation", Permission.SEE_SCHEDULE)
def explain_list(session: Session, ae_title: str, query: AccessionQuery) -> ListExplanations:
    """Explain why an order's exams are, or are not, on the scanner's list."""
    queries.station(session, ae_title)
    found = [
        explain(
            session,
            exam,
            ae_title,
            now=context.now(),
            default_zone=context.current().settings.time_zone,
        )
        for exam in exams_of(session, query.accession)
    ]
    return ListExplanations(
        items=[
            ListExplanation(
                exam=ExamSummary.of(one.exam),
                asked_at=one.asked_at,
                is_listed=one.is_listed,
                lines=[ExplanationLine.model_validate(line) for line in one.lines],
            )
            for one in found
        ]
    )


def _detail(session: Session, ae_title: str, query: StationQuery) -> StationDetail:
    page = queries.station_page(session, ae_title, after=query.after, rows=query.limit)
    station = page.station
    return StationDetail(
        ae_title=station.ae_title,
        name=station.name,
        modality=station.modality,
        room_code=station.room.code,
        profile={name: getattr(page.profile, name) for name in ProfileEntry.model_fields},
        asked_at=[one.asked_at for one in page.queries.rows],
        next_asked=page_after(page.queries.after),
    )
