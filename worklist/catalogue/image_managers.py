"""Table of image managers: who is told of performed steps, and who tells of images."""

from sqlalchemy import Identity, String
from sqlalchemy.orm import Mapped, mapped_column

from worklist.db import Base


class ImageManager(Base):
    """A DICOM application entity that keeps images.

    It may send Instance Availability Notifications; performed steps and notifications are
    forwarded to it as ``forward_performed_steps`` and ``forward_availability`` say.
    """

    __tablename__ = "image_managers"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    ae_title: Mapped[str] = mapped_column(String(16), unique=True)
    host: Mapped[str] = mapped_column(String(253))
    port: Mapped[int]
    forward_performed_steps: Mapped[bool] = mapped_column(default=True)
    forward_availability: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
