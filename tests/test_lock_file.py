"""`make install` takes requirements.lock as it is, so the lock must hold all that pyproject.toml asks for."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from shared import ROOT

LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
# A locked package with everything up to the next one: its marker, and its hashes on the lines below.
ENTRIES = re.findall(r"^([A-Za-z0-9._-]+)==(\S+)(.*?)(?=^\S|\Z)", LOCK, flags=re.DOTALL | re.MULTILINE)
LOCKED = {canonicalize_name(name): version for name, version, _ in ENTRIES}


def asked_for() -> Iterator[Requirement]:
    """What the package and its extras ask for; an extra that names the package's own extras adds nothing."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for group in (project["dependencies"], *project["optional-dependencies"].values()):
        yield from (one for one in map(Requirement, group) if one.name != project["name"])


@pytest.mark.parametrize("requirement", sorted(set(asked_for()), key=str), ids=str)
def test_the_lock_holds_a_version_of_every_dependency_that_fits(requirement: Requirement) -> None:
    version = LOCKED.get(canonicalize_name(requirement.name))
    assert version is not None, "`make lock` resolves pyproject.toml again"
    assert requirement.specifier.contains(version)


def test_every_locked_package_has_its_hashes() -> None:
    assert len(ENTRIES) > 50
    assert [name for name, _, rest in ENTRIES if "--hash=sha256:" not in rest] == []
