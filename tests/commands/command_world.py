"""A folder with a configuration and plans, and the real command line run in this process."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from shared import ROOT

import cli

SMALL_PLAN = ROOT / "tests" / "data" / "small-plan.xml"
CONFIG = """\
version: 1
timezone: Europe/Zurich
sources:
  - {name: plans, kind: project_file, path: plans/*.xml}
portfolio:
  name: Moves
  projects:
    - {name: Office move, lead: pia@moves.example, scopes: ["plans:office.xml"]}
"""
TODAY = ("--today", "2026-11-24")


@dataclass
class Answer:
    """How a command ended, and what it said where."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


class Folder:
    """The working folder of a test, in which commands are typed."""

    def __init__(self, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.path = path
        self._capsys = capsys

    def run(self, *arguments: str | Path) -> Answer:
        self._capsys.readouterr()
        code = cli.main([str(one) for one in arguments])
        said = self._capsys.readouterr()
        # For the secret scan, beside the folder: what is in it belongs to the test.
        with self.path.with_name(f"{self.path.name}.said").open("a", encoding="utf-8") as file:
            file.write(said.out + said.err)
        return Answer(code, said.out, said.err)

    def configure(self, text: str = CONFIG) -> None:
        (self.path / "dovetail.yaml").write_text(text, encoding="utf-8")

    def add_plan(self, name: str = "plans/office.xml", *, tasks: dict[int, str] | None = None) -> Path:
        """The small plan; `tasks` gives tasks other names, by their unique id."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SMALL_PLAN, path)
        text = path.read_text(encoding="utf-8")
        for uid, title in (tasks or {}).items():
            text = re.sub(rf"(<UID>{uid}</UID>.*?<Name>).*?(</Name>)", rf"\g<1>{title}\g<2>", text, count=1)
        path.write_text(text, encoding="utf-8")
        return path

    def add_sound_plan(self, name: str) -> Path:
        """The small plan with nothing wrong on 15 October 2026: nothing late, a baseline everywhere."""
        path = self.add_plan(name)
        text = path.read_text(encoding="utf-8").replace("<Finish>2026-10-30", "<Finish>2026-10-16")
        text = text.replace("<StatusDate>2026-10-30", "<StatusDate>2026-10-15")
        text = text.replace("<PercentComplete>50", "<PercentComplete>80")
        head, _, tail = text.rpartition("</Task>")
        day = "2026-11-02T08:00:00"
        baseline = f"<Baseline><Number>0</Number><Start>{day}</Start><Finish>{day}</Finish></Baseline>"
        path.write_text(f"{head}{baseline}</Task>{tail}", encoding="utf-8")
        return path
