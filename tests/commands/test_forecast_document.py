"""docs/forecast.md: its example of scores is what the commands print."""

from __future__ import annotations

import json
import re
import shlex
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from command_world import Folder
from shared import ROOT
from test_reconcile_command import CONFIG, item

from portfolio.records import Page
from portfolio.views import VIEWS
from store import Store, open_store
from sync.derive import derive
from sync.workspace import DeriveSettings

PAGE = (ROOT / "docs" / "forecast.md").read_text(encoding="utf-8")
COMMANDS = [
    line for block in re.findall(r"```\n(dovetail.*?)```", PAGE, flags=re.S) for line in block.splitlines()
]
(SHOWN,) = re.findall(r"```text\n(.*?)```", PAGE, flags=re.S)
FIGURES = re.findall(r"^\| `(\w+)` \| (-?[\d.]+) \| ", PAGE, flags=re.M)
DUE = date(2026, 11, 27)
FIRST, SECOND = date(2026, 11, 2), date(2026, 11, 16)
NOW = datetime(2026, 12, 14, 9, tzinfo=UTC)


def address(folder: Path) -> str:
    return f"sqlite:///{folder / 'dovetail.db'}"


def remember(store: Store, made: date, numbers: range, p50: date, **trail: object) -> None:
    count = len(numbers)
    given = {
        "class": "date, 20 to 60 days", "forecast_method": "plan date × reference class", "due": DUE,
        "p50": p50, "p80": max(p50, date(2026, 12, 4)), "late_chance": 0.25, **trail,
    }  # fmt: skip
    columns = {name: [value] * count for name, value in given.items()}
    store.save_forecasts(made, {"item_id": [f"shop/S-{number}" for number in numbers], **columns})


@pytest.fixture
def scored(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """The twenty stories of the page; the last four are late, and 14 to 18 are warned of."""
    monkeypatch.setattr("sync.derive.workday_table", lambda _: {"day": [], "ord": []})
    folder.configure(CONFIG)
    with open_store(address(folder.path)) as store:
        run = store.start_run("pull", NOW)
        store.declare_source("shop", "jira", "jira", "1")
        done = {number: date(2026, 11, 26) if number < 16 else date(2026, 12, 11) for number in range(20)}
        stories = [
            item("shop", f"S-{number}", state="done", due=DUE, actual_finish=finish)
            for number, finish in done.items()
        ]
        store.save_page("shop", "all", Page(records=stories), run_id=run, now=NOW)
        remember(store, FIRST, range(20), DUE, moved_wd=0)
        remember(store, SECOND, range(14, 19), date(2026, 12, 4), moved_wd=5, warned_since=SECOND)
        derive(store, DeriveSettings(timezone="Europe/Zurich"), today=NOW.date(), now=NOW)
    return folder


def test_status_and_export_say_what_the_page_says(scored: Folder) -> None:
    assert COMMANDS == ["dovetail status", "dovetail export calibration --format csv"]
    said = [scored.run(*shlex.split(line.removeprefix("dovetail "))) for line in COMMANDS]
    assert [answer.code for answer in said] == [0, 0]
    heading, _, rest = said[0].out.partition("Forecasts of what is done by now\n")
    assert "Sources" in heading
    assert [line.rstrip() for line in rest.partition("\n\n")[0].splitlines()] == SHOWN.splitlines()
    assert said[1].lines[0] == ",".join(VIEWS["calibration"].names)

    (row,) = map(json.loads, scored.run("export", "calibration").lines)
    assert row == {"class": "date, 20 to 60 days", **{name: json.loads(value) for name, value in FIGURES}}


def test_what_is_unknown_is_left_empty(scored: Folder) -> None:
    with open_store(address(scored.path)) as store:
        empty = {name: [None] for name in VIEWS["calibration"].names}
        store.replace("derived_calibration", {**empty, "class": ["backlog"], "n": [1], "bias_wd": [0.02]})
    lines = scored.run("status").out.partition("Forecasts of what is done by now\n")[2].splitlines()
    assert lines[1].split() == ["backlog", "1", "right", "on", "average"]


def test_without_a_scored_forecast_status_does_not_speak_of_any(office: Folder) -> None:
    answer = office.run("status")
    assert answer.code == 0
    assert "Sources" in answer.out
    assert "Forecasts" not in answer.out
