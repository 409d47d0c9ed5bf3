"""Find procedures by code, name, synonym or body part, as a clerk says them."""

from collections.abc import Sequence

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import Session

from worklist.catalogue.procedures import Procedure

MOST = 30
_NEAR = 0.6


def find_procedures(session: Session, text: str) -> Sequence[Procedure]:
    """Return the procedures in which every word occurs; an exact code comes first.

    A slip of the finger is forgiven: a word that is near to one that is there fits, too.
    """
    words = text.lower().split()
    if not words:
        return []
    said = func.lower(
        func.concat_ws(
            " ",
            Procedure.code,
            Procedure.name,
            func.array_to_string(Procedure.synonyms, " "),
            Procedure.body_part,
            Procedure.modality,
        )
    )
    contains = [said.contains(word, autoescape=True) for word in words]
    fits = [
        or_(literal, func.word_similarity(word, said) > _NEAR)
        for word, literal in zip(words, contains, strict=True)
    ]
    is_code = case((func.lower(Procedure.code) == " ".join(words), 0), else_=1)
    has_slips = case((and_(*contains), 0), else_=1)
    return session.scalars(
        select(Procedure)
        .where(Procedure.active, *fits)
        .order_by(is_code, has_slips, Procedure.name)
        .limit(MOST)
    ).all()
