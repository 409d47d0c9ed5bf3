"""``worklist up``: the embedded servers and every process of the department, supervised."""


class StartError(Exception):
    """The stack cannot start; the text is one line that names what to change."""
