"""Patients at the front desk: a new one, and the page of one."""
