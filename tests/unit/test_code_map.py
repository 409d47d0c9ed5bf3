"""The map of the code names every package, and nothing that is not there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
MAP = (ROOT / "docs" / "code.md").read_text()


def test_every_package_is_on_the_map() -> None:
    there = {one.stem for one in (ROOT / "worklist").iterdir() if not one.name.startswith("_")}
    packages = MAP[MAP.index("## Packages") : MAP.index("## Inside a package")]
    named = set(re.findall(r"`(\w+)`", packages))
    assert there - named == set()
    assert {one for one in named - there if not (ROOT / one).exists()} == set()


def test_every_file_on_the_map_exists() -> None:
    way = MAP[: MAP.index("## Packages")]
    for row in way.splitlines():
        folder = ROOT
        for name in re.findall(r"`([\w/]+\.py)`", row):
            # A name alone stands for a file beside the one before it.
            path = ROOT / name if "/" in name else folder / name
            assert path.exists(), name
            folder = path.parent
    for name in re.findall(r"`(\w+/[\w/.]*)`", MAP):
        assert (ROOT / name).exists(), name
