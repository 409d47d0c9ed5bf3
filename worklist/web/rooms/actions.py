"""Give a performed step that names no exam of ours to the exam it was done for."""

from flask import Response, request

from worklist.auth.roles import Permission
from worklist.errors import DomainError
from worklist.performing import linking, unscheduled
from worklist.web import answers, context
from worklist.web.permissions import require


@require(Permission.PERFORM)
def link(performed_id: int) -> Response:
    """Link the step to the exam with the accession number typed."""
    accession_number = request.form.get("accession", "").strip().upper()
    with context.transaction() as session:
        step = unscheduled.get(session, performed_id)
        exam = linking.exam_of_accession(session, accession_number, step.modality)
        if exam is None:
            raise DomainError(
                f"No one exam has the accession number {accession_number!r}: "
                "look it up with the search at the top."
            )
        unscheduled.link(session, step, exam, actor=context.actor(), now=context.now())
    return answers.done(f"Linked to {accession_number}.", "exam", "performed")
