"""Public holidays, weekly blocks, turnover of procedures, the site a patient prefers."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "public_holidays",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_public_holidays_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_public_holidays")),
        sa.UniqueConstraint("site_id", "day", name=op.f("uq_public_holidays_site_id_day")),
    )
    op.create_table(
        "weekly_blocks",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("resource_id", sa.BigInteger(), nullable=False),
        sa.Column("weekday", sa.BigInteger(), nullable=False),
        sa.Column("starts", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=False),
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column("release_hours", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.CheckConstraint("weekday BETWEEN 1 AND 7", name=op.f("ck_weekly_blocks_weekday")),
        sa.CheckConstraint(
            "ends = '00:00' OR ends > starts", name=op.f("ck_weekly_blocks_ends_after_start")
        ),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resources.id"], name=op.f("fk_weekly_blocks_resource_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weekly_blocks")),
    )
    op.create_index("ix_weekly_blocks_resource_id", "weekly_blocks", ["resource_id"])
    op.drop_constraint(op.f("ck_opening_hours_weekday"), "opening_hours", type_="check")
    op.create_check_constraint(
        op.f("ck_opening_hours_weekday"), "opening_hours", "weekday BETWEEN 0 AND 7"
    )
    op.alter_column("blocks", "purpose", type_=sa.String(length=64))
    op.add_column(
        "procedures",
        sa.Column("turnover_minutes", sa.BigInteger(), nullable=False, server_default="0"),
    )
    op.alter_column("procedures", "turnover_minutes", server_default=None)
    op.add_column("patients", sa.Column("preferred_site_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_patients_preferred_site_id"), "patients", "sites", ["preferred_site_id"], ["id"]
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_constraint(op.f("fk_patients_preferred_site_id"), "patients", type_="foreignkey")
    op.drop_column("patients", "preferred_site_id")
    op.drop_column("procedures", "turnover_minutes")
    op.alter_column("blocks", "purpose", type_=sa.String(length=32))
    op.execute("DELETE FROM opening_hours WHERE weekday = 0")
    op.drop_constraint(op.f("ck_opening_hours_weekday"), "opening_hours", type_="check")
    op.create_check_constraint(
        op.f("ck_opening_hours_weekday"), "opening_hours", "weekday BETWEEN 1 AND 7"
    )
    op.drop_table("weekly_blocks")
    op.drop_table("public_holidays")
