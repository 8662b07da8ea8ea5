"""One portfolio for all tests of reports, and the real command line run in its folder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import report_world
from report_world import Run
from shared import ROOT

import cli


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with configuration and store."""
    return report_world.build(tmp_path_factory.mktemp("portfolio"))


@pytest.fixture
def run(
    built: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Run:
    """Types a command in an empty folder, about the portfolio. Returns code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DOVETAIL_CONFIG", str(built / "dovetail.yaml"))
    monkeypatch.delenv("COLUMNS", raising=False)

    def typed(*arguments: str | Path) -> tuple[int, str, str]:
        capfd.readouterr()
        code = cli.main([str(one) for one in arguments])
        said = capfd.readouterr()
        return code, said.out, said.err

    return typed


@pytest.fixture(scope="session")
def files(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every report of the portfolio, written by the examples of docs/pack.md, and the page."""
    folder = tmp_path_factory.mktemp("reports")
    page = (ROOT / "docs" / "pack.md").read_text(encoding="utf-8")
    plain = re.sub(r"```yaml\n.*?```", "", page, flags=re.S)
    lines = [line for block in re.findall(r"```\n(.*?)```", plain, flags=re.S) for line in block.splitlines()]
    assert len(lines) == 4
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("DOVETAIL_CONFIG", str(built / "dovetail.yaml"))
        for line in (*lines, "dovetail report html -o page.html"):
            assert cli.main([*line.split()[1:], "--quiet"]) == 0, line
    return folder
