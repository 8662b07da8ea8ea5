"""The traps of facts/azure_devops.md §10 that concern writing fields, and what a push of fields promises."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from writing_world import (
    ANN,
    BATCH,
    FINDINGS,
    FINISH,
    HEALTH,
    ITEM,
    SLIP,
    Trial,
    comment_intent,
    epics,
    intent,
    kinds,
    new_site,
    serving,
)

from connectors.azure_devops.wire_writing import Batch, Entry
from portfolio.errors import RateLimited, Unavailable
from portfolio.intents import Applied, Conflict, Gone, Receipt, Refused, Unchanged, Unknown
from simulators.azure_devops import AzureDevOps
from simulators.faults import Fault

Serve = Callable[..., Trial]


@pytest.fixture
def site() -> AzureDevOps:
    return new_site()


@pytest.fixture
def serve(site: AzureDevOps, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(serving(site, monkeypatch, **options))


def meanwhile(
    method: str, path: str, act: Callable[[], object], *, nth: int = 1
) -> Callable[..., Fault | None]:
    """Somebody acts between our look and our write: just before the n-th such request is served."""
    from fnmatch import fnmatchcase

    seen = [0]

    def script(sent: str, template: str, count: int) -> Fault | None:
        if sent == method and fnmatchcase(template, path):
            seen[0] += 1
            if seen[0] == nth:
                act()
        return None

    return script


def by_item(receipts: list[Receipt]) -> dict[str, str]:
    return {one.intent_id: type(one).__name__ for one in receipts}


# Trap 8: lost updates.


def test_trap_08_a_change_of_another_field_meanwhile_is_kept(site: AzureDevOps, serve: Serve) -> None:
    (item,) = epics(site, 1)
    trial = serve(
        faults=meanwhile("PATCH", ITEM, lambda: site.edit_item(item, {"System.Title": "renamed"}, by=ANN))
    )
    (receipt,) = trial.push(intent(item, "health", "red"))
    assert isinstance(receipt, Applied)
    assert trial.field(item, HEALTH) == "Red"
    assert trial.field(item, "System.Title") == "renamed"
    assert receipt.revision == "3"
    assert trial.sent()["PATCH /_apis/wit/workitems/{id}"] == 2


def test_trap_08_a_change_of_our_field_meanwhile_is_a_conflict(site: AzureDevOps, serve: Serve) -> None:
    (item,) = epics(site, 1)
    trial = serve(faults=meanwhile("PATCH", ITEM, lambda: site.edit_item(item, {HEALTH: "Green"}, by=ANN)))
    (receipt,) = trial.push(intent(item, "health", "red"))
    assert receipt == Conflict(intent_id=f"{item} health", now="green")
    assert trial.field(item, HEALTH) == "Green"
    assert trial.revisions(item) == 2


def test_trap_08_a_concurrent_save_answers_409_and_is_read_again(site: AzureDevOps, serve: Serve) -> None:
    (item,) = epics(site, 1)
    words = {"message": "TF26071: This work item has been changed by someone else.", "typeKey": "X"}
    busy = Fault(kind="status", method="PATCH", path=ITEM, nth=1, status=409, body=json.dumps(words))
    trial = serve(faults=[busy])
    assert kinds(trial.push(intent(item, "health", "red"))) == ["Applied"]
    assert trial.revisions(item) == 2


def test_trap_08_an_item_that_never_stands_still_is_a_conflict_in_the_end(
    site: AzureDevOps, serve: Serve
) -> None:
    (item,) = epics(site, 1)
    titles = iter(range(100))

    def busy(method: str, template: str, count: int) -> Fault | None:
        if method == "PATCH":
            site.edit_item(item, {"System.Title": f"title {next(titles)}"}, by=ANN)
        return None

    trial = serve(faults=busy)
    (receipt,) = trial.push(intent(item, "health", "red"))
    assert isinstance(receipt, Conflict)
    assert "faster than it can be written" in receipt.reason
    assert trial.sent()["PATCH /_apis/wit/workitems/{id}"] == 4
    assert trial.field(item, HEALTH) is None


def test_trap_08_what_people_changed_since_the_plan_is_not_overwritten(
    site: AzureDevOps, serve: Serve
) -> None:
    (item,) = epics(site, 1)
    trial = serve()
    site.edit_item(item, {HEALTH: "Green"}, by=ANN)
    (receipt,) = trial.push(intent(item, "health", "red", before=None))
    assert receipt == Conflict(intent_id=f"{item} health", now="green")
    assert trial.sent()["PATCH /_apis/wit/workitems/{id}"] == 0


@pytest.mark.parametrize("kind", ["reset_after", "truncated", "garbled"])
def test_trap_08_a_lost_answer_is_looked_up_and_the_edit_made_once(
    site: AzureDevOps, serve: Serve, kind: Any
) -> None:
    (item,) = epics(site, 1)
    trial = serve(faults=[Fault(kind=kind, method="PATCH", path=ITEM, nth=1)])
    (receipt,) = trial.push(intent(item, "health", "red"))
    assert isinstance(receipt, Applied)
    assert trial.revisions(item) == 2
    assert trial.sent()["PATCH /_apis/wit/workitems/{id}"] == 1


def test_trap_08_an_edit_that_never_arrived_is_sent_again_under_the_same_revision(
    site: AzureDevOps, serve: Serve
) -> None:
    (item,) = epics(site, 1)
    trial = serve(faults=[Fault(kind="reset_before", method="PATCH", path=ITEM, nth=1)])
    (receipt,) = trial.push(intent(item, "health", "red"))
    assert isinstance(receipt, Applied)
    assert trial.revisions(item) == 2
    assert trial.sent()["PATCH /_apis/wit/workitems/{id}"] == 2


def test_an_edit_that_is_never_answered_is_unknown(site: AzureDevOps, serve: Serve) -> None:
    (item,) = epics(site, 1)
    trial = serve(faults=[Fault(kind="reset_before", method="PATCH", path=ITEM)])
    (receipt,) = trial.push(intent(item, "health", "red"))
    assert isinstance(receipt, Unknown)
    assert trial.revisions(item) == 1


def test_the_last_of_several_lost_answers_is_looked_up_too(site: AzureDevOps, serve: Serve) -> None:
    (item,) = epics(site, 1)
    before = Fault(kind="reset_before", method="PATCH", path=ITEM, nth=[1, 2, 3])
    after = Fault(kind="reset_after", method="PATCH", path=ITEM, nth=4)
    trial = serve(faults=[before, after])
    assert kinds(trial.push(intent(item, "health", "red"))) == ["Applied"]
    assert trial.revisions(item) == 2
    assert trial.sent()["PATCH /_apis/wit/workitems/{id}"] == 4


# Batches.


def test_many_items_are_one_look_and_one_batch(site: AzureDevOps, serve: Serve) -> None:
    items = epics(site, 200)
    trial = serve()
    intents = [intent(item, "slip_wd", 4) for item in items]
    receipts = trial.push(*intents)
    assert set(kinds(receipts)) == {"Applied"}
    sent = trial.sent()
    assert sent["POST /_apis/wit/workitemsbatch"] == 1
    assert sent["PATCH /_apis/wit/$batch"] == 1
    assert sent["PATCH /_apis/wit/workitems/{id}"] == 0
    assert [trial.field(item, SLIP) for item in items] == [4] * 200


def test_more_than_two_hundred_items_are_two_batches(site: AzureDevOps, serve: Serve) -> None:
    items = epics(site, 202)
    trial = serve()
    receipts = trial.push(*(intent(item, "slip_wd", 4) for item in items))
    assert len(receipts) == 202
    assert trial.sent()["PATCH /_apis/wit/$batch"] == 2


def test_a_batch_that_is_200_as_a_whole_has_an_outcome_for_each(site: AzureDevOps, serve: Serve) -> None:
    good, stale, lost, wrong = epics(site, 4)

    def disturb() -> None:
        site.edit_item(stale, {"System.Title": "renamed"}, by=ANN)
        site.delete_item(lost, by=ANN)
        site.edit_item(wrong, {SLIP: 9}, by=ANN)

    trial = serve(faults=meanwhile("PATCH", BATCH, disturb))
    receipts = trial.push(*(intent(item, "slip_wd", 4) for item in (good, stale, lost, wrong)))
    assert by_item(receipts) == {
        f"{good} slip_wd": "Applied",
        f"{stale} slip_wd": "Applied",
        f"{lost} slip_wd": "Gone",
        f"{wrong} slip_wd": "Conflict",
    }
    assert [trial.field(item, SLIP) for item in (good, stale, wrong)] == [4, 4, 9]


@pytest.mark.parametrize("kind", ["reset_after", "truncated", "garbled"])
def test_a_batch_whose_answer_was_lost_is_looked_up_and_made_once(
    site: AzureDevOps, serve: Serve, kind: Any
) -> None:
    items = epics(site, 5)
    trial = serve(faults=[Fault(kind=kind, method="PATCH", path=BATCH, nth=1)])
    receipts = trial.push(*(intent(item, "slip_wd", 4) for item in items))
    assert kinds(receipts) == ["Applied"] * 5
    assert [trial.revisions(item) for item in items] == [2] * 5
    assert trial.sent()["PATCH /_apis/wit/$batch"] == 1
    assert trial.sent()["POST /_apis/wit/workitemsbatch"] == 2


def test_a_batch_that_never_arrived_is_sent_again(site: AzureDevOps, serve: Serve) -> None:
    items = epics(site, 5)
    trial = serve(faults=[Fault(kind="reset_before", method="PATCH", path=BATCH, nth=1)])
    assert kinds(trial.push(*(intent(item, "slip_wd", 4) for item in items))) == ["Applied"] * 5
    assert [trial.revisions(item) for item in items] == [2] * 5


@pytest.mark.parametrize("status", [400, 403, 404, 405])
def test_a_server_without_batches_gets_single_edits(site: AzureDevOps, serve: Serve, status: int) -> None:
    items = epics(site, 3)
    refusal = Fault(kind="status", method="PATCH", path=BATCH, status=status, body="{}")
    trial = serve(faults=[refusal])
    connector = trial.connector()
    for value, before in ((4, None), (5, 4)):
        receipts = list(connector.push([intent(item, "slip_wd", value, before=before) for item in items]))
        assert kinds(receipts) == ["Applied"] * 3
    sent = trial.sent()
    assert sent["PATCH /_apis/wit/$batch"] == 1
    assert sent["PATCH /_apis/wit/workitems/{id}"] == 6


def test_edits_of_a_batch_that_were_held_back_are_sent_again_and_only_those(
    site: AzureDevOps, serve: Serve
) -> None:
    first, second, third = epics(site, 3)
    trial = serve()
    connector = trial.connector()
    http = connector.site.client.http
    real, held = http.call, {str(second), str(third)}

    def call(method: str, path: str, **more: Any) -> Any:
        if not path.endswith("$batch"):
            return real(method, path, **more)
        # The budget ends within the first batch: what comes later in it is not done.
        asked = {entry["uri"].partition("workitems/")[2].partition("?")[0]: entry for entry in more["json"]}
        done = real(
            method, path, **(more | {"json": [one for item, one in asked.items() if item not in held]})
        )
        outcomes = iter(done.value)
        late = Entry(code=429, headers={"Retry-After": "20"}, body="{}")
        entries = [late if item in held else next(outcomes) for item in asked]
        held.clear()
        return Batch(value=entries)

    http.call = call  # type: ignore[method-assign]
    receipts = list(connector.push([intent(item, "slip_wd", 4) for item in (first, second, third)]))
    assert by_item(receipts) == {
        f"{first} slip_wd": "Applied",
        f"{second} slip_wd": "Applied",
        f"{third} slip_wd": "Applied",
    }
    assert len(receipts) == 3
    assert sum(trial.slept) >= 20
    assert [trial.revisions(item) for item in (first, second, third)] == [2, 2, 2]


# Trap 13: processes that people changed.


def test_trap_13_a_field_that_is_missing_on_a_type_is_refused_before_anything_is_sent(
    site: AzureDevOps, serve: Serve
) -> None:
    bug = site.create_item("Retail", "Bug", by=ANN)
    trial = serve()
    assert set(trial.stands(bug).unwritable) == {"slip_wd", "forecast_finish", "open_findings"}
    receipts = trial.push(intent(bug, "health", "red"), intent(bug, "slip_wd", 4))
    refused = next(one for one in receipts if one.intent_id == f"{bug} slip_wd")
    assert refused == Refused(
        intent_id=f"{bug} slip_wd", reason="the type Bug has no field Slip (Custom.Slip)"
    )
    assert by_item(receipts)[f"{bug} health"] == "Applied"


def test_trap_13_a_value_outside_a_picklist_is_refused_with_the_list(site: AzureDevOps, serve: Serve) -> None:
    (item,) = epics(site, 1)
    trial = serve()
    values = {"health": {"red": "On fire"}}
    (receipt,) = trial.push(intent(item, "health", "red"), values=values)
    assert isinstance(receipt, Refused)
    assert "it takes: Green, Amber, Red, Grey" in receipt.reason
    assert "write.values.health" in receipt.reason
    assert trial.revisions(item) == 1


def test_trap_13_a_picklist_is_written_in_the_organisations_words(site: AzureDevOps, serve: Serve) -> None:
    site.add_field("Custom.Rag", "RAG", "string", process="Shop Agile", allowed=("On track", "Off track"))
    (item,) = epics(site, 1)
    trial = serve()
    section = {"fields": {"health": "RAG"}, "values": {"health": {"green": "On track", "red": "Off track"}}}
    assert kinds(trial.push(intent(item, "health", "red"), **section)) == ["Applied"]
    assert trial.field(item, "Custom.Rag") == "Off track"
    assert trial.stands(item, **section).fields == {"health": "red"}


def test_trap_13_a_rule_that_forbids_one_field_is_told_with_it_and_the_others_are_written(
    site: AzureDevOps, serve: Serve
) -> None:
    site.add_field(
        SLIP, "Slip", "integer", process="Shop Agile", types=("Epic",), read_only=True
    )  # read-only by a rule of the type: no list of fields shows it
    (item,) = epics(site, 1)
    trial = serve()
    receipts = trial.push(
        intent(item, "health", "red"), intent(item, "slip_wd", 4), intent(item, "open_findings", 2)
    )
    assert by_item(receipts) == {
        f"{item} health": "Applied",
        f"{item} slip_wd": "Refused",
        f"{item} open_findings": "Applied",
    }
    refused = next(one for one in receipts if isinstance(one, Refused))
    assert refused.reason.startswith("Slip (Custom.Slip): ")
    assert trial.revisions(item) == 2


def test_trap_13_a_rule_about_somebody_elses_field_is_told_in_its_words(
    site: AzureDevOps, serve: Serve
) -> None:
    (item,) = epics(site, 1)
    words = "The field 'State' contains the value 'Resolved' that is not in the list of supported values"
    broken = {
        "fieldReferenceName": "System.State",
        "fieldStatusFlags": "required, hasValues, limitedToValues, invalidListValue",
        "errorMessage": words,
    }
    body = {
        "message": words,
        "typeKey": "RuleValidationException",
        "customProperties": {"RuleValidationErrors": [broken]},
    }
    trial = serve(faults=[Fault(kind="status", method="PATCH", path=ITEM, status=400, body=json.dumps(body))])
    receipts = trial.push(intent(item, "health", "red"), intent(item, "slip_wd", 4))
    assert receipts == [
        Refused(intent_id=f"{item} {slot}", reason=f"System.State: {words}") for slot in ("health", "slip_wd")
    ]
    assert trial.sent()["PATCH /_apis/wit/workitems/{id}"] == 1


def test_trap_13_verify_is_the_trackers_own_dry_run_and_writes_nothing(
    site: AzureDevOps, serve: Serve
) -> None:
    site.add_field(SLIP, "Slip", "integer", process="Shop Agile", types=("Epic",), read_only=True)
    first, second = epics(site, 2)
    gone = epics(site, 1)[0]
    site.delete_item(gone, by=ANN)
    trial = serve()
    intents = [
        intent(first, "health", "red"),
        intent(first, "slip_wd", 4),
        comment_intent(first, "due 19 Nov"),
        intent(second, "open_findings", 2),
        intent(gone, "health", "red"),
    ]
    verdicts = by_item(list(trial.connector().verify(intents)))
    assert verdicts == {
        f"{first} health": "Unchanged",
        f"{first} slip_wd": "Refused",
        f"{first} comment": "Unchanged",
        f"{second} open_findings": "Unchanged",
        f"{gone} health": "Gone",
    }
    assert [trial.revisions(item) for item in (first, second)] == [1, 1]
    assert site.mails == []


# Trap 15: noisy writes.


def test_trap_15_all_fields_of_an_item_are_one_revision(site: AzureDevOps, serve: Serve) -> None:
    (item,) = epics(site, 1)
    trial = serve()
    receipts = trial.push(
        intent(item, "health", "red"),
        intent(item, "slip_wd", 4),
        intent(item, "forecast_finish", "2027-03-19"),
        intent(item, "open_findings", 2),
    )
    assert kinds(receipts) == ["Applied"] * 4
    assert trial.revisions(item) == 2
    assert trial.field(item, FINISH) == "2027-03-18T23:00:00Z"
    assert trial.stands(item).fields == {
        "health": "red",
        "slip_wd": 4,
        "forecast_finish": "2027-03-19",
        "open_findings": 2,
    }


def test_trap_15_a_value_that_stands_there_makes_no_revision(site: AzureDevOps, serve: Serve) -> None:
    (item,) = epics(site, 1)
    site.edit_item(item, {HEALTH: "Red", SLIP: 4, FINISH: "2027-03-19T00:00:00Z", FINDINGS: 2.0}, by=ANN)
    trial = serve()
    receipts = trial.push(
        intent(item, "health", "red"),
        intent(item, "slip_wd", 4.0),
        intent(item, "forecast_finish", "2027-03-19"),
        intent(item, "open_findings", 2),
    )
    assert kinds(receipts) == ["Unchanged"] * 4
    assert trial.revisions(item) == 2
    assert trial.sent()["PATCH /_apis/wit/workitems/{id}"] == 0


def test_trap_15_a_value_is_taken_away_again(site: AzureDevOps, serve: Serve) -> None:
    (item,) = epics(site, 1)
    trial = serve()
    trial.push(intent(item, "health", "red"), intent(item, "slip_wd", 4))
    receipts = trial.push(intent(item, "health", None, before="red"), intent(item, "slip_wd", None, before=4))
    assert kinds(receipts) == ["Applied", "Applied"]
    assert trial.stands(item).fields == {
        "health": None,
        "slip_wd": None,
        "forecast_finish": None,
        "open_findings": None,
    }
    assert kinds(trial.push(intent(item, "health", None, before="red"))) == ["Unchanged"]


def test_trap_15_edits_are_silent_where_the_account_may(site: AzureDevOps, serve: Serve) -> None:
    first, second = epics(site, 2)
    trial = serve()
    trial.push(intent(first, "health", "red"))
    trial.push(intent(first, "slip_wd", 4), intent(second, "slip_wd", 4))
    assert site.mails == []
    trial.push(intent(first, "health", "amber", before="red"), silent=False)
    assert len(site.mails) == 1


def test_trap_15_a_refused_silence_is_said_and_nothing_is_mailed(site: AzureDevOps, serve: Serve) -> None:
    first, second = epics(site, 2)
    trial = serve(may_suppress=False, without_suppress="refused")
    receipts = trial.push(intent(first, "health", "red"), intent(second, "health", "red"))
    assert kinds(receipts) == ["Refused", "Refused"]
    assert "write.mail_if_needed" in str(receipts[0])
    assert [trial.revisions(item) for item in (first, second)] == [1, 1]
    assert site.mails == []


def test_trap_15_a_refused_silence_is_given_up_where_the_configuration_allows_it(
    site: AzureDevOps, serve: Serve
) -> None:
    first, second = epics(site, 2)
    trial = serve(may_suppress=False, without_suppress="refused")
    receipts = trial.push(
        intent(first, "health", "red"), intent(second, "health", "red"), mail_if_needed=True
    )
    assert kinds(receipts) == ["Applied", "Applied"]
    assert [trial.revisions(item) for item in (first, second)] == [2, 2]


def test_an_account_that_may_not_edit_is_refused_and_not_taken_for_a_loud_one(
    site: AzureDevOps, serve: Serve
) -> None:
    (item,) = epics(site, 1)
    trial = serve(may_write=False)
    (receipt,) = trial.push(intent(item, "health", "red"), mail_if_needed=True)
    assert isinstance(receipt, Refused)
    assert "suppress" not in receipt.reason
    assert trial.revisions(item) == 1


def test_trap_15_an_item_with_too_many_revisions_says_so_plainly(site: AzureDevOps, serve: Serve) -> None:
    (item,) = epics(site, 1)
    site.edit_item(item, {"System.Title": "again"}, by=ANN)
    trial = serve(revision_cap=2)
    (receipt,) = trial.push(intent(item, "health", "red"))
    assert isinstance(receipt, Refused)
    assert "10,000 revisions" in receipt.reason


def test_trap_15_the_ten_thousandth_revision_is_recognised_in_any_words(
    site: AzureDevOps, serve: Serve
) -> None:
    full, other = epics(site, 2)
    for number in range(9_999):
        site.edit_item(full, {"System.Title": f"title {number}"}, by=ANN)
    words = json.dumps({"message": "Das geht nicht.", "typeKey": "SomethingElse"})
    trial = serve(faults=[Fault(kind="status", method="PATCH", path=ITEM, status=400, body=words)])
    connector = trial.connector()
    (refused,) = connector.push([intent(full, "health", "red")])
    assert isinstance(refused, Refused)
    assert "10,000 revisions" in refused.reason
    (refused,) = connector.push([intent(other, "health", "red")])
    assert refused == Refused(intent_id=f"{other} health", reason="Das geht nicht.")


def test_rules_are_never_bypassed(site: AzureDevOps, serve: Serve) -> None:
    items = epics(site, 2)
    trial = serve()
    seen: list[str] = []
    trial.server.exchanges.append(lambda one: seen.append(f"{one.path}?{one.query} {one.request_body!r}"))
    trial.push(intent(items[0], "health", "red"))
    trial.push(*(intent(item, "slip_wd", 4) for item in items))
    assert len(seen) >= 4
    assert not [one for one in seen if "bypassRules" in one]


# Trap 7: waits.


def test_trap_07_a_write_that_was_held_back_is_waited_for_and_made_once(
    site: AzureDevOps, serve: Serve
) -> None:
    first, second = epics(site, 2)
    slow = Fault(kind="status", method="PATCH", path=ITEM, nth=1, status=429, retry_after="20", body="{}")
    trial = serve(faults=[slow])
    connector = trial.connector()
    assert kinds(list(connector.push([intent(first, "health", "red")]))) == ["Applied"]
    assert sum(trial.slept) >= 20
    assert trial.revisions(first) == 2
    assert kinds(list(connector.push([intent(second, "health", "red")]))) == ["Applied"]


def test_trap_07_waits_asked_for_with_good_answers_are_kept_and_nothing_is_refused(
    site: AzureDevOps, serve: Serve
) -> None:
    items = epics(site, 30)
    trial = serve(tstu_limit=2.0, tstu_cost=0.1, tstu_window_seconds=3.0)
    connector = trial.connector()
    receipts = [one for item in items for one in connector.push([intent(item, "health", "red")])]
    assert kinds(receipts) == ["Applied"] * 30
    assert [status for _, _, status in site.requests if status == 429] == []
    assert sum(trial.slept) > 3


@pytest.mark.parametrize("kind", ["reset_after", "truncated"])
def test_trap_07_a_connection_that_is_dropped_is_throttling_and_everybody_waits(
    site: AzureDevOps, serve: Serve, kind: Any
) -> None:
    items = epics(site, 3)
    trial = serve(faults=[Fault(kind=kind, method="PATCH", path=ITEM, nth=2)])
    connector = trial.connector()
    receipts = [one for item in items for one in connector.push([intent(item, "health", "red")])]
    assert kinds(receipts) == ["Applied"] * 3
    assert [trial.revisions(item) for item in items] == [2] * 3
    assert 30 <= sum(trial.slept) < 60


def test_a_wait_that_is_too_long_ends_the_push_with_what_was_done(site: AzureDevOps, serve: Serve) -> None:
    first, second = epics(site, 2)
    refused = Fault(kind="status", method="PATCH", path=ITEM, nth=2, status=429, retry_after="900", body="{}")
    trial = serve(faults=[refused])
    connector = trial.connector()
    assert kinds(list(connector.push([intent(first, "health", "red")]))) == ["Applied"]
    with pytest.raises(RateLimited):
        list(connector.push([intent(second, "health", "red")]))
    assert trial.revisions(second) == 1


def test_a_stopped_organisation_ends_the_push(site: AzureDevOps, serve: Serve) -> None:
    (item,) = epics(site, 1)
    trial = serve(stopped="maintenance")
    with pytest.raises(Unavailable):
        trial.push(intent(item, "health", "red"))


# The rest of the promises.


def test_a_deleted_item_and_a_hidden_one_are_gone_and_the_others_are_written(
    site: AzureDevOps, serve: Serve
) -> None:
    deleted, hidden, kept = epics(site, 3)
    site.delete_item(deleted, by=ANN)
    site.hide_item(hidden)
    trial = serve()
    receipts = trial.push(*(intent(item, "health", "red") for item in (deleted, hidden, kept)))
    assert [type(one) for one in receipts] == [Gone, Gone, Applied]
    assert not trial.stands(deleted).exists
    assert trial.stands(deleted).gone_because == "deleted, or hidden from the account"


@pytest.mark.parametrize("omitted", ["null", "dropped"])
def test_trap_06_a_missing_item_is_missed_however_it_is_left_out(
    site: AzureDevOps, serve: Serve, omitted: Any
) -> None:
    kept, gone = epics(site, 2)
    site.delete_item(gone, by=ANN)
    trial = serve(omitted=omitted)
    found = list(trial.connector().look([f"boards/{one}" for one in (gone, kept, 999_999)]))
    assert [slots.exists for slots in found] == [False, True, False]


def test_a_slot_without_a_field_is_refused(site: AzureDevOps, serve: Serve) -> None:
    (item,) = epics(site, 1)
    trial = serve()
    (receipt,) = trial.push(intent(item, "percent_complete", 40))
    assert isinstance(receipt, Refused)
    assert "names no field" in receipt.reason


def test_a_field_that_the_organisation_does_not_have_is_refused_with_the_nearest(
    site: AzureDevOps, serve: Serve
) -> None:
    (item,) = epics(site, 1)
    trial = serve()
    (receipt,) = trial.push(intent(item, "health", "red"), fields={"health": "Portfolio helth"})
    assert receipt == Refused(
        intent_id=f"{item} health",
        reason="there is no field Portfolio helth; did you mean Portfolio health?",
    )


def test_the_same_intents_twice_are_one_effect(site: AzureDevOps, serve: Serve) -> None:
    items = epics(site, 2)
    trial = serve()
    intents = [
        one for item in items for one in (comment_intent(item, "due 19 Nov"), intent(item, "health", "red"))
    ]
    assert kinds(trial.push(*intents)) == ["Applied"] * 4
    revisions = [trial.revisions(item) for item in items]
    assert [type(one) for one in trial.push(*intents)] == [Unchanged] * 4
    assert [trial.revisions(item) for item in items] == revisions


def test_the_cost_that_is_told_is_the_cost(site: AzureDevOps, serve: Serve) -> None:
    items = epics(site, 5)
    trial = serve()
    intents = [intent(item, "health", "red") for item in items]
    connector = trial.connector()
    cost = connector.cost(intents)
    list(connector.push(intents))
    sent = trial.sent()
    # Asked once per run, whatever is written: who we are, the fields, and those of each type.
    for once in ("GET /_apis/connectionData", "GET /_apis/wit/fields"):
        sent.pop(once)
    sent.pop("GET /{project}/_apis/wit/workitemtypes/{type}/fields")
    assert sum(sent.values()) == 2 == cost.requests
    assert (cost.budget, cost.budget_unit, cost.emails) == (1, "TSTU, estimated", 0)
