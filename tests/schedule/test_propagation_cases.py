"""The twenty published cases of slip propagation: what was moved, and the dates that follow from it."""

from __future__ import annotations

import json

import pytest
from schedule_worlds import Work, world
from shared import shared

NAMES = (
    "push_keeps_working_duration", "pred_over_weekend", "succ_start_only", "succ_start_only_before_weekend",
    "succ_finish_only_no_room", "succ_finish_only_room_left", "slack_partially_absorbed",
    "slack_fully_absorbed", "lag_in_working_days", "lag_spans_weekend", "pred_earlier_does_not_pull",
    "other_pred_limits", "pred_dates_removed", "undated_other_pred_ignored", "parent_follows_child",
    "parent_follower_pushed", "succ_parent_spans_children", "pred_of_parent_pushes_child", "chain_same_delta",
    "chain_absorbed_by_gap",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_published_case_of_propagation_comes_out_as_expected(name: str) -> None:
    cases = json.loads(shared("samples/schedule_cases/propagation_cases.json").read_text(encoding="utf-8"))
    assert [one["id"] for one in cases] == list(NAMES)
    case = next(one for one in cases if one["id"] == name)
    before = {item: (dates["start"], dates["finish"]) for item, dates in case["before"].items()}
    moved = {item: (dates["start"], dates["finish"]) for item, dates in case["moved"].items()}
    found = world(
        {item: Work(*dates) for item, dates in (before | moved).items()},
        [(one["pred"], one["succ"], one["type"], one["lag_working_days"]) for one in case["relations"]],
        case["parent"],
    )
    expected = {item: (dates["start"], dates["finish"]) for item, dates in case["expected"].items()}
    assert found.dates == expected | {item: before[item] for item in case["unchanged"]}
