"""The guards of the life of a finding."""

from __future__ import annotations

import finding_checks as checks
from guard import guard

_EAR = "sync.mutes:_Ear"

FINDINGS = (
    guard(
        "Only a person mutes a finding in a tracker",
        checks.an_app_mutes_nothing,
        (f"{_EAR}._why_not", 'if kind != "person":', "if False:"),
    ),
    guard(
        "… and a customer of a service project is none",
        checks.a_customer_who_is_known_as_a_person_mutes_nothing,
        (f"{_EAR}._why_not", "else [remark.kind, known]", "else [known]"),
    ),
    guard(
        "What is critical is muted in a tracker by who may approve it only",
        checks.what_is_critical_is_muted_by_who_may_approve_it_only,
        (f"{_EAR}._changed", 'if finding.severity == "critical" and not is_approver:', "if False:"),
    ),
    guard(
        "A mute is counted from its comment, however late that is heard",
        checks.a_mute_ends_when_it_should_however_late_it_is_heard,
        (f"{_EAR}._changed", "last = said_on +", "last = self.today +"),
    ),
    guard(
        "A comment mutes once",
        checks.a_comment_is_heard_once,
        (f"{_EAR}._take", "if taken.get(remark.remark_id) == at or self._is_forgotten(at):", "if False:"),
    ),
    guard(
        "A critical finding is suppressed by two people",
        checks.nobody_approves_a_waiver_of_their_own,
        ("commands.findings_mute:_check_approver", "or approved_by.casefold() == by.casefold()", ""),
    ),
    guard(
        "A waiver that nobody approved ends where its finding becomes critical",
        checks.a_waiver_ends_where_it_would_cover_something_critical,
        ("sync.lifecycle:_wake", 'or (current.state == "suppressed" and is_beyond)', ""),
    ),
    guard(
        "A source that failed freezes its findings",
        checks.what_rests_on_a_source_that_failed_stays_as_it_is,
        (
            "sync.lifecycle:_is_frozen",
            'if one.subject != "source" and not situation.frozen.isdisjoint(sources_of(one)):',
            "if False:",
        ),
    ),
    guard(
        "What changed is marked for the next check where it is stored",
        checks.what_changed_is_looked_at_by_the_next_check,
        (
            "store.pages:_store",
            "unchecked.mark(connection, dialect, unchecked.ITEM, written_keys)",
            "pass",
        ),
    ),
    guard(
        "A check that dies forgets nothing that it had to look at",
        checks.a_check_that_dies_forgets_nothing_that_it_had_to_look_at,
        (
            "sync.check:check",
            "    before = _rules_before(store)\n",
            "    before = _rules_before(store)\n    store.end_check(msgspec.json.encode(basis).decode())\n",
        ),
    ),
    guard(
        "A date that a person set after the master's is left",
        checks.a_date_that_a_person_set_after_the_master_is_left,
        (
            "sync.reconcile_fix:_FixDraft.decided",
            'if told.is_newer_here and not is_ours and policy == "report":',
            "if False:",
        ),
    ),
)
