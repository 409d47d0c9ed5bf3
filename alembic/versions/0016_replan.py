"""Proposals to re-plan, and their moves."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "replan_proposals",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("considered", sa.BigInteger(), nullable=False),
        sa.Column("cost_before", sa.Double(), nullable=False),
        sa.Column("cost_after", sa.Double(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "open",
                "applied",
                "dismissed",
                "stale",
                name="proposalstatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=100), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replan_proposals")),
    )
    op.create_index(
        "ix_replan_proposals_open",
        "replan_proposals",
        ["id"],
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "replan_moves",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("proposal_id", sa.BigInteger(), nullable=False),
        sa.Column("exam_id", sa.BigInteger(), nullable=False),
        sa.Column("exam_version", sa.BigInteger(), nullable=False),
        sa.Column("room_before_id", sa.BigInteger(), nullable=True),
        sa.Column("starts_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("room_after_id", sa.BigInteger(), nullable=True),
        sa.Column("starts_after", sa.DateTime(timezone=True), nullable=True),
        sa.Column("must_call", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal_id"],
            ["replan_proposals.id"],
            name=op.f("fk_replan_moves_proposal_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["exam_id"],
            ["scheduled_procedure_steps.id"],
            name=op.f("fk_replan_moves_exam_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["room_before_id"], ["rooms.id"], name=op.f("fk_replan_moves_room_before_id")
        ),
        sa.ForeignKeyConstraint(
            ["room_after_id"], ["rooms.id"], name=op.f("fk_replan_moves_room_after_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replan_moves")),
    )
    op.create_index(op.f("ix_replan_moves_proposal_id"), "replan_moves", ["proposal_id"])
    op.create_index(op.f("ix_replan_moves_exam_id"), "replan_moves", ["exam_id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("replan_moves")
    op.drop_table("replan_proposals")
