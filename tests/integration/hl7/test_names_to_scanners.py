"""A Japanese name in three groups arrives in ISO 2022 and leaves to a scanner whole."""

from io import BytesIO

from pydicom import dcmread
from sqlalchemy.orm import Session

from tests.support.corpus import wire
from tests.support.department import ACTOR, NOW
from tests.support.inbox import Inbox, exam_of
from worklist.dicom.answer import Manner, encoded
from worklist.dicom.entries import entry_of
from worklist.dicom.identifier import read
from worklist.dicom.stations import read_stations
from worklist.scheduling.placement import place

ORDER = """
MSH|^~\\&|HIS|GENERAL|||20261124080000||ORM^O01|C1|P|2.5||||||~ISO IR87
PID|1||4711^^^GENERAL||YAMADA^TAROU^^^^^L^A~山田^太郎^^^^^L^I~やまだ^たろう^^^^^L^P
PV1|1|I
ORC|NW|P1^HIS
OBR|1|P1^HIS||71250^CT^C4
"""


def test_three_groups_survive_both_ways(inbox: Inbox, session: Session) -> None:
    inbox.take(wire(ORDER, "iso2022_jp"))
    session.expire_all()
    exam = exam_of(session, "P1")
    place(session, exam.id, actor=ACTOR, now=NOW)
    session.flush()
    stations = read_stations(session)
    entry = entry_of(session, exam.id, stations, default_zone="UTC")
    assert entry is not None
    asked = dcmread(BytesIO(b"\x10\x00\x10\x00\x00\x00\x00\x00"), force=True)
    manner = Manner(character_set="\\ISO 2022 IR 87")
    answer = encoded(read(asked), entry, manner)
    assert b"\x1b$B;3ED" in answer  # 山田 in JIS X 0208
    told = dcmread(BytesIO(answer), force=True)
    assert list(told.SpecificCharacterSet) == ["", "ISO 2022 IR 87"]
    name = told.PatientName
    assert (name.alphabetic, name.ideographic, name.phonetic) == (
        "YAMADA^TAROU",
        "山田^太郎",
        "やまだ^たろう",
    )
