"""What happened, in sentences."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from worklist.audit.models import AuditEvent
from worklist.language.text import Text, _, code, joined
from worklist.web.action_words import action_word
from worklist.web.language import tell
from worklist.web.templating import moment

_SENTENCES: dict[str, Text] = {
    "exam.held": _("Held: a question is open."),
    "exam.scheduled": _("Scheduled."),
    "exam.arrived": _("The patient has come."),
    "exam.identity_checked": _("Name and birth date were checked."),
    "exam.ready": _("Prepared and waiting for the room."),
    "exam.started": _("Started."),
    "exam.departed": _("Left the room."),
    "exam.completed": _("Completed."),
    "exam.no_show": _("The patient did not come; the slot is free again."),
    "exam.on_time": _("Expected at its time again."),
    "exam.waiting": _("On the waiting list for a sooner time."),
    "exam.left_waiting": _("Off the waiting list."),
    "exam.needs_changed": _("Looked at anew."),
    "exam.reminded": _("The patient was reminded by e-mail."),
    "exam.reminded_by_telephone": _("The patient was reminded by telephone."),
    "exam.slip_mailed": _("The appointment slip was sent by e-mail."),
    "exam.images_available": _("The archive has the images."),
    "screening.filled": _("A screening form was filled in."),
    "performed.linked": _("A performed step was linked to this exam by hand."),
    "report.preliminary": _("A preliminary report was written."),
    "report.final": _("The report was signed."),
    "report.addendum": _("The report got an addendum."),
    "patient.registered": _("Registered."),
    "patient.merged": _("Two records were merged."),
    "patient.prefers_site": _("The site that the patient prefers was noted."),
    "patient.merge_undone": _("A merge of two records was undone."),
    "order.update_ignored": _("An older message about this order came late and changed nothing."),
    "reading.ready": _("Ready to be read."),
    "reading.claimed": _("Claimed for reading."),
    "reading.released": _("Given back to the reading queue."),
    "reading.expired": _("The claim ran out; back in the reading queue."),
    "reading.read": _("Read."),
    "reading.unassigned": _("Kept for nobody any more."),
    "critical.raised": _("A critical finding was raised."),
    "critical.acknowledged": _("Somebody was told of the critical finding."),
    "critical.withdrawn": _("The critical finding was taken back."),
    "user.signed_in": _("Signed in."),
    "user.signed_out": _("Signed out."),
    "user.signed_out_everywhere": _("Signed out everywhere."),
    "user.refused": _("A sign-in was refused."),
    "user.created": _("An account was made."),
    "user.roles_changed": _("The roles of an account were changed."),
    "user.password_changed": _("A password was changed."),
    "user.opened": _("An account was opened."),
    "user.closed": _("An account was closed."),
    "user.connected": _("An account was connected with a provider."),
    "user.disconnected": _("An account was disconnected from a provider."),
    "token.created": _("An API token was made."),
    "token.revoked": _("An API token was revoked."),
    "token.refused": _("A program was refused: wrong token."),
    "outbox.retried": _("Waiting messages were sent again."),
    "patient.updated": _("The patient's details were changed."),
    "retention.applied": _("What need not be kept was deleted."),
    "station.profile_changed": _("How a scanner is served was changed."),
    "resource.closed": _("A closure was entered."),
    "resource.blocked": _("Time was kept."),
    "resource.reopened": _("A closure was taken back."),
    "resource.released": _("Kept time was given up."),
    "resource.hours_changed": _("Opening hours were changed."),
    "replan.proposed": _("A plan was proposed."),
    "replan.applied": _("A plan was put in place."),
    "replan.dismissed": _("A plan was dismissed."),
    "policy.changed": _("A number of the policy was changed."),
    "rules.changed": _("A threshold was changed."),
    "performed.reported": _("A scanner reported a step that fits no exam."),
    "performed.rejected": _("A performed step was put aside."),
    "peer.retired": _("A hospital system was taken out of use."),
    "peer.restored": _("A hospital system is in use again."),
    "peer.paused": _("Messages to a hospital system were paused."),
    "peer.resumed": _("Messages to a hospital system go on."),
    "message.accepted": _("A message was taken in."),
    "message.failed": _("A message could not be worked on."),
    "message.incomplete": _("A message came incomplete."),
    "message.replayed": _("A message was worked on again."),
    "message.corrected": _("A message was replaced by a corrected one."),
    "catalogue.loaded": _("A catalogue file was loaded."),
    "catalogue.changed": _("The catalogue was changed."),
    "reading.withdrawn": _("Out of the reading queue: the exam goes on."),
}


def sentence(event: AuditEvent) -> Text:
    """Return one sentence for an event; an unknown one is told by its name."""
    detail = event.detail
    if (teller := _TELLERS.get(event.action)) is not None:
        return teller(detail)
    text = _SENTENCES.get(event.action)
    if text is None:
        text = _("%(action)s.", action=action_word(event.action))
    return _with_reason(text, detail)


def who(actor: str) -> str:
    """Return the actor for people: ``user:dana`` is dana, ``station:CT01`` is scanner CT01."""
    kind, _separator, name = actor.partition(":")
    names = {
        "user": name,
        "station": _("scanner %(name)s", name=name),
        "peer": _("hospital system %(name)s", name=name),
    }
    return names.get(kind, "Worklist")


def _with_reason(text: Text, detail: dict[str, Any]) -> Text:
    reason = detail.get("reason")
    return joined([text, tell(reason)], " ") if reason else text


def _received(detail: dict[str, Any]) -> Text:
    return _(
        "Ordered: %(procedure)s, priority %(priority)s.",
        procedure=detail["procedure"],
        priority=detail["priority"],
    )


def _changed(detail: dict[str, Any]) -> Text:
    changed = detail.get("changed", [])
    if not changed:
        return _("The order changed: nothing that matters here.")
    return _("The order changed: %(fields)s.", fields=joined(map(code, changed)))


def _placed(detail: dict[str, Any]) -> Text:
    return _("%(summary)s", summary=tell(str(detail["summary"])))


def _moved(detail: dict[str, Any]) -> Text:
    slot, before = detail.get("slot"), detail.get("previous_slot")
    if slot and before:
        if slot["starts_at"] == before["starts_at"]:
            return _moved_within(slot, before)
        return _(
            "Moved from %(before)s to %(after)s.",
            before=_at(before["starts_at"]),
            after=_at(slot["starts_at"]),
        )
    if before:
        return _("Moved from %(before)s.", before=_at(before["starts_at"]))
    return _("Moved to %(after)s.", after=_at(slot["starts_at"])) if slot else _("Moved.")


def _moved_within(slot: dict[str, Any], before: dict[str, Any]) -> Text:
    """Tell of a move that leaves the beginning where it was."""
    if slot["room_id"] != before["room_id"]:
        return _("Moved to another room, still at %(time)s.", time=_at(slot["starts_at"]))
    return _(
        "Its end is %(after)s now instead of %(before)s.",
        before=_at(before["ends_at"]),
        after=_at(slot["ends_at"]),
    )


def _delayed(detail: dict[str, Any]) -> Text:
    return _("An exam before it runs late: expected at %(time)s.", time=_at(detail["expected_at"]))


def _offered(detail: dict[str, Any]) -> Text:
    return _(
        "A sooner slot is offered: %(room)s at %(time)s.",
        room=detail["room"],
        time=_at(detail["starts_at"]),
    )


def _numbered(detail: dict[str, Any]) -> Text:
    return _(
        "The hospital gave it the order number %(number)s.", number=detail["placer_order_number"]
    )


def _given(detail: dict[str, Any]) -> Text:
    return _("Contrast was given: %(given)s.", given=detail["given"])


def _not_given(detail: dict[str, Any]) -> Text:
    return _("No contrast after all: %(given)s.", given=detail["given"])


def _kinds(detail: dict[str, Any]) -> Text:
    return joined(code(str(kind)) for kind in detail.get("kinds", []))


def _recorded(detail: dict[str, Any]) -> Text:
    return _("Recorded: %(kinds)s.", kinds=_kinds(detail))


def _corrected(detail: dict[str, Any]) -> Text:
    return _("Corrected: %(kinds)s.", kinds=_kinds(detail))


def _over(detail: dict[str, Any]) -> Text:
    return _("Holds no longer: %(kinds)s.", kinds=_kinds(detail))


def _at(text: str) -> str:
    return moment(datetime.fromisoformat(text))


def _reported(detail: dict[str, Any]) -> Text:
    text = _(
        "%(station)s reports the exam %(status)s.",
        station=detail["station"],
        status=code(str(detail["status"]).upper()),
    )
    if detail.get("other_patient_number"):
        check = _("It names another patient number: check whom it was done for.")
        return joined([text, check], " ")
    return text


def _begun_with_questions(detail: dict[str, Any]) -> Text:
    return _(
        "The scanner began while this was open: %(questions)s",
        questions=joined((tell(one) for one in detail["questions"]), " "),
    )


def _answered(detail: dict[str, Any]) -> Text:
    return _with_reason(_("Question %(rule)s was answered.", rule=detail["rule"]), detail)


def _overridden(detail: dict[str, Any]) -> Text:
    rule, role = detail["rule"], detail.get("role")
    if not role:
        return _with_reason(_("Question %(rule)s was overridden.", rule=rule), detail)
    told = _("Question %(rule)s was overridden, as %(role)s.", rule=rule, role=code(role))
    return _with_reason(told, detail)


def _other_procedure(detail: dict[str, Any]) -> Text:
    changed = _(
        "%(procedure)s is done instead of %(previous)s.",
        procedure=detail["procedure"],
        previous=detail["previous"],
    )
    return _with_reason(changed, detail)


def _dose_entered(detail: dict[str, Any]) -> Text:
    return _("Dose written down by hand: %(given)s.", given=detail["given"])


def _withdrawn(detail: dict[str, Any]) -> Text:
    return _with_reason(_("Question %(rule)s is no longer asked.", rule=detail["rule"]), detail)


def _gone(text: Text) -> Callable[[dict[str, Any]], Text]:
    return lambda detail: _with_reason(text, detail)


def _kept(detail: dict[str, Any]) -> Text:
    return _("Kept for %(reader)s to read.", reader=detail["reader"])


_TELLERS: dict[str, Callable[[dict[str, Any]], Text]] = {
    "order.received": _received,
    "order.changed": _changed,
    "exam.changed": _changed,
    "exam.placement_placed": _placed,
    "exam.placement_held": _placed,
    "exam.placement_blocked": _placed,
    "exam.placement_no_slot": _placed,
    "exam.reported": _reported,
    "exam.contrast_given": _given,
    "exam.contrast_withdrawn": _not_given,
    "exam.moved": _moved,
    "exam.delayed": _delayed,
    "exam.offered": _offered,
    "order.numbered": _numbered,
    "reading.reserved": _kept,
    "reading.assigned": _kept,
    "reading.pending": _gone(_("The reader asks for more images.")),
    "reading.resolved": _gone(_("What the reader asked for was answered.")),
    "fact.recorded": _recorded,
    "fact.corrected": _corrected,
    "fact.ended": _over,
    "exam.paused": _gone(_("Paused.")),
    "exam.resumed": _gone(_("It goes on.")),
    "exam.procedure_changed": _other_procedure,
    "exam.dose_entered": _dose_entered,
    "exam.canceled": _gone(_("Cancelled.")),
    "exam.discontinued": _gone(_("Discontinued.")),
    "exam.needs_changed": _gone(_("New facts ask for more than was booked.")),
    "exam.unscheduled": _gone(_("The slot was given back.")),
    "exam.begun_with_questions": _begun_with_questions,
    "hold.answered": _answered,
    "hold.overridden": _overridden,
    "hold.withdrawn": _withdrawn,
}
