"""Committees and freezes: the days that a configuration means, and what it may not say."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from portfolio.agenda import Committee, Freeze, Meeting, meetings
from portfolio.errors import ConfigError
from sync.config import Config, load_config

TREE = """\
version: 1
sources: [{name: plans, kind: project_file, path: plans/*.xml}]
portfolio: {name: Retail, projects: [{name: Checkout, scopes: ["plans:a.xml"]}]}
"""


def _load(folder: Path, text: str) -> Config:
    path = folder / "dovetail.yaml"
    path.write_text(TREE + text, encoding="utf-8")
    return load_config(path)


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (date(2026, 11, 1), date(2026, 12, 3), [date(2026, 11, 5), date(2026, 12, 3)]),
        (date(2026, 11, 6), date(2026, 12, 2), []),
        (date(2027, 1, 1), date(2027, 2, 28), [date(2027, 1, 28)]),  # over before 25 February
    ],
)
def test_a_series_meets_every_so_many_weeks(since: date, until: date, expected: list[date]) -> None:
    committee = Committee(name="Steering", first=date(2026, 11, 5), every_weeks=4, until=date(2027, 2, 24))
    assert committee.days(since, until) == expected


def test_named_days_and_a_series_are_told_once_and_in_order() -> None:
    board = Committee(
        name="Board",
        dates=(date(2026, 12, 9), date(2026, 12, 1)),
        first=date(2026, 12, 2),
        every_weeks=1,
    )
    steering = Committee(name="Steering", dates=(date(2026, 12, 2),), project="retail")
    found = meetings([steering, board], date(2026, 12, 1), date(2026, 12, 10))
    assert [(one.day.day, one.committee) for one in found] == [
        (1, "Board"),
        (2, "Board"),
        (2, "Steering"),
        (9, "Board"),
    ]
    assert found[2] == Meeting(day=date(2026, 12, 2), committee="Steering", project="retail")


def test_the_configuration_names_committees_and_freezes(tmp_path: Path) -> None:
    config = _load(
        tmp_path,
        """\
committees:
  - {name: Steering, first: 2026-11-05, every_weeks: 4}
  - {name: Board, dates: [2026-12-01], project: checkout}
freezes:
  - {name: Year end, days: 2026-12-18..2027-01-04}
  - {name: Audit, days: 2027-02-01, project: retail}
""",
    )
    assert list(config.committees) == [
        Committee(name="Steering", first=date(2026, 11, 5), every_weeks=4),
        Committee(name="Board", dates=(date(2026, 12, 1),), project="checkout"),
    ]
    assert list(config.freezes) == [
        Freeze(name="Year end", first=date(2026, 12, 18), last=date(2027, 1, 4)),
        Freeze(name="Audit", first=date(2027, 2, 1), last=date(2027, 2, 1), project="retail"),
    ]


def test_everything_wrong_with_an_agenda_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        _load(
            tmp_path,
            """\
committees:
  - {name: Never}
  - {name: Half, first: 2026-11-05}
  - {name: Where, dates: [2026-12-01], project: chekout}
freezes:
  - {name: Backwards, days: 2027-01-04..2026-12-18}
""",
        )
    told = "\n".join(caught.value.problems)
    for part in ("it never meets", "`every_weeks` is missing", "did you mean `checkout`", "2026-12-24"):
        assert part in told
