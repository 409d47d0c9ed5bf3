"""The catalogue file of a clinic with one X-ray room and one procedure."""

SMALL = """
[[sites]]
code = "S"
name = "Small clinic"
time_zone = "Europe/Vienna"

[[hours.day]]
days = [1, 2]
opens = "08:00"
closes = "24:00"

[[rooms]]
code = "DX01"
name = "X-ray"
site = "S"
hours = "day"
modalities = ["DX"]
stations = [{ ae_title = "DX01", modality = "DX" }]

[[procedures]]
code = "71046"
name = "Chest"
modality = "DX"
body_part = "CHEST"
minutes = 10
"""
