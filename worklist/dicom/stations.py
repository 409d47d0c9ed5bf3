"""The stations of the catalogue, read afresh from the database every few seconds."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import structlog
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from worklist import db
from worklist.catalogue.image_managers import ImageManager
from worklist.catalogue.models import Station
from worklist.catalogue.profiles import StationProfile
from worklist.dicom.profile import Profile
from worklist.rulebook import queries as rulebook
from worklist.rules.parameters import shipped
from worklist.rules.thresholds import Thresholds

MAX_AGE_SECONDS = 2.0

log = structlog.get_logger(__name__)
_COLUMNS = ("id", "room_id", "ae_title", "name", "modality", "character_set", "active")


@dataclass(frozen=True, slots=True)
class StationInfo:
    """A station as the catalogue has it."""

    id: int
    room_id: int
    ae_title: str
    name: str
    modality: str
    character_set: str
    active: bool
    profile: Profile = field(default_factory=Profile)


@dataclass(frozen=True, slots=True)
class RoomShare:
    """The exams of a room without a station of their own that a station is offered.

    Those of its modality, and those of modalities that no station of the room has.
    """

    room_id: int
    modality: str
    others: frozenset[str]


class StationList:
    """All stations at one moment; ``version`` differs where they do.

    ``image_managers`` are the AE titles of those that may tell of images, ``thresholds`` those of
    the department, by which stations are told of clinical facts.
    """

    def __init__(
        self,
        stations: Iterable[StationInfo],
        version: int = 0,
        image_managers: Iterable[str] = (),
        thresholds: Thresholds | None = None,
    ) -> None:
        self._stations = sorted(stations, key=lambda one: one.ae_title)
        self.version = version
        self.image_managers = frozenset(image_managers)
        self.thresholds = thresholds or shipped()
        self._by_title = {one.ae_title: one for one in self._stations}
        self._by_id = {one.id: one for one in self._stations}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StationList) and self._content() == other._content()

    def _content(self) -> tuple[object, ...]:
        return self._stations, self.image_managers, self.thresholds

    __hash__ = None  # type: ignore[assignment]

    def knows(self, ae_title: str) -> bool:
        """Return whether there is a station with this AE title, in use or not."""
        return ae_title in self._by_title

    def caller(self, ae_title: str) -> StationInfo | None:
        """Return the active station with this AE title, None where there is none."""
        found = self._by_title.get(ae_title)
        return found if found is not None and found.active else None

    def profile(self, ae_title: str) -> Profile:
        """Return the profile of a station; the defaults where it is not known."""
        found = self._by_title.get(ae_title)
        return found.profile if found is not None else Profile()

    def character_set(self, ae_title: str) -> str:
        """Return the Specific Character Set of a station, Unicode where it is not known."""
        found = self._by_title.get(ae_title)
        return found.character_set if found is not None else "ISO_IR 192"

    def of_exam(
        self, station_id: int | None, room_id: int | None, modality: str
    ) -> list[StationInfo]:
        """Return the exam's station, or all the room's that could do it."""
        if station_id is not None and station_id in self._by_id:
            return [self._by_id[station_id]]
        of_room = [one for one in self._stations if one.room_id == room_id and one.active]
        return [one for one in of_room if one.modality == modality] or of_room

    def select(self, wanted: Callable[[str], bool]) -> tuple[list[int], list[RoomShare]]:
        """Return the stations whose AE title is wanted: ids, and what they share in their rooms."""
        chosen = [one for one in self._stations if wanted(one.ae_title)]
        shares = [
            RoomShare(one.room_id, one.modality, self._modalities(one.room_id))
            for one in chosen
            if one.active
        ]
        return [one.id for one in chosen], shares

    def _modalities(self, room_id: int) -> frozenset[str]:
        return frozenset(
            one.modality for one in self._stations if one.room_id == room_id and one.active
        )


class Directory:
    """Keeps a `StationList` for a few seconds."""

    def __init__(
        self,
        sessions: db.SessionFactory,
        *,
        max_age_seconds: float = MAX_AGE_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sessions = sessions
        self._max_age = max_age_seconds
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._list = StationList(())
        self._read_at: float | None = None

    def stations(self) -> StationList:
        """Return the stations as they were at most a few seconds ago."""
        with self._lock:
            now = self._monotonic()
            if self._read_at is None or now - self._read_at >= self._max_age:
                self._refresh()
                self._read_at = now
            return self._list

    def _refresh(self) -> None:
        """Read the stations; without the database those of before hold.

        Version 0 tells that they have never been read.
        """
        try:
            read = self._read(self._list.version + 1)
        except OperationalError as error:
            log.warning("dicom.stations.unreadable", error=type(error.orig).__name__)
            return
        except Exception:
            log.exception("dicom.stations.unreadable")
            return
        if read != self._list or not self._list.version:
            self._list = read

    def _read(self, version: int) -> StationList:
        with self._sessions() as session:
            return read_stations(session, version)


def read_stations(session: Session, version: int = 0) -> StationList:
    """Return every station of the catalogue, the image managers and the thresholds in use."""
    managers = session.scalars(select(ImageManager.ae_title).where(ImageManager.active)).all()
    return StationList(_read_stations(session), version, managers, rulebook.thresholds(session))


def _read_stations(session: Session) -> Iterator[StationInfo]:
    """Give every station of the catalogue with its profile."""
    columns = [getattr(Station, name) for name in _COLUMNS]
    statement = select(StationProfile, *columns).select_from(Station)
    statement = statement.join(
        StationProfile, StationProfile.station_id == Station.id, isouter=True
    )
    for profile, *values in session.execute(statement):
        own = Profile.of(profile) if profile is not None else Profile()
        yield StationInfo(**dict(zip(_COLUMNS, values, strict=True)), profile=own)
