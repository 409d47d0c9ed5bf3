"""Which permission each address of the application needs, written by hand beside its code.

A new page is put here by whoever makes it, from what it shows and does.
"""

from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from worklist.auth.roles import Permission

_P = Permission

_PAGES: dict[Permission, str] = {
    _P.SEE_SCHEDULE: """
        day.board day.cells day.part
        exams.ask exams.live exams.show
        hours.week
        orders.inbox orders.inbox_file orders.slip
        patients.exams_file patients.show
        performed.overview performed.rejected_file performed.waiting_file
        policy.history_file policy.numbers_file policy.overview
        rooms.overview rooms.room rooms.wall
        rules.history_file rules.numbers_file rules.overview rules.rules_file
        search.exams_file search.form search.patients_file search.results
        stations.as_file stations.defects_file stations.overview stations.queries_file stations.show
        """,
    _P.BOOK: """
        day.candidates day.place
        exams.book exams.cancel exams.displace exams.displacing exams.place exams.slots
        exams.slots_file exams.unschedule
        hours.close hours.give_up hours.keep hours.reopen
        orders.create orders.find_patient orders.look orders.new orders.send_slip
        patients.begin patients.change_contact patients.contact patients.create patients.find_other
        patients.merge patients.new patients.prefer_site patients.same_person patients.undo_merge
        reminders.as_file reminders.overview reminders.told
        replan.apply replan.dismiss replan.moves_file replan.overview replan.proposals_file
        replan.propose replan.show
        waiting.accept waiting.decline waiting.enrol waiting.entries_file waiting.leave
        waiting.offers_file waiting.overview
        """,
    _P.CHECK_IN: """
        arrivals.arrivals arrivals.awaited_file arrivals.check_in arrivals.form arrivals.here_file
        exams.check_in exams.make_ready exams.no_show
        patients.add_fact patients.end_fact patients.fact_fields
        screening.overview screening.show screening.submit
        """,
    _P.PERFORM: """
        exams.change_procedure exams.complete exams.contrast_form exams.discontinue exams.dose_form
        exams.enter_dose exams.give_contrast exams.pause exams.procedure_form exams.resume
        exams.start exams.withdraw_contrast
        performed.link performed.order performed.reject
        """,
    _P.SEE_READING: """
        reading.acknowledge reading.closed_findings_file reading.critical
        reading.open_findings_file reading.queue reading.queue_file
        """,
    _P.READ: """
        reading.ask_for_more reading.begin reading.claim reading.findings reading.finish
        reading.forget_filter reading.give_back reading.leave reading.next_case
        reading.raise_finding reading.release reading.release_several reading.renew reading.report
        reading.reserve reading.reserve_several reading.save_filter reading.show reading.withdraw
        """,
    _P.ASSIGN_READING: """
        reading.assign reading.assign_several
        """,
    _P.SEE_MESSAGES: """
        connections.managers_file connections.overview connections.peer_history_file
        connections.peers_file connections.show_peer
        messages.find messages.inbox messages.inbox_file messages.outbox messages.outbox_file
        messages.run_trial messages.show messages.show_sent messages.trial
        """,
    _P.SEE_STATISTICS: """
        reading.figures reading.spreadsheet
        statistics.as_csv statistics.overview
        """,
    _P.ADMINISTER: """
        accounts.as_file accounts.change_active accounts.change_password accounts.change_roles
        accounts.create accounts.overview accounts.revoke_any_token accounts.tokens
        accounts.tokens_file
        administration.change administration.change_hours administration.change_use
        administration.changes_file administration.create administration.hours
        administration.listing administration.listing_file administration.new
        administration.overview administration.show
        connections.change_peer connections.create_peer connections.new_peer connections.save_peer
        connections.test_peer connections.use_peer
        hours.change
        messages.correct messages.discard messages.replay messages.replay_sent messages.retry
        policy.change
        rules.change rules.try_value
        stations.change
        trail.as_file trail.overview
        """,
}
NEEDED = {endpoint: needed for needed, told in _PAGES.items() for endpoint in told.split()}

# One's own: whoever is signed in.
OF_EVERYBODY = frozenset(
    {
        "accounts.change_own_password",
        "accounts.choose_language",
        "accounts.create_token",
        "accounts.own",
        "accounts.revoke_token",
        "accounts.sign_out_everywhere",
        "api_docs.docs",
        "day.stylesheet",
        "home.start",
        "live.events",
        "sign_in.sign_out",
        "single_sign_on.connect",
        "single_sign_on.disconnect",
    }
)
# The rule that asks a question says who may answer it; a reader or a technologist what came of
# images that were asked for.
BY_WHAT_IS_ASKED = frozenset({"exams.answer", "exams.override", "reading.resolve"})
# Open without an account.
OF_NOBODY = frozenset(
    {
        "api_docs.openapi",
        "fhir.metadata",
        "fhir.parameter",
        "health.healthz",
        "health.readyz",
        "metrics.metrics",
        "sign_in.form",
        "sign_in.sign_in",
        "sign_in.state",
        "sign_in.used",
        "single_sign_on.come_back",
        "single_sign_on.end",
        "single_sign_on.leave",
        "static",
    }
)
# What a program's token opens. No address is under the last but those that say so themselves.
FHIR = {
    "fhir.book": _P.BOOK,
    "fhir.patch": _P.BOOK,
    "fhir.read": _P.SEE_SCHEDULE,
    "fhir.search": _P.SEE_SCHEDULE,
    "fhir.search_by_form": _P.SEE_SCHEDULE,
    "fhir.update": _P.BOOK,
}
REFUSES_EVERYBODY = frozenset({"fhir.other"})
WITH_A_TOKEN_OF_ITS_OWN = frozenset({"hl7_api.receive"})
# What no page does alone, and less than its page needs: the list of procedures is no secret, its
# page begins an order.
_OPERATIONS: dict[Permission, str] = {
    _P.SEE_SCHEDULE: """
        explain_exam explain_list list_contrast list_orders list_performed list_sites read_chart
        read_fact read_order read_story search_procedures
        """,
    _P.BOOK: "cancel_order change_order",
    _P.PERFORM: "list_unscheduled suggest_exams",
    _P.READ: "list_filters list_templates",
    _P.ADMINISTER: "read_account",
}
OPERATIONS = {name: needed for needed, told in _OPERATIONS.items() for name in told.split()}


def asks(app: Flask) -> list[tuple[Rule, str]]:
    """Every address and the methods by which it is asked."""
    return [
        (rule, method)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def address(app: Flask, rule: Rule) -> str:
    """Return an address that the rule takes; what it names is not there."""
    values: dict[str, Any] = {}
    for name in rule.arguments:
        converter = rule._converters[name]
        known = getattr(converter, "items", None)
        is_number = converter.to_url.__qualname__.startswith("NumberConverter")
        values[name] = min(known) if known else 999_999 if is_number else "nobodys"
    with app.test_request_context():
        return app.url_for(rule.endpoint, **values)
