"""Which events other systems may have to be told of."""

ANNOUNCED = frozenset(
    {
        "message.accepted",
        "message.failed",
        "order.received",
        "exam.changed",
        "exam.scheduled",
        "exam.moved",
        "exam.unscheduled",
        "exam.held",
        "exam.started",
        "exam.completed",
        "exam.discontinued",
        "exam.canceled",
        "exam.no_show",
        "patient.updated",
        "patient.merged",
        "patient.merge_undone",
        "report.preliminary",
        "report.final",
        "report.addendum",
        "critical.raised",
        "critical.acknowledged",
        "critical.withdrawn",
    }
)
ANNOUNCE_TASK = "workers.outbox.announce"
