"""What people read in the one comment of an item."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sync_world import TUESDAY, ZONE

from portfolio.findings import Finding
from portfolio.notes import BulletList, Link, Quoted, plain_text
from sync.comment import compose


def finding(**values: Any) -> Finding:
    return Finding(
        **{
            "finding_id": "f1",
            "rule": "due-passed",
            "rule_group": "schedule-slip",
            "subject": "item",
            "item_id": "shop/1",
            "key": "CHK-1",
            "project": "checkout",
            "severity": "high",
            "state": "open",
            "opened_at": TUESDAY,
            "last_seen_at": TUESDAY,
            "resolved_at": None,
            "resolved_because": None,
            "reopened_count": 0,
            "message": "CHK-1 is 3 working days late.",
            "title": "The date has passed",
            "why": "why",
            "action": "Finish it.",
            "docs": None,
            "evidence": {"effective_due": "2026-11-19", "owner": "Ana Berg"},
            "comment_items": ("shop/1",),
            "is_legacy": False,
            "muted_until": None,
            "muted_by": None,
            "muted_reason": None,
            **values,
        }
    )


def text(*findings: Finding) -> str:
    return plain_text(compose(findings, zone=ZONE))


def test_a_finding_is_shown_with_dated_evidence_action_and_how_to_mute_it() -> None:
    assert text(finding()) == (
        "Portfolio check\n"
        "High: The date has passed\n"
        "- Due: 19 Nov 2026\n"
        "- Owner: Ana Berg\n"
        "- Open since 24 Nov 2026.\n"
        "- What to do: Finish it.\n"
        "- Rule: due-passed\n"
        "- ID: f1\n"
        "---\n"
        "Dovetail keeps this comment up to date; it is edited in place. To mute a finding: "
        "`dovetail findings snooze ID --until DATE`, or `dovetail findings suppress ID --reason TEXT`."
    )


def test_measures_ages_and_the_message_are_not_shown() -> None:
    shown = text(finding(evidence={"days_late": 3, "age_wd": 40, "slip_wd": 3, "commitment": "2026-11-19"}))
    assert "- Promised: 19 Nov 2026" in shown
    assert "3 working days late" not in shown
    assert "40" not in shown
    assert "days late" not in shown.lower()


def test_the_same_findings_give_the_same_note_in_any_order_and_on_any_day() -> None:
    one, two = finding(), finding(finding_id="f2", rule="owner-missing", severity="medium")
    later = finding(last_seen_at=TUESDAY + timedelta(days=9), message="CHK-1 is 10 working days late.")
    assert compose([one, two], zone=ZONE).digest() == compose([two, later], zone=ZONE).digest()


def test_the_gravest_finding_comes_first() -> None:
    shown = text(
        finding(finding_id="a", severity="low", title="Small"),
        finding(finding_id="b", severity="critical", title="Grave"),
        finding(finding_id="c", severity="medium", title="Middling"),
    )
    assert shown.index("Critical: Grave") < shown.index("Medium: Middling") < shown.index("Low: Small")


def test_an_instant_is_shown_as_its_day_in_the_portfolios_zone() -> None:
    evening = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
    shown = text(
        finding(opened_at=evening, evidence={"created_at": "2026-11-19T23:30:00.000Z", "is_blocked": True})
    )
    assert "- Created at: 20 Nov 2026" in shown
    assert "- Blocked: yes" in shown
    assert "- Open since 25 Nov 2026." in shown


def test_text_of_a_tracker_is_quoted_and_never_markup() -> None:
    note = compose([finding(evidence={"owner": "[x](javascript:alert(1)) @everyone"})], zone=ZONE)
    lists = [block for block in note.blocks if isinstance(block, BulletList)]
    assert Quoted("[x](javascript:alert(1)) @everyone") in lists[0].items[0]


def test_a_link_to_the_rule_is_given_where_it_has_one() -> None:
    note = compose([finding(docs="https://dovetail.example/rules/due-passed")], zone=ZONE)
    (items,) = [block.items for block in note.blocks if isinstance(block, BulletList)]
    assert [Link("Rule due-passed", "https://dovetail.example/rules/due-passed")] in list(items)


def test_a_path_of_the_documentation_means_nothing_in_a_tracker_so_the_rule_is_named() -> None:
    shown = text(finding(docs="docs/rules/schedule-slip.md#due-passed"))
    assert "- Rule: due-passed" in shown
    assert "docs/rules" not in shown


def test_evidence_about_twins_is_told_in_words() -> None:
    shown = text(
        finding(
            subject="twin",
            evidence={
                "a_key": "plan#7",
                "a_due": "2026-11-19",
                "b_key": "CHK-1",
                "b_due": "2026-12-03",
                "due_gap_wd": -14,
                "evidence": "field",
            },
        )
    )
    assert "- One side: plan#7" in shown
    assert "- Due on the one side: 19 Nov 2026" in shown
    assert "- Other side: CHK-1" in shown
    assert "- Due on the other side: 3 Dec 2026" in shown
    assert "- Working days between the dates: 14" in shown
    assert "- Held to be the same because of: a field that holds the other's key" in shown


def test_an_owner_that_is_not_there_is_nobody() -> None:
    assert "- Owner: nobody" in text(finding(evidence={"owner": None}))


def test_unknown_evidence_is_called_unknown() -> None:
    assert "- Due: unknown" in text(finding(evidence={"effective_due": None}))


def test_long_lists_are_cut_and_say_so() -> None:
    members = [f"CHK-{number}" for number in range(1, 9)]
    shown = text(finding(evidence={"labels": members}))
    assert "- Labels: CHK-1, CHK-2, CHK-3, CHK-4, CHK-5 and 3 more" in shown


def test_what_was_resolved_is_said_with_day_and_cause_the_latest_three() -> None:
    resolved = [
        finding(
            finding_id=f"r{day}",
            title=f"Trouble {day}",
            state="resolved",
            resolved_at=TUESDAY + timedelta(days=day),
            resolved_because="fixed" if day else "closed",
        )
        for day in range(4)
    ]
    shown = text(*resolved)
    assert "Nothing is open here." in shown
    assert "- Trouble 3: fixed, 27 Nov 2026\n- Trouble 2: fixed, 26 Nov 2026\n- Trouble 1" in shown
    assert "Trouble 0" not in shown
    assert "snooze" not in shown


def test_a_finding_that_never_opened_is_nobodys_news() -> None:
    shown = text(finding(state="resolved", opened_at=None, resolved_at=None, resolved_because="fixed"))
    assert "Resolved" not in shown


def test_muted_findings_are_named_and_not_shown_as_open() -> None:
    shown = text(finding(state="snoozed", muted_until=TUESDAY + timedelta(days=7), muted_by="ana"))
    assert "Muted\n- The date has passed, until 1 Dec 2026" in shown
    assert "High:" not in shown


def test_an_acknowledged_finding_says_by_whom_and_a_reopened_one_how_often() -> None:
    shown = text(finding(state="acknowledged", muted_by="Ana Berg", reopened_count=2))
    assert "- Open since 24 Nov 2026, reopened 2 times." in shown
    assert "- Acknowledged by Ana Berg." in shown


def test_more_than_ten_findings_are_counted_and_not_shown() -> None:
    many = [finding(finding_id=f"f{number:02}", title=f"Title {number:02}") for number in range(12)]
    shown = text(*many)
    assert "Title 09" in shown
    assert "Title 10" not in shown
    assert "And 2 more: `dovetail findings`." in shown
