"""Table of the texts with which a report may begin, and which parts of them an exam fills in."""

from sqlalchemy import Identity, String
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from worklist.catalogue import placeholders
from worklist.db import Base

PLACEHOLDERS = (
    "procedure",
    "side",
    "reason",
    "clinical_information",
    "contrast",
    "dose",
    "comparison",
)


class ReportTemplate(Base):
    """A text for the reports of some procedures.

    ``procedures`` are codes of the catalogue; without any it is for every procedure of the
    modality and body part named, of all where these are None too.
    """

    __tablename__ = "report_templates"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    name: Mapped[str] = mapped_column(String(64))
    procedures: Mapped[list[str]] = mapped_column(ARRAY(String(16)))
    modality: Mapped[str | None] = mapped_column(String(16))
    body_part: Mapped[str | None] = mapped_column(String(16))
    content: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)


def check_content(content: str) -> str:
    """Return the text if it can be filled in.

    Raises:
        ValueError: it names what there is not, or a brace is left open.
    """
    placeholders.check(content, PLACEHOLDERS)
    return content
