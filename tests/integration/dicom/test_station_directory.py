"""The stations that the DICOM server knows, read again once in a while."""

from sqlalchemy.orm import Session

from tests.support.department import make_room, make_site
from worklist.dicom import stations


def test_stations_are_read_again_after_a_while(session: Session) -> None:
    moment = [0.0]
    directory = stations.Directory(
        lambda: _Borrowed(session),  # type: ignore[arg-type]
        max_age_seconds=2,
        monotonic=lambda: moment[0],
    )
    assert not directory.stations().knows("CT01")
    make_room(session, make_site(session), "CT01")
    assert not directory.stations().knows("CT01")
    moment[0] = 2.0
    assert directory.stations().knows("CT01")


class _Borrowed:
    """A session that the directory may not close."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __enter__(self) -> Session:
        return self._session

    def __exit__(self, *_: object) -> None: ...
