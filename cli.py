"""The command line: `dovetail`. The group and nothing else; every verb is in `commands/`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

_PACKAGES = (
    "commands", "connectors", "notify", "portfolio", "reports", "rules", "schedule", "simulators", "store",
    "sync",
)  # fmt: skip
_MARKER = "IS_DOVETAIL = True"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code, DESIGN §10."""
    foreign = foreign_packages()
    if foreign:
        sys.stderr.write(_complaint(foreign))
        return 70
    from commands.running import run

    return run(sys.argv[1:] if arguments is None else arguments)


def foreign_packages(packages: Sequence[str] = _PACKAGES) -> dict[str, str]:
    """The packages that are not Dovetail's, and where they are.

    Our import packages have everyday names (docs/decisions/0001), so another distribution in the same
    environment may have replaced one. Nothing is imported to find out: what is foreign must not run.
    """
    found: dict[str, str] = {}
    for name in packages:
        spec = find_spec(name)
        source = None if spec is None or spec.origin is None else _text_of(Path(spec.origin))
        if source is None or _MARKER not in source:
            found[name] = "missing" if spec is None else str(spec.origin or "a folder without __init__.py")
    return found


def _text_of(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _complaint(foreign: dict[str, str]) -> str:
    places = "\n".join(f"  {name}: {place}" for name, place in foreign.items())
    return (
        "error: Dovetail cannot start: these packages of this environment are not Dovetail's.\n"
        f"{places}\n"
        "  Another distribution uses the same name. Install Dovetail in an environment of its own: "
        "`pipx install dovetail` or `uv tool install dovetail`.\n"
    )


if __name__ == "__main__":
    sys.exit(main())
