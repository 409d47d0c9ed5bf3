"""Station profiles, and an index of the exams that are under way at a station."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def _words(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "station_profiles",
        sa.Column("station_id", sa.BigInteger(), nullable=False),
        sa.Column("transliterate", sa.Boolean(), nullable=False),
        sa.Column("window_hours_before", sa.BigInteger(), nullable=True),
        sa.Column("window_hours_after", sa.BigInteger(), nullable=True),
        sa.Column(
            "leaves_list",
            _words("leaveslist", "at_start", "at_end", "hours_after_end"),
            nullable=False,
        ),
        sa.Column("linger_hours", sa.BigInteger(), nullable=False),
        sa.Column("forced_keys", postgresql.JSONB(), nullable=False),
        sa.Column("left_out", postgresql.ARRAY(sa.String(length=64)), nullable=False),
        sa.Column("filled", postgresql.JSONB(), nullable=False),
        sa.Column("addresses", postgresql.ARRAY(sa.String(length=64)), nullable=False),
        sa.Column("connections", _words("connections", "any", "tls"), nullable=False),
        sa.Column("client_certificate", sa.String(length=64), nullable=False),
        sa.Column("maximum_pdu", sa.BigInteger(), nullable=False),
        sa.Column("answer_limit", sa.BigInteger(), nullable=False),
        sa.Column("over_limit", _words("overlimit", "partial", "refuse"), nullable=False),
        sa.Column("strict_mpps", sa.Boolean(), nullable=False),
        sa.CheckConstraint("answer_limit > 0", name=op.f("ck_station_profiles_answer_limit")),
        sa.CheckConstraint("linger_hours >= 0", name=op.f("ck_station_profiles_linger_hours")),
        sa.CheckConstraint(
            "maximum_pdu BETWEEN 4096 AND 131072", name=op.f("ck_station_profiles_maximum_pdu")
        ),
        sa.CheckConstraint(
            "window_hours_after > 0", name=op.f("ck_station_profiles_window_after")
        ),
        sa.CheckConstraint(
            "window_hours_before >= 0", name=op.f("ck_station_profiles_window_before")
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["stations.id"], name=op.f("fk_station_profiles_station_id")
        ),
        sa.PrimaryKeyConstraint("station_id", name=op.f("pk_station_profiles")),
    )
    op.create_index(
        "ix_scheduled_procedure_steps_under_way",
        "scheduled_procedure_steps",
        ["station_id"],
        postgresql_where=sa.text("status IN ('STARTED', 'DEPARTED')"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_scheduled_procedure_steps_under_way", "scheduled_procedure_steps")
    op.drop_table("station_profiles")
