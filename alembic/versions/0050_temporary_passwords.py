"""Passwords that their owner has to replace, and wrong ones for names that nobody has."""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column and the table."""
    op.add_column(
        "users",
        sa.Column(
            "password_is_temporary", sa.Boolean(), nullable=False, server_default=sa.false()
        ),
    )
    op.create_table(
        "stranger_sign_ins",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("failed_sign_ins", sa.BigInteger(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_stranger_sign_ins")),
    )
    op.create_index(op.f("ix_stranger_sign_ins_last_at"), "stranger_sign_ins", ["last_at"])


def downgrade() -> None:
    """Take both away."""
    op.drop_table("stranger_sign_ins")
    op.drop_column("users", "password_is_temporary")
