"""The schedule with known answers through the rules: which findings open, and what each of them counted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from plan_world import NOW, TODAY, a_store, derive_on, save
from test_derive_checks import golden_case

from portfolio.findings import Verdict
from rules import Override, compile_rule, load_catalogue
from rules.overrides import Said, with_places
from store import Store
from sync.check import CheckSettings, run_rule
from sync.placement import TreeNode

QUALITY = [rule for rule in load_catalogue(with_tests=False) if rule.group == "schedule-quality"]
TREE = [
    TreeNode("retail", "portfolio", None, "Retail"),
    TreeNode("move", "project", "retail", "Move", scopes=["plans:plan.xml"]),
]


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with a_store() as opened:
        save(opened, *golden_case()[0])
        derive_on(opened, tree=TREE)
        yield opened


def findings(store: Store, override: Override | None = None) -> dict[str, Verdict]:
    """One finding per rule at most: there is one plan."""
    said: list[Verdict] = []
    for rule in QUALITY:
        changed = override if "min_population" in rule.params else None
        said += run_rule(
            store, compile_rule(rule, "sqlite", changed), CheckSettings(rules=QUALITY), TODAY, NOW
        )
    assert len({one.rule for one in said}) == len(said)
    return {one.rule: one for one in said}


# Numerator and denominator as the case says them; the members that are to be looked at.
ALWAYS = {
    "dcma-dangling": ("low", 2, 12, ["I6", "I7"]),
    "dcma-leads": ("medium", 1, 13, ["I1->I2"]),
    "dcma-negative-float": ("high", 1, 12, ["I1"]),
    "dcma-invalid-dates": ("high", 2, 20, ["I2", "I3"]),
    "dcma-no-resources": ("medium", 1, 12, ["I10"]),
    "cpli-low": ("medium", 75, 80, ["M1"]),
    "critical-path-broken": ("high", None, None, ["I8"]),
}
# Shares of twelve tasks say little: these speak from twenty on, unless somebody wants them to.
FROM_NINE_ON = {
    "dcma-logic": ("medium", 1, 12, ["I12"]),
    "dcma-lags": ("low", 1, 13, ["I2->I6"]),
    "dcma-link-types": ("low", 11, 13, ["I5->I7", "I6->I8"]),
    "dcma-hard-constraints": ("medium", 2, 12, ["I7", "I9"]),
    "dcma-high-float": ("low", 1, 12, ["I6"]),
    "dcma-high-duration": ("low", 1, 12, ["I4"]),
    "dcma-missed-tasks": ("medium", 4, 9, ["C6", "C7", "I1", "I2"]),
    "bei-low": ("high", 8, 10, ["I1", "I2"]),
    "hit-rate-low": ("medium", 5, 9, ["C6", "C7", "I1", "I2"]),
}
EVERYWHERE = Override(params={"min_population": 9})
IN_THE_PROJECT = with_places([], {"move": [Said({"params": {"min_population": 9}})]})
IN_ANOTHER = with_places([], {"retail-2": [Said({"params": {"min_population": 9}})]})


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        (None, ALWAYS),
        (EVERYWHERE, ALWAYS | FROM_NINE_ON),
        (IN_THE_PROJECT, ALWAYS | FROM_NINE_ON),
        (IN_ANOTHER, ALWAYS),
    ],
)
def test_the_right_findings_open_with_the_right_numbers(
    store: Store, override: Override | None, expected: dict[str, tuple[str, int, int, list[str]]]
) -> None:
    found = findings(store, override)
    said = {
        rule: (
            one.severity,
            one.evidence.get("numerator"),
            one.evidence.get("denominator"),
            one.evidence["members"],
        )
        for rule, one in found.items()
    }
    assert said == expected


def test_one_task_in_twenty_two_without_a_baseline_is_tolerated(store: Store) -> None:
    (row,) = store.rows("schedule_check", where={"schedule_id": "plans/plan.xml", "check": "no-baseline"})
    assert (row["numerator"], row["denominator"], row["members"]) == (1, 22, ["I11"])
    assert "no-baseline" not in findings(store)


def test_a_reader_sees_what_was_counted(store: Store) -> None:
    found = findings(store, EVERYWHERE)
    assert found["cpli-low"].message == "Plan: 75 working days are left for a critical path of 80 (93.8%)."
    assert found["bei-low"].message == "Plan: 8 tasks are finished where the baseline planned 10 (80%)."
    assert found["dcma-logic"].message == (
        "Plan: 1 of 12 open tasks lack a predecessor or a successor (8.3%)."
    )
