"""The parts of the demo: its folder, its reading of Jira's documents, its shortening of long outputs."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from commands.demo import how_to_reach_dovetail
from commands.demo_boards import BoardsReader
from commands.demo_boards import lines as html_lines
from commands.demo_folder import prepare, write_config
from commands.demo_jira import JiraReader, lines
from commands.demo_stage import shortened, trackers_running
from portfolio.errors import UsageError
from simulators.portfolio.serve import answer_commands, running, today_in_zurich
from sync.config_reading import read_config


def test_a_new_folder_is_made_and_a_second_run_empties_it(tmp_path: Path) -> None:
    folder = prepare(tmp_path / "my demo", "demo")
    (folder / "plans").mkdir()
    (folder / "plans" / "old.xml").write_text("old")
    for name in ("dovetail.db", "dovetail.db-wal", "dovetail.db.lock", "dovetail.yaml"):
        (folder / name).write_text("old")
    assert prepare(tmp_path / "my demo", "demo") == folder
    assert [path.name for path in folder.iterdir()] == [".dovetail-demo"]


def test_what_somebody_else_put_there_stays(tmp_path: Path) -> None:
    folder = prepare(tmp_path / "demo", "demo")
    (folder / "notes.txt").write_text("mine")
    prepare(folder, "simulate")
    assert (folder / "notes.txt").read_text() == "mine"


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "dovetail.yaml").write_text("version: 1")
    with pytest.raises(UsageError, match="is not empty"):
        prepare(tmp_path, "demo")
    assert (tmp_path / "dovetail.yaml").read_text() == "version: 1"


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("a file")
    with pytest.raises(UsageError, match="is not empty"):
        prepare(tmp_path / "demo", "demo")


def test_the_configuration_names_the_site_and_no_secret(tmp_path: Path) -> None:
    places = {"jira_url": "http://127.0.0.1:4711", "jira_user": "bot@demo.example"}
    places |= {"boards_url": "http://127.0.0.1:4712/shop", "identity_url": "http://127.0.0.1:4713/shop"}
    text = write_config(tmp_path, "demo", **places).read_text()
    config = read_config(tmp_path / "dovetail.yaml", text)
    assert [source.name for source in config.sources] == ["shop", "boards", "plans"]
    for address in ("http://127.0.0.1:4711", "http://127.0.0.1:4712/shop", "http://127.0.0.1:4713/shop"):
        assert f"url: {address}" in text
    assert "token: {env: JIRA_TOKEN}" in text
    assert "token: {env: ADO_PAT}" in text
    assert 'scopes: ["plans:store-rollout.xml", "boards:Shop Devices\\\\Rollout"]' in text


def test_a_document_becomes_lines() -> None:
    def text(words: str) -> dict[str, object]:
        return {"type": "text", "text": words}

    def paragraph(words: str) -> dict[str, object]:
        return {"type": "paragraph", "content": [text(words)]}

    bullet = {"type": "listItem", "content": [paragraph("Due: 19 Nov 2026"), paragraph("second line")]}
    cells = [{"type": "tableCell", "content": [paragraph(words)]} for words in ("a", "b")]
    document = {
        "type": "doc",
        "version": 1,
        "content": [
            {"type": "heading", "attrs": {"level": 3}, "content": [text("Portfolio check")]},
            paragraph("High"),
            {"type": "bulletList", "content": [bullet]},
            {"type": "table", "content": [{"type": "tableRow", "content": cells}]},
            {"type": "rule"},
        ],
    }
    assert list(lines(document)) == [
        "Portfolio check", "---------------", "High", "• Due: 19 Nov 2026", "  second line", "a | b", "----",
    ]  # fmt: skip


def test_html_becomes_the_same_lines() -> None:
    comment = (
        "<h3>Portfolio check</h3><p>High</p><ul><li><p>Due: 19&nbsp;Nov 2026</p></li>"
        "<li>a &lt;b&gt;</li></ul>"
        "<table><tr><th>a</th><th>b</th></tr></table><hr><div>end</div>"
    )
    assert html_lines(comment) == [
        "Portfolio check", "---------------", "High", "• Due: 19 Nov 2026", "• a <b>", "a | b", "----", "end",
    ]  # fmt: skip


def test_a_long_output_keeps_its_beginning_and_its_end_and_says_so() -> None:
    long = [f"line {number}" for number in range(100)]
    short = shortened(long, "dovetail plan")
    assert short[15:18] == ["line 15", "… 76 more lines; to see them: dovetail plan", "line 92"]
    assert (short[0], short[-1]) == ("line 0", "line 99")
    assert shortened(long[:26], "dovetail plan") == long[:26]


def test_the_trackers_answer_line_by_line(tmp_path: Path) -> None:
    answers = io.StringIO()
    with running(tmp_path, date(2026, 11, 24)) as trackers:
        answer_commands(trackers, io.StringIO("counts\nweek\nnonsense\n"), answers)
    counts, week, error = (json.loads(line) for line in answers.getvalue().splitlines())
    assert counts == {"jira": {"mails": 0, "writes": 0}, "boards": {"mails": 0, "writes": 0}}
    assert week["today"] == "2026-12-01"
    assert error == {"error": "unknown command 'nonsense'"}


def test_a_second_week_is_refused(tmp_path: Path) -> None:
    with running(tmp_path, date(2026, 11, 24)) as trackers:
        trackers.pass_week()
        with pytest.raises(RuntimeError, match="has passed already"):
            trackers.pass_week()


def test_the_trackers_end_with_whoever_started_them(tmp_path: Path) -> None:
    with trackers_running(tmp_path / "with spaces", today_in_zurich(), 7) as trackers:
        jira = JiraReader(trackers.jira_url, trackers.jira_user, trackers.jira_token)
        assert jira.title("WMS-50") == "Cut-over rehearsal"
        assert jira.comments("WMS-50") == {}
        boards = BoardsReader(trackers.boards_url, trackers.boards_token)
        assert boards.title("511") == "Terminal replacement"
        assert boards.comments("511") == {}
        assert boards.fields("511", ["Priority", "Portfolio health"]) == {"Priority": 2}
        assert trackers.process.poll() is None
    assert trackers.process.returncode == 0


def test_the_line_for_the_shell_holds_where_the_path_has_a_space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "my dovetail"
    folder.mkdir()
    script = folder / "dovetail"
    script.write_text('#!/bin/sh\necho "$1 of $0"\n')
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(folder / "python"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    (line,) = how_to_reach_dovetail()
    shell = ["/bin/sh", "-c", f"{line}\ndovetail 'two words'"]
    said = subprocess.run(shell, capture_output=True, text=True, check=True).stdout
    assert said == f"two words of {script}\n"
