"""The demonstration department: rooms, procedures and users to try everything with."""
