"""A DIMSE request as the services of the server see it, and the shape of what they answer."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from pydicom import Dataset
from pydicom.uid import UID
from pynetdicom.dsutils import decode

from worklist.dicom.dimse import Command, Reply

# The replies to one request, batch by batch; the last reply of the last batch is the final one.
Batches = Iterator[list[Reply]]


@dataclass(slots=True)
class Request:
    """One request on its way: what is asked, by whom, and whether it was cancelled meanwhile."""

    command: Command
    data: bytes
    sop_class: str
    transfer_syntax: str
    calling: str
    address: str
    fuzzy_names: bool
    cancelled: bool = False

    def dataset(self) -> Dataset:
        """Return the data set that came with the request, decoded as it is read.

        Raises:
            Exception: whatever pydicom raises for bytes that are not a data set.
        """
        syntax = UID(self.transfer_syntax)
        decoded: Dataset = decode(
            BytesIO(self.data), syntax.is_implicit_VR, syntax.is_little_endian
        )
        return decoded
