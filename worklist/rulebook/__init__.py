"""The department's own numbers for the rules: what is in use, who changed what, when and why."""
