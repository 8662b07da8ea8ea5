"""Each guard, switched off in turn, is missed by its check. docs/guards.md is made from here.

Make it again: `DOVETAIL_WRITE_DOCS=1 .venv/bin/python -m pytest tests/faults/test_guards.py -k documented`.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from guard import Guard
from guards import GUARDS, table
from shared import ROOT
from switching_off import Cut, switched_off

each = pytest.mark.parametrize("guard", GUARDS, ids=lambda one: one.name)


@each
def test_the_check_holds_and_misses_its_guard(guard: Guard, tmp_path: Path) -> None:
    (tmp_path / "on").mkdir()
    (tmp_path / "off").mkdir()
    guard.check(tmp_path / "on")
    with switched_off(guard.cuts), pytest.raises(AssertionError):
        guard.check(tmp_path / "off")


def test_no_two_guards_share_a_check() -> None:
    assert len({guard.name for guard in GUARDS}) == len(GUARDS)


def test_a_guard_that_has_moved_is_said() -> None:
    cuts = [Cut("sync.apply:apply", "if the_moon_is_full:", "if False:")]
    with pytest.raises(LookupError, match="does not hold this line"), switched_off(cuts):
        pass


def test_the_guards_are_documented() -> None:
    path = ROOT / "docs" / "guards.md"
    if "DOVETAIL_WRITE_DOCS" in os.environ:
        path.write_text(table(), encoding="utf-8")
    assert path.read_text(encoding="utf-8") == table()
