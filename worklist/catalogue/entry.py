"""What every entry of a catalogue file is made of: no unknown keys, codes, names."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.+-]{1,16}$")]
Name = Annotated[str, Field(min_length=1, max_length=64)]
Modality = Annotated[str, Field(pattern=r"^[A-Z]{2,16}$")]
BodyPart = Annotated[str, Field(pattern=r"^[A-Z0-9 ]{1,16}$")]
Words = tuple[Annotated[str, Field(min_length=1, max_length=64)], ...]


class Entry(BaseModel):
    """An entry as written: an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)
