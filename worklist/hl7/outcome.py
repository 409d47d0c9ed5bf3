"""What became of a message while it is being done."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Outcome:
    """Whom and what a message concerned; ``remarks`` say what it asked for and was not done."""

    patient_id: int | None = None
    order_id: int | None = None
    remarks: list[str] = field(default_factory=list)

    def about(self, *, patient_id: int, order_id: int | None = None) -> None:
        """Note whom the message is about, the first named first."""
        self.patient_id = self.patient_id or patient_id
        self.order_id = self.order_id or order_id
