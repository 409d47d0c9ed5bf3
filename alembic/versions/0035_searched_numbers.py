"""Indexes of what people search by: the ends of phone numbers, and placers' order numbers."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them."""
    op.create_index(
        "ix_patients_phone_backwards",
        "patients",
        [sa.text(r"reverse(regexp_replace(phone, '\D', '', 'g')) text_pattern_ops")],
    )
    op.create_index(
        "ix_imaging_service_requests_placer_order_number",
        "imaging_service_requests",
        ["placer_order_number"],
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index(
        "ix_imaging_service_requests_placer_order_number", "imaging_service_requests"
    )
    op.drop_index("ix_patients_phone_backwards", "patients")
