"""Play a department for weeks in virtual time: the real rules and the real search, no database."""
