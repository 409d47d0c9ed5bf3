"""What stops the tour."""


class TourError(Exception):
    """A step did not come out as it must; ``look_at`` says where to look."""

    def __init__(self, text: str, look_at: str) -> None:
        super().__init__(text)
        self.look_at = look_at
