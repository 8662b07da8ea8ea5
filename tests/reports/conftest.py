"""One portfolio for all tests of reports, and the real command line run in its folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import report_world

import cli

Run = Callable[..., tuple[int, str, str]]


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
    """A folder with every report of the portfolio, as the command line writes it."""
    folder = tmp_path_factory.mktemp("reports")
    for report, names in {
        "pack": ("pack.pptx", "pack.pdf"),
        "html": ("page.html",),
        "xlsx": ("workbook.xlsx",),
    }.items():
        outputs = [part for name in names for part in ("-o", str(folder / name))]
        config = ["--config", str(built / "dovetail.yaml"), "--quiet"]
        assert cli.main(["report", report, *outputs, *config]) == 0
    return folder
