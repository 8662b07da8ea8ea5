"""The life of a finding, as a pure function of what earlier runs said and what this run says."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from portfolio.findings import Finding, Verdict
from schedule.calendars import work_calendar
from sync.lifecycle import RuleLife, Situation, reconcile

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def verdict(**values: Any) -> Verdict:
    return Verdict(
        **{
            "finding_id": "f1",
            "rule": "due-passed",
            "rule_group": "schedule-slip",
            "subject": "item",
            "severity": "high",
            "title": "The date has passed",
            "why": "why",
            "action": "act",
            "message": "CHK-1 is 3 days late.",
            "item_id": "shop/1",
            "key": "CHK-1",
            "evidence": {"effective_due": date(2026, 11, 19)},
            "comment_items": ("shop/1",),
            "sources": ("shop",),
            **values,
        }
    )


def situation(now: datetime = NOW, *, rule: RuleLife | None = None, **values: Any) -> Situation:
    rules = values.pop("rules", {"due-passed": rule or RuleLife()})
    return Situation(now=now, rules=rules, **{"armed": frozenset({"shop"}), **values})


def step(stored: list[Finding], verdicts: list[Verdict], where: Situation) -> list[Finding]:
    """What is stored afterwards."""
    after = {finding.finding_id: finding for finding in stored}
    after.update((finding.finding_id, finding) for finding in reconcile(stored, verdicts, where))
    return list(after.values())


def opened(**values: Any) -> Finding:
    (finding,) = step([], [verdict()], situation())
    return msgspec.structs.replace(finding, **values)


def test_a_new_verdict_opens_a_finding_at_the_instant_of_the_run() -> None:
    (finding,) = step([], [verdict()], situation())
    assert (finding.state, finding.opened_at, finding.last_seen_at) == ("open", NOW, NOW)
    assert finding.evidence == {"effective_due": "2026-11-19"}
    assert not finding.is_legacy


def test_the_same_verdict_again_changes_nothing() -> None:
    assert reconcile([opened()], [verdict()], situation(NOW + timedelta(hours=2))) == []


def test_lists_that_come_back_from_the_store_are_equal_to_the_tuples_of_a_verdict() -> None:
    stored = opened(comment_items=["shop/1"], sources=["shop"])
    assert reconcile([stored], [verdict()], situation()) == []


def test_seven_days_turning_into_eight_is_the_same_finding() -> None:
    later = verdict(message="CHK-1 is 4 days late.")
    (finding,) = step([opened()], [later], situation(NOW + DAY))
    assert (finding.state, finding.opened_at, finding.message) == ("open", NOW, "CHK-1 is 4 days late.")


def test_a_rule_with_for_holds_its_finding_back_until_it_has_held_that_long() -> None:
    life = RuleLife(hold_for=2 * DAY)
    one = step([], [verdict()], situation(rule=life))
    assert (one[0].state, one[0].opened_at) == ("pending", NOW)
    two = step(one, [verdict()], situation(NOW + DAY, rule=life))
    assert two[0].state == "pending"
    three = step(two, [verdict()], situation(NOW + 2 * DAY, rule=life))
    assert (three[0].state, three[0].opened_at) == ("open", NOW + 2 * DAY)


def test_days_off_do_not_count_as_held() -> None:
    """From Friday morning to Monday morning one working day goes by."""
    friday, life = datetime(2026, 11, 20, 9, tzinfo=UTC), RuleLife(hold_for=2 * DAY)
    calendar = work_calendar()

    def at(days: int) -> Situation:
        return situation(friday + days * DAY, rule=life, working_days=calendar.working_days_between)

    found = step([], [verdict()], at(0))
    for days, state in ((1, "pending"), (2, "pending"), (3, "pending"), (4, "open")):
        found = step(found, [verdict()], at(days))
        assert (days, found[0].state) == (days, state)


def test_a_waiver_that_was_approved_covers_what_becomes_critical_and_comes_back() -> None:
    muted = opened(state="suppressed", muted_by="ana", muted_approver="cfo")
    (raised,) = step([muted], [verdict(severity="critical")], situation(NOW + DAY))
    assert (raised.state, raised.muted_approver) == ("suppressed", "cfo")
    (gone,) = step([raised], [], situation(NOW + 2 * DAY))
    assert (gone.state, gone.muted_approver) == ("resolved", "cfo")
    (back,) = step([gone], [verdict(severity="critical")], situation(NOW + 3 * DAY))
    assert back.state == "suppressed"
    without = msgspec.structs.replace(gone, muted_approver=None)
    assert step([without], [verdict(severity="critical")], situation(NOW + 3 * DAY))[0].state == "open"


def test_an_acknowledgement_ends_on_its_day() -> None:
    seen = opened(state="acknowledged", muted_until=NOW + 2 * DAY, muted_by="ana")
    (same,) = step([seen], [verdict()], situation(NOW + DAY))
    assert same.state == "acknowledged"
    (over,) = step([seen], [verdict()], situation(NOW + 2 * DAY))
    assert (over.state, over.muted_by) == ("open", None)


def test_a_gap_starts_the_waiting_again() -> None:
    life = RuleLife(hold_for=2 * DAY)
    one = step([], [verdict()], situation(rule=life))
    gap = step(one, [], situation(NOW + DAY, rule=life))
    assert (gap[0].state, gap[0].resolved_at) == ("resolved", None)
    again = step(gap, [verdict()], situation(NOW + 2 * DAY, rule=life))
    assert (again[0].state, again[0].opened_at) == ("pending", NOW + 2 * DAY)
    assert step(again, [verdict()], situation(NOW + 4 * DAY, rule=life))[0].reopened_count == 0


def test_a_rule_with_keep_resolves_only_after_the_condition_was_gone_that_long() -> None:
    life = RuleLife(keep_for=2 * DAY)
    one = step([], [verdict()], situation(rule=life))
    seen = step(one, [verdict()], situation(NOW + timedelta(hours=5), rule=life))
    gone = step(seen, [], situation(NOW + 2 * DAY, rule=life))
    assert gone[0].state == "open"
    later = step(gone, [], situation(NOW + 2 * DAY + timedelta(hours=5), rule=life))
    assert (later[0].state, later[0].resolved_because) == ("resolved", "fixed")


@pytest.mark.parametrize(
    ("ahead", "state"),
    [
        (timedelta(minutes=5), "open"),  # another machine's clock
        (2 * DAY - timedelta(seconds=1), "open"),
        (2 * DAY, "resolved"),
        (30 * DAY, "resolved"),  # a look ahead with --today
    ],
)
def test_a_finding_that_was_seen_later_than_now_is_kept_no_longer_than_its_rule_says(
    ahead: timedelta, state: str
) -> None:
    life = RuleLife(keep_for=2 * DAY)
    seen = step([], [verdict()], situation(NOW + ahead, rule=life))
    assert step(seen, [], situation(NOW, rule=life))[0].state == state


def test_what_a_look_ahead_held_back_waits_from_today_on() -> None:
    life = RuleLife(hold_for=2 * DAY)
    ahead = step([], [verdict()], situation(NOW + 30 * DAY, rule=life))
    today = step(ahead, [verdict()], situation(NOW, rule=life))
    assert (today[0].state, today[0].opened_at, today[0].last_seen_at) == ("pending", NOW, NOW)
    almost = step(today, [verdict()], situation(NOW + 2 * DAY - timedelta(seconds=1), rule=life))
    assert almost[0].state == "pending"
    assert step(almost, [verdict()], situation(NOW + 2 * DAY, rule=life))[0].state == "open"


@pytest.mark.parametrize(
    ("where", "cause"),
    [
        (situation(), "fixed"),
        (situation(ended=lambda _: "closed"), "closed"),
        (situation(ended=lambda _: "out of scope"), "out of scope"),
        (situation(silent=frozenset({"f1"})), "out of scope"),
        (situation(rules={}), "rule changed"),
    ],
)
def test_a_finding_is_resolved_with_its_cause(where: Situation, cause: str) -> None:
    (finding,) = step([opened()], [], where)
    assert (finding.state, finding.resolved_at, finding.resolved_because) == ("resolved", NOW, cause)


def test_a_silent_verdict_opens_nothing() -> None:
    assert reconcile([], [verdict()], situation(silent=frozenset({"f1"}))) == []


def test_a_finding_that_another_covers_is_out_of_scope_until_it_stands_alone_again() -> None:
    waived = opened(state="suppressed", muted_by="Pia", muted_reason="agreed")
    (covered,) = step([waived], [verdict()], situation(NOW + DAY, silent=frozenset({"f1"})))
    assert (covered.state, covered.resolved_because) == ("resolved", "out of scope")
    assert reconcile([covered], [verdict()], situation(NOW + 2 * DAY, silent=frozenset({"f1"}))) == []
    (alone,) = step([covered], [verdict()], situation(NOW + 3 * DAY))
    assert (alone.finding_id, alone.state, alone.muted_by) == ("f1", "suppressed", "Pia")


@pytest.mark.parametrize(("days", "count"), [(90, 1), (91, 0)])
def test_a_finding_is_reopened_within_ninety_days_and_new_after_them(days: int, count: int) -> None:
    resolved = step([opened()], [], situation())
    now = NOW + days * DAY
    (finding,) = step(resolved, [verdict()], situation(now))
    assert (finding.state, finding.reopened_count, finding.opened_at) == ("open", count, now)
    assert (finding.resolved_at, finding.resolved_because) == (None, None)


def test_a_snooze_ends_on_its_day() -> None:
    snoozed = opened(state="snoozed", muted_until=NOW + DAY, muted_by="ana", muted_reason="waiting")
    assert step([snoozed], [verdict()], situation(NOW + DAY / 2))[0].state == "snoozed"
    (awake,) = step([snoozed], [verdict()], situation(NOW + DAY))
    assert (awake.state, awake.muted_until, awake.muted_by) == ("open", None, None)


@pytest.mark.parametrize(
    ("state", "severity", "after"),
    [
        ("snoozed", "critical", "open"),
        ("snoozed", "medium", "snoozed"),
        ("suppressed", "critical", "open"),
        ("suppressed", "medium", "suppressed"),
        ("acknowledged", "critical", "acknowledged"),
    ],
)
def test_a_snooze_wakes_when_the_severity_rises_and_a_waiver_when_it_becomes_critical(
    state: str, severity: str, after: str
) -> None:
    muted = opened(state=state, muted_until=NOW + 10 * DAY, muted_by="ana")
    (finding,) = step([muted], [verdict(severity=severity)], situation(NOW + DAY))
    assert (finding.state, finding.severity) == (after, severity)


def test_a_waiver_outlives_a_spell_without_anything_to_waive() -> None:
    waived = opened(state="suppressed", muted_until=NOW + 30 * DAY, muted_by="ana", muted_reason="agreed")
    resolved = step([waived], [], situation(NOW + DAY))
    assert resolved[0].state == "resolved"
    (again,) = step(resolved, [verdict()], situation(NOW + 2 * DAY))
    assert (again.state, again.muted_reason) == ("suppressed", "agreed")
    expired = step(resolved, [verdict()], situation(NOW + 31 * DAY))
    assert expired[0].state == "open"


def test_a_failed_source_neither_resolves_nor_opens_nor_changes() -> None:
    frozen = situation(NOW + DAY, frozen=frozenset({"shop"}))
    assert reconcile([opened()], [], frozen) == []
    assert reconcile([opened()], [verdict(severity="critical")], frozen) == []
    assert reconcile([], [verdict()], frozen) == []


def test_a_finding_that_rests_on_two_sources_freezes_with_either() -> None:
    twin = verdict(sources=("shop", "plans"), comment_items=("shop/1", "plans/7"))
    assert reconcile([], [twin], situation(frozen=frozenset({"plans"}))) == []


def test_that_a_source_failed_is_itself_a_finding() -> None:
    stale = verdict(subject="source", item_id=None, comment_items=(), evidence={"error": "401"})
    (finding,) = step([], [stale], situation(frozen=frozenset({"shop"})))
    assert finding.state == "open"


def test_a_broken_rule_leaves_its_findings_as_they_are() -> None:
    assert reconcile([opened()], [], situation(broken=frozenset({"due-passed"}))) == []


def test_what_opens_before_its_tracker_is_armed_is_legacy() -> None:
    unarmed = situation(armed=frozenset())
    (finding,) = step([], [verdict()], unarmed)
    assert finding.is_legacy
    (later,) = step([finding], [verdict(severity="critical")], situation(NOW + DAY))
    assert later.is_legacy


def test_what_was_pending_when_its_tracker_was_armed_is_legacy_too() -> None:
    life = RuleLife(hold_for=2 * DAY)
    one = step([], [verdict()], situation(rule=life, armed=frozenset()))
    (finding,) = step(one, [verdict()], situation(NOW + 2 * DAY, rule=life))
    assert (finding.state, finding.is_legacy) == ("open", True)


def test_a_legacy_finding_that_was_resolved_and_returns_is_news() -> None:
    resolved = step([opened(is_legacy=True)], [], situation())
    assert not step(resolved, [verdict()], situation(NOW + DAY))[0].is_legacy


def test_of_two_verdicts_on_one_subject_the_graver_counts() -> None:
    (finding,) = step([], [verdict(severity="medium"), verdict(severity="critical")], situation())
    assert finding.severity == "critical"


def test_evidence_that_only_the_clock_moves_stays_as_it_was_shown() -> None:
    shown = {"effective_due": date(2026, 11, 19), "p80": date(2026, 12, 1)}
    stored = step([], [verdict(evidence=shown)], situation())
    drifted = {**shown, "p80": date(2026, 12, 4)}
    (finding,) = step(stored, [verdict(evidence=drifted)], situation(NOW + DAY))
    assert finding.evidence["p80"] == "2026-12-01"
    moved = {**shown, "p80": date(2026, 12, 6)}
    (finding,) = step(stored, [verdict(evidence=moved)], situation(NOW + DAY))
    assert finding.evidence["p80"] == "2026-12-06"


def test_evidence_that_a_person_moved_brings_the_forecast_along() -> None:
    shown = {"effective_due": date(2026, 11, 19), "p80": date(2026, 12, 1)}
    stored = step([], [verdict(evidence=shown)], situation())
    new = {"effective_due": date(2026, 11, 20), "p80": date(2026, 12, 2)}
    (finding,) = step(stored, [verdict(evidence=new)], situation(NOW + DAY))
    assert finding.evidence == {"effective_due": "2026-11-20", "p80": "2026-12-02"}
