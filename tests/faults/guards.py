"""The guards that stand between a company's trackers and a fault, each with the check that misses it."""

from __future__ import annotations

from collections.abc import Sequence

import guard_checks as checks
from edge_guards import EDGE
from finding_guards import FINDINGS
from guard import Guard, guard
from trail_guards import TRAIL

_APPLY, _PUSH = "sync.apply:_SourceApply", "connectors.ms_project.push:Writer"

ROAD = (
    guard(
        "A page and the cursor after it are one transaction",
        checks.a_pull_killed_at_every_commit_loses_nothing,
        (
            "store.pages:PageStore.save_page",
            "    dialect = self._db.dialect\n",
            (
                "    dialect = self._db.dialect\n"
                "    if page.cursor is not None:\n"
                "        with self._db.write() as connection:\n"
                "            bulk.upsert(connection, dialect, STREAM_TABLE,\n"
                "                [(source, stream, to_json(msgspec.to_builtins(page.cursor)))],\n"
                "                ('source', 'stream', 'cursor'))\n"
            ),
        ),
    ),
    guard(
        "What a tracker announced as deleted is noted before the page that said it",
        checks.a_deletion_that_was_announced_survives_a_kill,
        ("sync.vanished:Vanished._keep", "if held == self._held:", "if self._held.update(held) is None:"),
    ),
    guard(
        "A source that suddenly shrinks stops",
        checks.a_source_that_shrinks_stops,
        ("sync.limits:check_vanished", "if vanished == 0 or known == 0:", "if True:"),
    ),
    guard(
        "A scope that cannot be read says nothing about its items",
        checks.what_cannot_be_seen_is_not_called_deleted,
        (
            "store.pages:PageStore.vanishing",
            "for page in pages if page.is_readable)",
            "for page in pages)",
        ),
        ("store.pages:PageStore.vanishing", "if not page.is_readable]", "if False]"),
    ),
    guard(
        "An answer counts only in the shape that its API promises",
        checks.a_page_without_its_rows_is_never_complete,
        (
            "connectors.http:Http._decode",
            "        raise BadAnswer(self.source, message) from error\n",
            '        return decoder.decode(b\'{"issues": [], "isLast": true}\')\n',
        ),
    ),
    guard(
        "A sign-in page is a lost credential and starts no repetitions",
        checks.a_sign_in_page_is_called_one,
        ("connectors.answers:check_identity", "answer.status in (401, 203)", "answer.status in (401,)"),
    ),
    guard(
        "Nobody sends before a rate limit has passed",
        checks.a_rate_limit_is_waited_out,
        ("connectors.throttle:Limiter.hold", "if seconds > 0:", "if False:"),
    ),
    guard(
        "One run at a time",
        checks.a_second_run_at_once_is_refused,
        ("store.lock:LockStore.lock", "if self._db.is_memory:", "if True:"),
    ),
    guard(
        "A plan is what `dovetail plan` wrote: its hash fits",
        checks.a_plan_that_was_altered_is_refused,
        ("sync.plan_file:check_plan", "if plan.hash != plan.digest():", "if False:"),
    ),
    guard(
        "A plan expires",
        checks.a_plan_of_yesterday_is_refused,
        ("sync.apply:apply", "if now >= plan.expires_at:", "if False:"),
    ),
    guard(
        "A plan for a day to come is for looking",
        checks.a_plan_of_a_day_to_come_is_refused,
        ("sync.apply:apply", "if plan.created_at > now + CLOCK_TOLERANCE:", "if False:"),
    ),
    guard(
        "A plan is for one address",
        checks.a_plan_for_another_address_is_refused,
        ("sync.apply_checks:check_allowed", "if place != now[source].place:", "if False:"),
    ),
    guard(
        "Only what the configuration names is written",
        checks.a_field_that_is_no_longer_ours_is_refused,
        (
            "sync.apply_checks:check_allowed",
            "if now[write.source].field_of(write.slot) != write.field:",
            "if False:",
        ),
    ),
    guard(
        "Limits stop a mass write before its first request",
        checks.a_mass_write_stops_before_its_first_request,
        ("sync.limits:check_writes", "if len(targets) > limits.max_writes:", "if False:"),
    ),
    guard(
        "A source is armed by a person first",
        checks.a_source_that_is_not_armed_is_not_written_to,
        ("sync.pipeline:_apply", "(ready if is_armed else result.unarmed)", "ready"),
    ),
    guard(
        "A plan is used up by the write that it asked for",
        checks.a_plan_that_is_used_up_writes_nothing_again,
        (f"{_APPLY}._overtaken", "if same(written, write.base):", "if True:"),
    ),
    guard(
        "Every write is recorded before it is sent",
        checks.every_write_is_recorded_before_it_is_sent,
        ("store.writes:WriteStore.record_writes", "if not writes:", "if True:"),
    ),
    guard(
        "A write whose answer was lost is looked up before anything is repeated",
        checks.a_lost_answer_is_looked_up,
        ("sync.outbox:settle_earlier", "if not rows:", "if True:"),
    ),
    guard(
        "A place that never answers waits longer each time",
        checks.a_place_that_never_answers_is_not_written_to_in_every_run,
        (
            "sync.failed_writes:Stopped.why",
            "if (end := waits_until(one)) is not None:",
            "if (end := None) is not None:",
        ),
    ),
    guard(
        "Our comment is found by its marker before one is made",
        checks.a_comment_is_found_by_its_marker,
        ("connectors.jira.remote:Remote._ours", "if not marked:", "if True:"),
    ),
    guard(
        "A comment is ours only if our account wrote it",
        checks.a_copied_marker_is_not_ours,
        ("connectors.jira.remote:Remote._batch", "if one.author and one.author.accountId == me]", "]"),
        ("connectors.jira.remote:Remote._ours", "and comment.author.accountId == me", ""),
    ),
    guard(
        "A request that makes something is never repeated blindly",
        checks.a_comment_is_posted_once_whatever_becomes_of_its_answer,
        (
            "connectors.http:Http._prepare",
            "may_repeat=method in _REPEATABLE_METHODS if repeatable is None else repeatable,",
            "may_repeat=True,",
        ),
    ),
    guard(
        "A value is read immediately before it is written",
        checks.a_value_that_changed_since_the_plan_is_left,
        (
            "connectors.targets:compared",
            "return None if same(now, intent.before) else Conflict(intent_id=intent.intent_id, now=now)",
            "return None",
        ),
    ),
    guard(
        "An edit in Azure DevOps names the revision it was computed for",
        checks.a_change_between_look_and_write_is_left,
        (
            "connectors.azure_devops.push_fields:FieldWriter._plan",
            '[{"op": "test", "path": "/rev", "value": now.rev}]',
            "[]",
        ),
    ),
    guard(
        "A write counts only when the value stands there",
        checks.an_answer_that_changed_nothing_is_no_success,
        (
            "connectors.jira.push:Writer._verified",
            "if same(standing.get(intent.slot), intent.wanted):",
            "if True:",
        ),
    ),
    guard(
        "A field that a person changed is reported and left",
        checks.a_field_that_a_person_changed_is_left,
        ("sync.decide:_decide_field", 'if is_theirs and policy == "report":', "if False:"),
    ),
    guard(
        "A comment that a person edited is left",
        checks.a_comment_that_a_person_edited_is_left,
        ("sync.decide:_decide_edit", 'if standing.is_edited and policy != "ours":', "if False:"),
    ),
    guard(
        "A comment that a person deleted stays deleted",
        checks.a_comment_that_a_person_deleted_stays_deleted,
        ("sync.decide:_decide_comment", "was_deleted = base is not None", "was_deleted = False"),
        (
            "connectors.memory:MemoryConnector._push_comment",
            "if now != intent.before:",
            "if False:",
        ),
        (f"{_APPLY}._overtaken", "if same(written, write.base):", "if True:"),
    ),
    guard(
        "A plan is replaced only over the bytes that were read",
        checks.a_plan_that_was_saved_meanwhile_is_left,
        ("connectors.ms_project.replacement:_require", "if digest(path) != expected:", "if False:"),
    ),
    guard(
        "A plan is kept before it is replaced",
        checks.a_plan_is_kept_before_it_is_replaced,
        (
            f"{_PUSH}._back_up",
            "if plan.sidecar is not None or self._written.get(rewrite.path) == rewrite.expected:",
            "if True:",
        ),
    ),
    guard(
        "A plan that is open in Project is left",
        checks.a_plan_that_is_open_in_project_is_left,
        (f"{_PUSH}._write", "if plan.is_busy:", "if False:"),
        (
            f"{_PUSH}._compared",
            "if (reason := slots.unwritable.get(intent.slot)) is not None:",
            "if False:",
        ),
        (
            "sync.decide:_decide_field",
            "if (reason := slots.unwritable.get(wanted.slot)) is not None:",
            "if False:",
        ),
    ),
    guard(
        "A credential goes to its own origin only",
        checks.a_credential_goes_to_its_own_origin_only,
        ("connectors.http:Http._prepare", 'if not path.startswith("/") or', "if False and"),
        ("connectors.http:Http._prepare", 'if origin_of(prepared.url or "") != self.origin:', "if False:"),
    ),
    guard(
        "A redirect is never followed",
        checks.a_redirect_is_not_followed,
        ("connectors.transfer:Transfer._open", "allow_redirects=False,", "allow_redirects=True,"),
    ),
    guard(
        "What looks like a secret is never shown",
        checks.a_secret_is_not_shown,
        ("commands.text:redact", "    for name, value in ", "    return text\n    for name, value in "),
    ),
)

SECTIONS = {
    "Reading, planning and writing": ROAD,
    "The life of a finding": FINDINGS,
    "The audit trail, undo and erasure": TRAIL,
    "Addresses, answers, files and texts": EDGE,
}
GUARDS = tuple(guard for guards in SECTIONS.values() for guard in guards)


def table() -> str:
    """docs/guards.md."""
    parts = "".join(f"\n## {title}\n\n{_rows(guards)}" for title, guards in SECTIONS.items())
    return f"""\
# Guards, and what catches their absence

Each of these guards stands between your trackers and a fault. The test suite takes them out one after the
other, and for each of them a named check must fail: `tests/faults/test_guards.py`. A guard that nothing would
miss is not in this list, and a line of this list that no longer matches the program fails the build.
{parts}"""


def _rows(guards: Sequence[Guard]) -> str:
    rows = "".join(
        f"| {one.title} | `{one.cuts[0].place.partition(':')[0]}` | `{one.name}` |\n" for one in guards
    )
    return f"| guard | where | the check that fails without it |\n|---|---|---|\n{rows}"
