"""docs/twins.md: its table is that of the code, its examples work in their order."""

from __future__ import annotations

import re
import shlex
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from command_world import Folder
from shared import ROOT
from test_reconcile_command import fill, item

from sync.config import load_config
from sync.twin_evidence import AGREEING, CONFIRMED_FROM, EVIDENCE, LOWERED_TO
from sync.twins_file import read_twins

PAGE = (ROOT / "docs" / "twins.md").read_text(encoding="utf-8")
_WITHOUT_YAML = re.sub(r"```yaml\n.*?```", "", PAGE, flags=re.S)
_EVERY_COMMAND = [
    line for block in re.findall(r"```\n(.*?)```", _WITHOUT_YAML, flags=re.S) for line in block.splitlines()
]
# Those that bring dates into line need trackers that can be written to: test_reconcile_fix.py runs them.
COMMANDS = [line for line in _EVERY_COMMAND if "fix" not in line]


def test_the_table_of_evidence_is_that_of_the_code() -> None:
    rows = re.findall(r"^\| `([a-z ]+)` \| (\d+) % \| (\d+) % \| (.+) \|$", PAGE, flags=re.M)
    assert [(name, int(one) / 100, int(both) / 100, about) for name, one, both, about in rows] == [
        (kind.name, kind.one_way, kind.both_ways, kind.about) for kind in EVIDENCE.values()
    ]
    assert (CONFIRMED_FROM, AGREEING, LOWERED_TO) == (0.9, 0.9, 0.5)
    assert "From 90 % on a pair is confirmed" in PAGE
    assert "lowered to 50 %" in PAGE


def test_the_example_of_the_file_is_read() -> None:
    text, _ = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.S)
    entries, problems = read_twins(text, "twins.yaml", ["shop", "boards", "plans"])
    assert problems == []
    assert [(one.keys, one.ids, one.is_confirmed) for one in entries] == [
        (("shop:CHK-14", "boards:1240"), ("shop/10014", "boards/1240"), True),
        (("shop:CHK-12", "plans:checkout#7"), None, True),
        (("shop:CHK-15", "boards:1241"), None, False),
    ]
    assert entries[0].at == datetime(2026, 11, 24, 9, 5, 7, tzinfo=UTC)


def test_the_example_of_masters_is_a_configuration(tmp_path: Path) -> None:
    _, text = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.S)
    path = tmp_path / "dovetail.yaml"
    path.write_text(f"version: 1\n{text}")
    masters = load_config(path).masters
    assert masters.of(None) == masters.of("checkout") == {"due": "shop", "start": "shop", "state": "boards"}
    assert masters.of("warehouse") == {"due": "plans", "start": "shop", "state": "boards"}
    assert [line for line in _EVERY_COMMAND if "fix" in line] == [
        "dovetail reconcile --fix", "dovetail reconcile --fix --output fix.json", "dovetail apply fix.json",
    ]  # fmt: skip


@pytest.fixture
def documented(folder: Folder) -> Folder:
    fill(
        folder,
        [
            item("shop", "CHK-12", title="Payment page", due=date(2026, 12, 8)),
            item("boards", "1234", title="Payments", due=date(2026, 12, 1), twin_keys=["CHK-12"]),
            item("shop", "CHK-14", title="Discount codes"),
            item("boards", "1240", title="Discount code"),
            item("shop", "CHK-15", title="Opening hours of the shop"),
            item("boards", "1241", title="Opening hours of the shop"),
        ],
    )
    return folder


def test_every_example_works_in_its_order(documented: Folder) -> None:
    assert len(COMMANDS) == 9
    said = []
    for line in COMMANDS:
        answer = documented.run(*shlex.split(line.removeprefix("dovetail ")))
        assert answer.code == 0, (line, answer.err)
        said.append(answer)
    assert "boards:1240" in said[0].out
    assert "boards:1241" in said[0].out
    assert "2 pairs: 1 confirmed, 1 rejected" not in said[3].err  # the pair of the field is listed as well
    assert "3 pairs: 2 confirmed, 1 rejected." in said[3].err
    assert "They differ in title, due" in said[6].err
