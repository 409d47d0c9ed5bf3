"""Load the demonstration department into a database."""

from datetime import datetime
from functools import cache
from pathlib import Path

from sqlalchemy.orm import Session

from worklist.catalogue import file
from worklist.catalogue.changes import Changes
from worklist.catalogue.file import CatalogueFile
from worklist.catalogue.load import load_file
from worklist.hl7.peers import file as peer_file
from worklist.hl7.peers.file import PeerFile

ACTOR = "system:demonstration"
DEPARTMENT = Path(__file__).with_name("department.toml")
PROCEDURES = Path(__file__).with_name("procedures.toml")
REPORT_TEMPLATES = Path(__file__).with_name("report_templates.toml")
PEERS = Path(__file__).with_name("peers.toml")
FILES = (DEPARTMENT, PROCEDURES, REPORT_TEMPLATES)


def load_catalogue(session: Session, *, now: datetime) -> list[Changes]:
    """Load rooms, procedures and report templates; again changes nothing."""
    return [load_file(session, path, actor=ACTOR, now=now) for path in FILES]


def load(session: Session, *, now: datetime) -> None:
    """Load rooms, procedures and users; again changes nothing."""
    from worklist.demonstration.users import load_users  # noqa: PLC0415 - hashing is slow to import

    load_catalogue(session, now=now)
    load_users(session, actor=ACTOR, now=now)


@cache
def read_department() -> CatalogueFile:
    """Return the sites, rooms and stations as the file has them."""
    return file.read(DEPARTMENT)


@cache
def read_procedures() -> CatalogueFile:
    """Return the procedures as the file has them."""
    return file.read(PROCEDURES)


@cache
def read_peers() -> PeerFile:
    """Return the systems around the department as the file has them."""
    return peer_file.read(PEERS)
