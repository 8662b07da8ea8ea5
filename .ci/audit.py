"""Ask PyPI's vulnerability database about every locked dependency.

Fails where one has a known vulnerability. Where the database cannot be asked, says so plainly and does not
fail: a build without a network is no vulnerability, and no proof of their absence either.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SECONDS = 180


def main() -> int:
    """Print what was asked and found; 1 where something was found."""
    tool = Path(sys.executable).with_name("pip-audit")
    command = [
        str(tool), "-r", "requirements.lock", "--disable-pip", "--vulnerability-service", "pypi",
        "--progress-spinner", "off", "--format", "json",
    ]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)  # noqa: S603
        listed = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError) as error:
        print(f"NOT AUDITED: the vulnerability database gave no answer ({type(error).__name__}).")  # noqa: T201
        return 0
    return verdict(listed)


def verdict(listed: list[dict[str, object]]) -> int:
    """Print what came of the dependencies; 1 where one is vulnerable."""
    unasked = [one for one in listed if "skip_reason" in one]
    found = [one for one in listed if one.get("vulns")]
    asked = len(listed) - len(unasked)
    for one in found:
        ids = ", ".join(str(known["id"]) for known in one["vulns"])  # type: ignore[attr-defined]
        print(f"VULNERABLE: {one['name']} {one['version']}: {ids}")  # noqa: T201
    if not asked:
        print(f"NOT AUDITED: none of the {len(listed)} dependencies could be looked up; is there a network?")  # noqa: T201
    else:
        print(f"{asked} of {len(listed)} dependencies were looked up, {len(found)} are vulnerable.")  # noqa: T201
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
