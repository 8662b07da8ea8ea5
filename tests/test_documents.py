"""Documents that name tests name tests that exist."""

from __future__ import annotations

import re

from shared import ROOT


def test_every_test_that_the_promises_name_exists() -> None:
    named = re.findall(r"`(tests/[^`]+)`", (ROOT / "docs" / "promises.md").read_text(encoding="utf-8"))
    assert len(named) > 20
    assert [name for name in named if not (ROOT / name).exists()] == []
