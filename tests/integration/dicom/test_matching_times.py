"""Dates and times of a query against the clock of the exam's site (PS3.4 section C.2.2.2.5)."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from tests.support.department import make_patient, make_procedure, make_room, make_site
from tests.support.dicom import schedule
from tests.support.worklist_queries import VIENNA, find
from worklist.vocabulary import Priority


def test_ranges_against_the_local_clock_through_the_change_of_clocks(session: Session) -> None:
    """Every half hour around 25 October 2026, when 02:00 to 03:00 happens twice in Vienna."""
    site = make_site(session, time_zone="Europe/Vienna")
    room = make_room(session, site, "CT01")
    make_procedure(session)
    patient = make_patient(session)
    begin = datetime(2026, 10, 24, 20, 15, tzinfo=UTC)
    moments = [begin + timedelta(minutes=30 * index) for index in range(24)]
    for moment in moments:
        schedule(session, room, moment, patient=patient, priority=Priority.ROUTINE)
    days = st.sampled_from([date(2026, 10, day) for day in (24, 25, 26)])
    minutes = st.times().map(lambda one: f"{one:%H%M}")

    @settings(max_examples=60)
    @given(st.lists(days, min_size=2, max_size=2), minutes, minutes)
    def check(both: list[date], first: str, last: str) -> None:
        low, high = (f"{day:%Y%m%d}" for day in sorted(both))
        if low == high and first > last:
            return
        entries = find(
            session,
            step_ScheduledProcedureStepStartDate=f"{low}-{high}",
            step_ScheduledProcedureStepStartTime=f"{first}-{last}",
        )
        expected = [
            moment
            for moment in moments
            if low + first <= f"{moment.astimezone(VIENNA):%Y%m%d%H%M}" <= high + last
        ]
        assert [entry.starts_at for entry in entries] == expected

    check()
