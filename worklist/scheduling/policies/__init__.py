"""The department's own numbers for placement: what is in use, who changed what, when and why."""
