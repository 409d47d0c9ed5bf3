"""Run every benchmark, or those named, and print their tables.

python -m bench [name ...]
"""

import importlib
import os
import pkgutil
import platform
import sys
import time
import traceback
from types import ModuleType

import bench
from bench.measure import Table, quiet, text


def benchmarks() -> dict[str, ModuleType]:
    """Return the modules of this package that have a title, by name."""
    names = [found.name for found in pkgutil.iter_modules(bench.__path__) if found.name[0] != "_"]
    modules = {name: importlib.import_module(f"bench.{name}") for name in names}
    return {name: module for name, module in modules.items() if hasattr(module, "TITLE")}


def main(names: list[str]) -> int:
    """Run benchmarks; returns 1 when one of them has failed."""
    known = benchmarks()
    unknown = sorted(set(names) - set(known))
    if unknown:
        print(f"No benchmark named {', '.join(unknown)}. There are: {', '.join(known)}.")
        return 2
    print(f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
          f"Python {platform.python_version()}")  # fmt: skip
    quiet()
    failed = [name for name in names or known if not _run(known[name])]
    if failed:
        print(f"\nFailed: {', '.join(failed)}")
    return 1 if failed else 0


def _run(module: ModuleType) -> bool:
    print(f"\n## {module.TITLE}\n", flush=True)
    began = time.monotonic()
    try:
        tables: list[Table] = list(module.run())
    except Exception:  # noqa: BLE001 - the next benchmark is worth running
        traceback.print_exc()
        return False
    print("\n\n".join(map(text, tables)))
    print(f"\n({time.monotonic() - began:.0f} s)", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
