"""Accounts: an administrator's list, and a person's own password."""
