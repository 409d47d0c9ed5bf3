"""One scanner's console, by hand: query, begin, complete or discontinue, as a real one does.

`worklist simulate scanner` plays it against any worklist server, to see what a station would get
and what comes of its reports.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from pydicom import Dataset

from worklist import identifiers
from worklist.dicom import client, performed_report
from worklist.dicom.client import Peer

_SHOWN = ("AccessionNumber", "PatientID", "PatientName")


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """A scanner and the server that it asks.

    ``clock`` tells the scanner's local time.
    """

    ae_title: str
    host: str
    port: int
    called: str
    clock: Callable[[], datetime]
    pause: Callable[[float], None] = time.sleep

    @property
    def _server(self) -> Peer:
        return Peer(self.host, self.port, calling=self.ae_title, called=self.called)

    def worklist(self, *, day: date | None, accession_number: str = "") -> list[Dataset]:
        """Return the station's entries, of one day or of any.

        Raises:
            PeerError: the server does not answer, or answers with a failure.
        """
        query = client.worklist_query(
            station=self.ae_title, day=day, accession_number=accession_number
        )
        return self._server.find_worklist(query=query)

    def begin(self, entry: Dataset) -> str:
        """Report that an exam has begun (N-CREATE); return the step's UID.

        Raises:
            PeerError: the server refuses the report.
        """
        uid = identifiers.new_uid()
        report = performed_report.begin(
            entry, station=self.ae_title, step_id=f"PPS{uid[-12:]}", started_at=self.clock()
        )
        self._server.mpps_create(uid=uid, attributes=report)
        return uid

    def complete(self, uid: str, entry: Dataset) -> None:
        """Report that an exam is done (N-SET).

        Raises:
            PeerError: the server refuses the report.
        """
        step = entry.ScheduledProcedureStepSequence[0]
        protocol = str(step.get("ScheduledProcedureStepDescription", "") or "Protocol")
        self._set(uid, performed_report.complete(ended_at=self.clock(), protocol=protocol))

    def discontinue(self, uid: str, code: str, meaning: str) -> None:
        """Report that an exam was broken off, and why (N-SET).

        Raises:
            PeerError: the server refuses the report.
        """
        changes = performed_report.discontinue(ended_at=self.clock(), code=code, meaning=meaning)
        self._set(uid, changes)

    def _set(self, uid: str, changes: Dataset) -> None:
        self._server.mpps_set(uid=uid, changes=changes)


def play(
    console: Console,
    *,
    day: date | None,
    accession_number: str = "",
    exams: int = 1,
    seconds: float = 0.0,
    discontinue: tuple[str, str] | None = None,
) -> Iterator[str]:
    """Show the worklist and do the first exams of it; give a line for each thing that happens.

    Args:
        console: The scanner.
        day: The day to ask for, None for any.
        accession_number: Ask for this order alone.
        exams: How many exams to do, 0 to look only.
        seconds: How long each takes.
        discontinue: Code (DCM, CID 9300) and meaning with which each is broken off.

    Raises:
        PeerError: the server does not answer, or refuses a report.
    """
    entries = console.worklist(day=day, accession_number=accession_number)
    yield f"{console.ae_title} gets {len(entries)} entries from {console.called}:"
    yield from (f"  {_line(entry)}" for entry in entries)
    for entry in entries[:exams]:
        uid = console.begin(entry)
        yield f"begun      {entry.AccessionNumber}  {uid}"
        console.pause(seconds)
        if discontinue is None:
            console.complete(uid, entry)
            yield f"completed  {entry.AccessionNumber}"
        else:
            console.discontinue(uid, *discontinue)
            yield f"broken off {entry.AccessionNumber}  {discontinue[1]}"


def _line(entry: Dataset) -> str:
    step = entry.ScheduledProcedureStepSequence[0]
    start = f"{step.ScheduledProcedureStepStartDate} {step.ScheduledProcedureStepStartTime}"
    told = "  ".join(str(entry.get(keyword, "")) for keyword in _SHOWN)
    return f"{start}  {told}  {step.get('ScheduledProcedureStepDescription', '')}"
