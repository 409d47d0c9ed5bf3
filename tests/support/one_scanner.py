"""The catalogue file of a department with one CT, an exam of which takes an hour."""

_CATALOGUE = """
[[sites]]
code = "MAIN"
name = "Main"
time_zone = "UTC"

[hours]
day = [{{ {hours} }}]

[[rooms]]
code = "CT01"
name = "CT 1"
site = "MAIN"
modalities = ["CT"]
capabilities = ["shielded"]
hours = "day"

[[procedures]]
code = "CT1"
name = "CT"
modality = "CT"
body_part = "CHEST"
minutes = 60
"""


def one_scanner(hours: str) -> str:
    """Return the file; ``hours`` are the days and times of its one line of opening hours."""
    return _CATALOGUE.format(hours=hours)
