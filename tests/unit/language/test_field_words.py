"""Every field whose changes are kept has its German word: the history names it."""

import pytest
from pydantic import BaseModel

from worklist.catalogue.editing.kinds import KINDS
from worklist.catalogue.profile_file import ProfileEntry
from worklist.hl7.peers.file import PeerEntry
from worklist.language.catalogues import translations
from worklist.language.text import code

ENTRIES: dict[str, type[BaseModel]] = {
    **{name: kind.entry for name, kind in KINDS.items()},
    "station profile": ProfileEntry,
    "peer": PeerEntry,
}


@pytest.mark.parametrize("kind", list(ENTRIES))
def test_fields_have_german_words(kind: str) -> None:
    known = getattr(translations("de"), "_catalog", {})
    names = [kind, *ENTRIES[kind].model_fields]
    assert [name for name in names if code(name).message not in known] == []
