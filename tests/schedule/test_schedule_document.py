"""The example of docs/schedule.md is computed, not remembered."""

from __future__ import annotations

from schedule_worlds import Work, world
from shared import ROOT

from schedule.drivers import Reason


def rows() -> list[list[str]]:
    text = (ROOT / "docs" / "schedule.md").read_text(encoding="utf-8")
    example = text.split("| item | waits for | start | due | network says |\n", 1)[1].split("\n\n", 1)[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in example.splitlines()[1:]]


def test_the_example_of_the_document_comes_out_as_it_says() -> None:
    table = rows()
    found = world(
        {name: Work(start or None, due or None) for name, _, start, due, _ in table},
        [(before, name) for name, before, *_ in table if before],
        today="2026-11-23",
    )
    assert {name: f"{start} to {due}" for name, (start, due) in found.dates.items()} == {
        row[0]: row[4] for row in table
    }
    assert len(table) == 5
    assert found.why("plan#7") == [
        ("plan#7", Reason.PREDECESSOR),
        ("4711", Reason.PREDECESSOR),
        ("CHK-1", Reason.OWN_DATE),
    ]
    assert [found.driver(row[0]) for row in table] == [None, "CHK-1", "4711", "plan#7", None]
