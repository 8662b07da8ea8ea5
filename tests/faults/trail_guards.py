"""The guards of the audit trail, of undo, and of the erasure of a person."""

from __future__ import annotations

import trail_checks as checks
from guard import guard

_LINK = "portfolio.audit:_problem_of"
_APPEND = "        audit.append(connection, dialect, [_event(before, now_row, reason)])\n"

TRAIL = (
    guard(
        "An entry of the audit trail that was changed is found",
        checks.an_entry_that_was_changed_is_found,
        (_LINK, "if entry.hash != hash_of(entry):", "if False:"),
    ),
    guard(
        "… whose details were changed",
        checks.details_that_were_changed_are_found,
        (_LINK, 'entry.details_digest != digest_of(entry.details, entry.salt or "")', "False"),
    ),
    guard(
        "… whose details were removed, where no entry says that they were erased",
        checks.details_that_were_removed_without_a_word_are_found,
        ("portfolio.audit:verify", "    if blank:\n", "    if False:\n"),
    ),
    guard(
        "… that was removed",
        checks.an_entry_that_was_removed_is_found,
        (_LINK, "if entry.seq != expected:", "if False:"),
        (_LINK, 'if entry.previous != ("" if last is None else last.hash):', "if False:"),
    ),
    guard(
        "… that was put in, with a hash of its own that fits",
        checks.an_entry_that_was_put_in_with_a_hash_that_fits_is_found,
        (_LINK, 'if entry.previous != ("" if last is None else last.hash):', "if False:"),
    ),
    guard(
        "… that was moved",
        checks.a_trail_in_another_order_is_found,
        (_LINK, "if entry.seq != expected:", "if False:"),
        (_LINK, 'if entry.previous != ("" if last is None else last.hash):', "if False:"),
    ),
    guard(
        "A trail whose end was cut off is found by whoever kept its end",
        checks.an_end_that_was_cut_off_is_found_by_whoever_kept_it,
        ("portfolio.audit:verify", "    if wanted:\n", "    if False:\n"),
    ),
    guard(
        "Every run keeps the end of the trail that it saw",
        checks.an_end_that_was_cut_off_is_found_by_the_run_that_saw_it,
        ("store.sources:SourceStore.end_run", '"audit_head": head}', '"audit_head": ""}'),
    ),
    guard(
        "Every plan keeps the end of the trail of its time",
        checks.an_end_that_was_cut_off_is_found_by_a_plan,
        ("sync.plan:plan", "audit_head=store.audit_head(),", 'audit_head="",'),
    ),
    guard(
        "A trail that was written anew does not fit an end that was kept",
        checks.a_trail_that_was_written_anew_is_found,
        (_LINK, "if not entry.hash.startswith(start):", "if False:"),
    ),
    guard(
        "The database itself refuses to change the trail",
        checks.the_database_refuses_to_change_an_entry,
        (
            "store.guards:create_statements",
            'return _SQLITE if dialect == "sqlite" else _POSTGRESQL',
            "return ()",
        ),
    ),
    guard(
        "… and that it no longer does is said",
        checks.a_database_without_its_guard_is_said,
        ("sync.audit:check_trail", "if missing and result.problem is None:", "if False:"),
    ),
    guard(
        "The outcome of a write and its entry are one transaction",
        checks.no_outcome_is_booked_without_its_entry,
        (
            "store.writes:WriteStore.settle_write",
            _APPEND,
            f"    with self._db.write() as connection:\n{_APPEND}",
        ),
    ),
    guard(
        "What people changed since a run is not taken back with it",
        checks.what_people_changed_since_a_run_is_not_taken_back,
        (
            "sync.undo:_Draft._place",
            "if (reason := _changed(row, written, slots)) is not None:",
            "if (reason := None) is not None:",
        ),
    ),
    guard(
        "… nor is a comment that they edited",
        checks.a_comment_that_people_edited_since_a_run_is_not_deleted,
        ("connectors.targets:is_theirs", "        and standing.is_edited\n", "        and False\n"),
        ("sync.undo:_changed", "if slots.comment is not None and slots.comment.is_edited:", "if False:"),
    ),
    guard(
        "… nor one that they edit before it is applied",
        checks.a_comment_that_people_edit_after_the_plan_is_not_deleted,
        ("connectors.targets:is_theirs", "        and standing.is_edited\n", "        and False\n"),
    ),
    guard(
        "An undo is used up by its application: its base is compared",
        checks.an_undo_that_is_used_up_takes_nothing_back_again,
        ("sync.apply:_SourceApply._overtaken", "if same(written, write.base):", "if True:"),
    ),
    guard(
        "An undo expires like any plan",
        checks.an_undo_of_yesterday_is_refused,
        (
            "sync.undo:undo",
            "expires_at=now + settings.expires_after,",
            "expires_at=now + 100 * settings.expires_after,",
        ),
    ),
    guard(
        "After an undo its sources are held, or the next run would write it all again",
        checks.a_source_is_held_after_an_undo,
        ("sync.apply:_arm", "    if plan.undoes:\n", "    if False:\n"),
    ),
    guard(
        "An undo looks up writes whose answer was lost",
        checks.an_undo_takes_back_what_was_made_although_its_answer_was_lost,
        ("sync.undo:_Draft.take_back", "settle_earlier(self.store, connector, now=self.now)", "pass"),
    ),
    guard(
        "Nothing but an undo empties a place",
        checks.nothing_but_an_undo_empties_a_place,
        ("sync.apply_checks:check_emptied", "if emptied and not plan.undoes:", "if False:"),
    ),
    guard(
        "Nobody is erased before it is agreed",
        checks.nobody_is_erased_before_it_is_agreed,
        ("sync.erase:erase", "by=by, dry_run=dry_run)", "by=by, dry_run=False)"),
    ),
    guard(
        "An erased person does not come back with a pull",
        checks.an_erased_person_does_not_come_back_with_a_pull,
        ("store.erased:keep_out", "if not places:", "if True:"),
    ),
    guard(
        "No byte of an erased person is left in the database's file and its log",
        checks.no_byte_of_an_erased_person_is_left_in_the_file,
        ("store.database:Database.scrub", 'if self.dialect == "sqlite":', "if False:"),
    ),
    guard(
        "The audit trail does not tell of an erased person",
        checks.an_erased_person_is_not_told_of_in_the_trail,
        ("store.erasure:ErasureStore.erase_person", "_audit_entries(connection, dialect, words)", "[]"),
    ),
    guard(
        "… and it stays sound: an entry says whose details were erased",
        checks.the_trail_is_sound_after_an_erasure,
        ("store.audit:blank_details", "    if erased:\n", "    if False:\n"),
    ),
)
