"""Events that are to be announced, and more about outgoing messages."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_STATE = "ck_hl7_outbox_outboxstate"
_EARLIER_STATES = "state IN ('WAITING', 'DELIVERED', 'REFUSED')"
_STATES = "state IN ('WAITING', 'DELIVERED', 'REFUSED', 'FAILED', 'DISCARDED')"


def upgrade() -> None:
    """Create and extend them."""
    op.create_table(
        "announced_events",
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["audit_events.id"], name=op.f("fk_announced_events_event_id")
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_announced_events")),
    )
    _add("replay", sa.BigInteger(), "0")
    _add("choice", sa.String(length=32), "")
    _add("control", sa.String(length=8), "")
    op.drop_constraint("uq_hl7_outbox_event_id_destination", "hl7_outbox")
    op.create_unique_constraint(
        "uq_hl7_outbox_event_id_destination_choice_replay",
        "hl7_outbox",
        ["event_id", "destination", "choice", "replay"],
    )
    op.drop_constraint(_STATE, "hl7_outbox")
    op.create_check_constraint(op.f(_STATE), "hl7_outbox", _STATES)
    op.create_index("ix_hl7_outbox_destination", "hl7_outbox", ["destination", "id"])
    op.create_index("ix_hl7_outbox_state", "hl7_outbox", ["state", "id"])
    op.create_index(
        "ix_hl7_outbox_delivered",
        "hl7_outbox",
        ["destination", "delivered_at"],
        postgresql_where=sa.text("state = 'DELIVERED'"),
    )


def _add(name: str, kind: sa.types.TypeEngine[object], default: str) -> None:
    op.add_column(
        "hl7_outbox", sa.Column(name, kind, nullable=False, server_default=default)
    )
    op.alter_column("hl7_outbox", name, server_default=None)


def downgrade() -> None:
    """Take them back; messages that the earlier table has no place for are gone."""
    op.drop_index("ix_hl7_outbox_delivered", table_name="hl7_outbox")
    op.drop_index("ix_hl7_outbox_state", table_name="hl7_outbox")
    op.drop_index("ix_hl7_outbox_destination", table_name="hl7_outbox")
    op.execute("DELETE FROM hl7_outbox WHERE replay > 0 OR state IN ('FAILED', 'DISCARDED')")
    op.execute(
        "DELETE FROM hl7_outbox USING hl7_outbox AS earlier WHERE earlier.id < hl7_outbox.id"
        " AND earlier.event_id = hl7_outbox.event_id"
        " AND earlier.destination = hl7_outbox.destination"
    )
    op.drop_constraint(_STATE, "hl7_outbox")
    op.create_check_constraint(op.f(_STATE), "hl7_outbox", _EARLIER_STATES)
    op.drop_constraint("uq_hl7_outbox_event_id_destination_choice_replay", "hl7_outbox")
    op.create_unique_constraint(
        "uq_hl7_outbox_event_id_destination", "hl7_outbox", ["event_id", "destination"]
    )
    for name in ("control", "choice", "replay"):
        op.drop_column("hl7_outbox", name)
    op.drop_table("announced_events")
