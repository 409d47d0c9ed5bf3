"""Table of every change that the department made to its policy."""

from sqlalchemy import CheckConstraint, Index

from worklist.rulebook.models import Change


class PolicyChange(Change):
    """One change of one number of the policy."""

    __tablename__ = "policy_changes"
    __table_args__ = (
        CheckConstraint("btrim(reason) <> ''", name="reason"),
        Index("ix_policy_changes_name", "name", "id"),
    )
