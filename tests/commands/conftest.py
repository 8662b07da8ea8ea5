"""Fixtures of the command line's tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_world import Folder


@pytest.fixture
def folder(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Folder:
    """An empty working folder, in which nothing of this machine's configuration is found."""
    monkeypatch.chdir(tmp_path)
    for name in ("XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    for name in ("DOVETAIL_CONFIG", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    return Folder(tmp_path, capsys)


@pytest.fixture
def office(folder: Folder) -> Folder:
    """A configuration with one plan of four tasks; nothing was read yet."""
    folder.configure()
    folder.add_plan()
    return folder
