"""Every write of station profiles from a page."""

from datetime import datetime

from sqlalchemy.orm import Session

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
    changed = []
    for name, value in entry.fields().items():
        if getattr(profile, name) != value:
            setattr(profile, name, value)
            changed.append(name)
    session.flush()
    if changed:
        audit.record(
            session,
            "station.profile_changed",
            actor=actor,
            now=now,
            station=station.ae_title,
            changed=changed,
        )
    return profile
