"""The audit of dependencies fails on a vulnerability, and never calls an unanswered question an answer."""

from __future__ import annotations

import runpy

import pytest
from shared import ROOT

verdict = runpy.run_path(str(ROOT / ".ci" / "audit.py"))["verdict"]
SOUND = {"name": "click", "version": "8.2.0", "vulns": []}
UNASKED = {
    "name": "rich",
    "skip_reason": "Dependency not found on PyPI and could not be audited: rich (14.0)",
}
BROKEN = {"name": "lxml", "version": "6.0.0", "vulns": [{"id": "PYSEC-2026-1"}]}


def test_a_vulnerability_fails_the_build_even_where_others_could_not_be_asked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert verdict([SOUND, UNASKED, BROKEN]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "VULNERABLE: lxml 6.0.0: PYSEC-2026-1",
        "2 of 3 dependencies were looked up, 1 are vulnerable.",
    ]


def test_where_nothing_could_be_asked_it_says_so_and_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert verdict([UNASKED, UNASKED]) == 0
    said = capsys.readouterr().out
    assert said == "NOT AUDITED: none of the 2 dependencies could be looked up; is there a network?\n"


def test_sound_dependencies_pass(capsys: pytest.CaptureFixture[str]) -> None:
    assert verdict([SOUND]) == 0
    assert "1 of 1 dependencies were looked up, 0 are vulnerable." in capsys.readouterr().out
