"""Versions installed in this environment, as a constraints file for pip; run it once the suite has passed:

    .venv/bin/python tests/constraints.py > tests/constraints.txt

The first line names the Python and platform that the versions belong to; `--here` prints that line alone, for
tests/run.sh.
"""

import platform
import sys
from importlib.metadata import distributions

INSTALLERS = {"pip", "setuptools", "wheel"}


def here() -> str:
    """The first line of a constraints file that belongs to this Python."""
    version = ".".join(platform.python_version_tuple()[:2])
    return f"# {platform.python_implementation()} {version}, {platform.system()} {platform.machine()}"


def versions() -> list[str]:
    """`name==version` of everything that is installed beside this Python, in alphabetical order."""
    found = {distribution.name.lower(): distribution.version for distribution in distributions()}
    return [f"{name}=={version}" for name, version in sorted(found.items()) if name not in INSTALLERS]


if __name__ == "__main__":
    print(here())
    if "--here" not in sys.argv:
        print(*versions(), sep="\n")
