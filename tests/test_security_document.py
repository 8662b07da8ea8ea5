"""docs/security.md: its examples are valid, and the tests it names exist."""

from __future__ import annotations

import re
from pathlib import Path

from shared import ROOT

from sync.config_reading import read_config

TEXT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")


def test_every_test_that_it_names_exists() -> None:
    named = re.findall(r"`(tests/[^`]+)`", TEXT)
    assert len(named) > 25
    assert [one for one in named if not (ROOT / one).is_file()] == []


def test_its_example_is_valid(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", TEXT, flags=re.S)
    config = read_config(tmp_path / "dovetail.yaml", f"version: 1\n{example}")
    (source,) = config.sources
    assert source.settings.proxy.user == "dovetail"  # type: ignore[attr-defined]
    assert source.settings.tls.client_key == "dovetail.key"  # type: ignore[attr-defined]


def test_its_commands_are_those_of_the_command_line() -> None:
    from commands.db import db

    lines = re.findall(r"^dovetail db (\S+) (\S+)(?: (--\S+))?$", TEXT, flags=re.M)
    assert [one[2] for one in lines] == ["", "--yes"]
    for verb, _, option in lines:
        options = [name for one in db.commands[verb].params for name in one.opts]
        assert not option or option in options
