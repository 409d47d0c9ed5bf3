"""Every write of station profiles from a page."""

from datetime import datetime

from sqlalchemy.orm import Session

from worklist.audit import changes
from worklist.audit import service as audit
from worklist.catalogue.models import Station
from worklist.catalogue.profile_file import ProfileEntry
from worklist.catalogue.profiles import StationProfile


def set_profile(
    session: Session, station: Station, entry: ProfileEntry, *, actor: str, now: datetime
) -> StationProfile:
    """Say how a station is served; the server follows within two seconds."""
    profile = session.get(StationProfile, station.id)
    if profile is None:
        profile = StationProfile(station_id=station.id)
        session.add(profile)
    before = _told(profile)
    for name, value in entry.fields().items():
        setattr(profile, name, value)
    session.flush()
    change = changes.record(
        session, "station profile", station.ae_title, before, _told(profile), actor=actor, now=now
    )
    if change is not None:
        audit.record(
            session,
            "station.profile_changed",
            actor=actor,
            now=now,
            station=station.ae_title,
            changed=change.names,
        )
    return profile


def _told(profile: StationProfile) -> dict[str, object]:
    """Return a profile's columns as JSON holds them."""
    return {name: getattr(profile, name) for name in ProfileEntry.model_fields}
