"""The traps of reading Azure DevOps, as facts/azure_devops.md §10 counts them: one test each, or several."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from reading_world import (
    ANN,
    BATCH,
    BOB,
    DUE_DATE,
    FINISH_DATE,
    LINKS,
    PARENT,
    PREDECESSOR,
    REVISIONS,
    TARGET_DATE,
    WIQL,
    Serve,
    many,
    new_site,
    told,
)

from connectors.azure_devops import client
from portfolio.errors import AuthError, BadAnswer, CursorRejected, Unavailable
from portfolio.records import Cursor, Dependency, Identity, Iteration
from simulators.azure_devops import AzureDevOps
from simulators.faults import Fault

# 1. Sign-in pages -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 203, 302])
def test_trap_1_a_sign_in_page_is_never_data(serve: Serve, status: int) -> None:
    trial = serve(sign_in_page=status)
    with pytest.raises(AuthError):
        trial.pull("items")
    assert trial.slept == []


def test_trap_1_a_bad_token_is_not_tried_again(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    trial = serve()
    monkeypatch.setenv("DOVETAIL_TEST_ADO_PAT", "expired")
    with pytest.raises(AuthError, match="401"):
        trial.pull("items")
    # The header suppresses the sign-in page, so that the answer says 401 without a body.
    assert [status for *_, status in trial.site.requests] == [401]


def test_trap_1_a_token_without_the_scope_is_refused_and_not_read_as_an_empty_list(serve: Serve) -> None:
    trial = serve(scopes=False)
    with pytest.raises(AuthError):
        trial.pull("items")


def test_a_stopped_organisation_is_not_waited_for(serve: Serve) -> None:
    trial = serve(stopped="deactivated due to inactivity")
    with pytest.raises(Unavailable, match="stopped"):
        trial.pull("items")
    assert trial.slept == []
    assert len(trial.site.requests) == 1


def test_a_redirect_is_never_followed(serve: Serve) -> None:
    trial = serve(faults=[Fault(kind="redirect", location="https://elsewhere.example/demo/x")])
    with pytest.raises(BadAnswer, match=r"elsewhere\.example"):
        trial.pull("items")


# 2. Queries over 20,000 -------------------------------------------------------------------------------------


def test_trap_2_a_census_pages_by_id_and_is_complete(
    site: AzureDevOps, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "QUERY_AT_ONCE", 3)
    made = many(site, 7)
    many(site, 2, project="Other")
    trial = serve()
    (page,) = trial.census()
    assert page.ids == [f"boards/{number}" for number in made]
    assert trial.sent()[WIQL] == 3


def test_trap_2_a_query_that_is_refused_says_nothing_about_its_items(site: AzureDevOps, serve: Serve) -> None:
    many(site, 4)
    trial = serve(wiql_cap=3)
    (page,) = trial.census()
    assert (page.scope, page.is_readable) == ("Retail", False)


# 3. What ChangedDate does not show --------------------------------------------------------------------------


def test_trap_3_a_re_parenting_with_no_other_edit_is_seen(site: AzureDevOps, serve: Serve) -> None:
    old, new, child = many(site, 3, type_="User Story")
    site.link(child, PARENT, old, ANN)
    trial = serve()
    assert trial.items()[child].parent_id == f"boards/{old}"
    revision = site.items[child].rev
    site.clock.advance(minutes=5)
    site.unlink(child, PARENT, old, ANN)
    site.link(child, PARENT, new, ANN)
    assert site.items[child].rev == revision
    records = trial.pull()
    moved = {item.native_id: item.parent_id for item in records if hasattr(item, "parent_id")}
    assert moved == {str(child): f"boards/{new}"}
    assert told(child, records) == [("parent", f"boards/{old}", f"boards/{new}")]


def test_trap_3_a_new_dependency_with_no_other_edit_is_seen(site: AzureDevOps, serve: Serve) -> None:
    first, second = many(site, 2)
    trial = serve()
    trial.pull()
    site.clock.advance(minutes=5)
    site.link(second, PREDECESSOR, first, ANN)
    found = {one.dependency_id: one for one in trial.pull() if isinstance(one, Dependency)}
    assert [(one.predecessor_id, one.successor_id) for one in found.values()] == [
        (f"boards/{first}", f"boards/{second}")
    ]


def test_trap_3_a_dependency_that_went_is_replaced_by_none(site: AzureDevOps, serve: Serve) -> None:
    first, second = many(site, 2)
    site.link(second, PREDECESSOR, first, ANN)
    trial = serve()
    trial.pull()
    site.clock.advance(minutes=5)
    site.unlink(second, PREDECESSOR, first, ANN)
    pages = trial.pages()
    replaced = {item for page in pages for one in page.replaces for item in one.item_ids}
    assert not [one for page in pages for one in page.records if isinstance(one, Dependency)]
    assert {f"boards/{first}", f"boards/{second}"} <= replaced


def test_trap_3_deleted_moved_and_restored_items_are_told_apart(site: AzureDevOps, serve: Serve) -> None:
    binned, moved, back, kept = many(site, 4)
    site.delete_item(back, ANN)
    trial = serve()
    assert trial.items().keys() == {binned, moved, kept}
    trial.gone.clear()  # a first load too tells what is in the recycle bin
    site.clock.advance(minutes=5)
    site.delete_item(binned, ANN)
    site.move_item(moved, "Other", by=ANN)
    site.restore_item(back, ANN)
    assert trial.items().keys() == {back}
    assert {one.item_id: one.reason for one in trial.gone} == {
        f"boards/{binned}": "deleted: it is in the recycle bin",
        f"boards/{moved}": "moved to the project Other, which is not read",
    }


def test_trap_3_an_item_that_comes_from_another_project_brings_its_whole_timeline(
    site: AzureDevOps, serve: Serve
) -> None:
    (item,) = many(site, 1, project="Other")
    root = site.project("Retail").iteration_root
    trial = serve()
    trial.pull()
    site.clock.advance(minutes=5)
    site.edit_item(item, {"System.Title": "ours soon"}, ANN)
    site.clock.advance(minutes=5)
    site.move_item(item, "Retail", by=ANN)
    records = trial.pull()
    changes = {field: (before, after) for field, before, after in told(item, records)}
    assert changes.pop("iteration")[1] == f"boards/iteration-{root}"
    assert changes == {"title": ("work 0", "ours soon"), "scope": ("Other", "Retail")}


def test_trap_3_what_was_edited_and_deleted_in_one_go_is_told_when_it_comes_back(
    site: AzureDevOps, serve: Serve
) -> None:
    (item,) = many(site, 1)
    trial = serve()
    trial.pull()
    site.clock.advance(minutes=5)
    site.edit_item(item, {FINISH_DATE: "2026-04-01"}, ANN)
    site.delete_item(item, ANN)
    assert told(item, trial.pull()) == [("deleted", None, "true")]
    site.clock.advance(minutes=5)
    site.restore_item(item, ANN)
    assert told(item, trial.pull()) == [("due", None, "2026-04-01"), ("deleted", "true", None)]


def test_trap_3_destroyed_and_hidden_items_are_noticed_by_the_census(site: AzureDevOps, serve: Serve) -> None:
    destroyed, hidden, binned, kept = many(site, 4)
    trial = serve()
    trial.pull()
    site.destroy_item(destroyed)
    site.hide_item(hidden)
    site.delete_item(binned, ANN)
    (page,) = trial.census()
    assert page.ids == [f"boards/{kept}"]
    assert page.reason == "destroyed, or hidden from the account"
    assert dict(page.reasons) == {f"boards/{binned}": "deleted: it is in the recycle bin"}


def test_trap_3_a_retyped_item_stays_itself(site: AzureDevOps, serve: Serve) -> None:
    (item,) = many(site, 1)
    trial = serve()
    trial.pull()
    site.clock.advance(minutes=5)
    site.retype_item(item, "Bug", by=ANN)
    records = trial.pull("items")
    assert ("type", "Task", "Bug") in told(item, records)
    assert trial.gone == []


# 4. The token -----------------------------------------------------------------------------------------------


def test_trap_4_reading_ends_at_the_last_batch_and_keeps_its_token(site: AzureDevOps, serve: Serve) -> None:
    many(site, 3)
    trial = serve()
    trial.pull()
    before = dict(trial.cursors)
    trial.pull("items", "history", "links")
    assert dict(trial.sent()) == {REVISIONS: 1, LINKS: 1}
    assert {name: trial.cursors[name] for name in ("items", "links")} == {
        name: before[name] for name in ("items", "links")
    }


def test_trap_4_a_batch_that_leads_back_is_not_believed(site: AzureDevOps, serve: Serve) -> None:
    many(site, 5)
    trial = serve(faults=[Fault(kind="token_loop", path="*/workitemrevisions", nth=2)])
    with pytest.raises(BadAnswer, match="leads nowhere"):
        trial.pages("items", items_per_page=2)


def test_trap_4_a_token_that_is_refused_starts_the_stream_over(site: AzureDevOps, serve: Serve) -> None:
    trial = serve()
    trial.pull()
    for stream in ("items", "links"):
        old = trial.cursors[stream]
        trial.cursors[stream] = Cursor(version=1, value=old.value | {"token": "999999999;1;1;Discussion"})
        with pytest.raises(CursorRejected):
            trial.pages(stream)


@pytest.mark.parametrize("stream", ["items", "history", "links"])
def test_trap_4_tokens_that_go_round_in_a_circle_are_not_followed_for_ever(
    site: AzureDevOps, serve: Serve, monkeypatch: pytest.MonkeyPatch, stream: str
) -> None:
    monkeypatch.setattr("simulators.azure_devops.reporting._LINK_PAGE", 1)
    made = many(site, 8)
    for parent, child in pairwise(made):
        site.link(child, PARENT, parent, ANN)
    connector = serve().connector(items_per_page=1)
    asked = connector.site.client
    ask = asked.links if stream == "links" else asked.revisions
    tokens: list[str] = []

    def round_and_round(token: str | None, *more: Any, **further: Any) -> Any:
        answer: Any = ask(token, *more, **further)
        tokens.append(answer.continuation_token)
        assert len(tokens) < 20
        if len(tokens) % 3 == 0:
            answer.continuation_token = tokens[0]
        return answer

    monkeypatch.setattr(asked, ask.__name__, round_and_round)
    with pytest.raises(BadAnswer, match="leads nowhere"):
        list(connector.pull(stream, None))


def test_trap_4_revisions_of_an_item_that_are_told_again_are_not_believed(
    site: AzureDevOps, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "REVISIONS_AT_ONCE", 2)
    (item,) = many(site, 1, project="Other")
    for number in range(4):
        site.edit_item(item, {"System.Title": f"work {number}"}, ANN)
    trial = serve(faults=[Fault(kind="duplicate_page", path="*/revisions", nth=2)])
    trial.pull()
    site.clock.advance(minutes=5)
    site.move_item(item, "Retail", by=ANN)
    with pytest.raises(BadAnswer, match="comes again"):
        trial.pull()


def test_a_page_size_that_is_refused_falls_back_to_200(site: AzureDevOps, serve: Serve) -> None:
    many(site, 3)
    body = '{"message": "$maxPageSize is out of range", "typeKey": "ArgumentOutOfRangeException"}'
    fault = Fault(kind="status", status=400, path="*/workitemrevisions", nth=1, body=body)
    trial = serve(faults=[fault])
    assert len(trial.items("items")) == 3
    assert trial.sent()[REVISIONS] == 2


# 5. Times in queries ----------------------------------------------------------------------------------------


def test_trap_5_queries_hold_no_times_and_say_so_in_the_address(site: AzureDevOps, serve: Serve) -> None:
    many(site, 2)
    trial = serve()
    queries: list[tuple[list[str], bytes]] = []
    trial.server.exchanges.append(
        lambda one: (
            queries.append((one.query.get("timePrecision", []), one.request_body))
            if one.template.endswith("/wiql")
            else None
        )
    )
    trial.census()
    assert queries
    for precision, body in queries:
        assert precision == ["true"]
        assert b"Date]" not in body
        assert b"@today" not in body


# 6. One bad id of many --------------------------------------------------------------------------------------


@pytest.mark.parametrize("omitted", ["null", "dropped"])
def test_trap_6_one_unreadable_item_harms_no_other(site: AzureDevOps, serve: Serve, omitted: str) -> None:
    first, lost, other = many(site, 3)
    trial = serve(omitted=omitted)
    trial.pull()
    site.clock.advance(minutes=5)
    site.link(other, PREDECESSOR, lost, ANN)
    site.link(first, PREDECESSOR, lost, ANN)
    site.hide_item(lost)
    assert trial.items("links").keys() == {first, other}


def test_trap_6_items_are_read_200_at_a_time(site: AzureDevOps, serve: Serve) -> None:
    made = many(site, 201)
    trial = serve()
    trial.pull()
    site.clock.advance(minutes=5)
    for item in made:
        site.edit_item(item, {"System.Title": "changed"}, ANN)
    assert len(trial.items("items")) == 201
    assert trial.sent()[BATCH] == 4  # 200 and 1: as they stood just before, and as they stand


# 7. Rate limits ---------------------------------------------------------------------------------------------


def test_trap_7_a_pause_that_a_good_answer_asks_for_is_made(site: AzureDevOps, serve: Serve) -> None:
    many(site, 6)
    trial = serve(tstu_limit=1.0, tstu_cost=0.9, tstu_window_seconds=20.0, tstu_block=100.0)
    assert len(trial.items("items", items_per_page=2)) == 6
    assert trial.slept
    assert all(seconds > 0 for seconds in trial.slept)


def test_trap_7_an_answer_that_breaks_off_is_throttling(site: AzureDevOps, serve: Serve) -> None:
    many(site, 2)
    trial = serve(faults=[Fault(kind="truncated", path="*/workitemrevisions", nth=1)])
    assert len(trial.items("items")) == 2
    assert sum(trial.slept) == pytest.approx(30)


def test_trap_7_a_refusal_without_a_time_waits_five_minutes(site: AzureDevOps, serve: Serve) -> None:
    many(site, 2)
    body = '{"message": "TF400733: The request has been canceled", "typeKey": "RequestBlockedException"}'
    fault = Fault(kind="status", status=403, path="*/workitemrevisions", nth=1, body=body)
    trial = serve(faults=[fault])
    assert len(trial.items("items")) == 2
    assert sum(trial.slept) == pytest.approx(300)


# 9. States --------------------------------------------------------------------------------------------------


def test_trap_9_resolved_differs_by_type(serve: Serve) -> None:
    site = new_site("CMMI")
    requirement = site.create_item("Retail", "Requirement", {"System.State": "Resolved"}, ANN)
    bug = site.create_item("Retail", "Bug", {"System.State": "Resolved"}, ANN)
    trial = serve(site)
    states = {
        number: item.state for number, item in trial.items("items", states={"resolved": "done"}).items()
    }
    assert states == {requirement: "in_progress", bug: "done"}


def test_trap_9_a_state_of_an_inherited_process_is_read_by_its_category(serve: Serve) -> None:
    site = new_site()
    site.add_process("Shop", "Scrum")
    site.add_state("Shop", "Product Backlog Item", "Parked", "Removed")
    site.add_project("Web", "Shop")
    item = site.create_item("Web", "Product Backlog Item", {"System.State": "Parked"}, ANN)
    trial = serve(site)
    found = trial.items("items", projects=["Web"])[item]
    assert (found.status, found.state) == ("Parked", "removed")


def test_trap_9_a_state_that_is_new_is_asked_for(serve: Serve) -> None:
    site = new_site()
    site.add_process("Shop", "Basic")
    site.add_project("Web", "Shop")
    item = site.create_item("Web", "Task", {}, ANN)
    trial = serve(site)
    connector = trial.connector(projects=["Web"])
    cursor = None
    for page in connector.pull("items", None):
        cursor = page.cursor
    site.clock.advance(minutes=5)
    site.add_state("Shop", "Task", "Verifying", "Resolved")
    site.edit_item(item, {"System.State": "Verifying"}, ANN)
    (found,) = [r for page in connector.pull("items", cursor) for r in page.records if hasattr(r, "state")]
    assert found.state == "in_progress"


def test_trap_9_a_state_means_nothing_where_other_types_disagree_about_it(serve: Serve) -> None:
    site = new_site("CMMI")
    for project, category in (("Web", "Completed"), ("App", "InProgress")):
        site.add_process(f"Process of {project}", "Scrum")
        site.add_state(f"Process of {project}", "Task", "Shipped", category)  # type: ignore[arg-type]
        site.add_project(project, f"Process of {project}")
    item = site.create_item("Retail", "Task", {}, ANN)
    site.items[item].state["System.State"] = "Shipped"  # its process has this state no more
    everywhere = {"projects": ["Web", "App", "Retail"]}
    found = serve(site).items("lists", "items", **everywhere)[item]
    assert (found.status, found.state) == ("Shipped", "todo")


def test_trap_9_states_that_could_not_be_read_for_a_while_are_read_again(
    site: AzureDevOps, serve: Serve
) -> None:
    item = site.create_item("Retail", "Task", {"System.State": "Closed"}, ANN)
    trial = serve(faults=[Fault(kind="status", status=403, path="*/workitemtypes", nth=(1, 2))])
    assert {one.state for one in trial.items().values()} == {"todo"}
    assert {number: one.state for number, one in trial.items("lists").items()} == {item: "done"}
    assert trial.items("lists") == {}


def test_trap_14_an_area_that_was_renamed_while_the_trees_could_not_be_read_is_seen(
    site: AzureDevOps, serve: Serve
) -> None:
    site.add_area("Retail", r"Retail\Checkout")
    item = site.create_item("Retail", "Task", {"System.AreaPath": r"Retail\Checkout"}, ANN)
    trial = serve(faults=[Fault(kind="status", status=403, path="*/classificationnodes", nth=2)])
    trial.pull()
    site.rename_area("Retail", r"Retail\Checkout", "Payment")
    assert trial.items("lists") == {}
    assert {number: one.scope for number, one in trial.items("lists").items()} == {item: r"Retail\Payment"}


def test_trap_9_a_closed_item_that_was_cut_is_not_done(site: AzureDevOps, serve: Serve) -> None:
    cut = site.create_item("Retail", "Task", {"System.State": "Closed", "System.Reason": "Cut"}, ANN)
    done = site.create_item("Retail", "Task", {"System.State": "Closed", "System.Reason": "Completed"}, ANN)
    states = {number: item.state for number, item in serve().items("items").items()}
    assert states == {cut: "removed", done: "done"}


# 10. People -------------------------------------------------------------------------------------------------


def test_trap_10_two_people_of_one_name_stay_two(site: AzureDevOps, serve: Serve) -> None:
    other = site.add_user("Ann Lead", "ann.lead@demo.example")
    first = site.create_item("Retail", "Task", {"System.AssignedTo": ANN}, BOB)
    second = site.create_item("Retail", "Task", {"System.AssignedTo": "ann.lead@demo.example"}, BOB)
    items = serve().items("items")
    assert items[second].owner_id == other
    assert items[first].owner_id == site.person(ANN).descriptor != other


def test_trap_10_an_account_that_left_keeps_its_work_and_is_not_active(
    site: AzureDevOps, serve: Serve
) -> None:
    site.create_item("Retail", "Task", {"System.AssignedTo": ANN}, BOB)
    site.create_item("Retail", "Task", {"System.AssignedTo": BOB}, BOB)
    trial = serve()
    trial.pull()
    site.edit_user(BOB, active=False)
    people = {one.email: one for one in trial.pull("people") if isinstance(one, Identity)}
    assert {mail: one.is_active for mail, one in people.items()} == {ANN: True, BOB: False}
    assert {one.kind for one in people.values()} == {"person"}


def test_trap_10_the_directory_knows_the_id_that_other_trackers_share(serve: Serve) -> None:
    site = new_site()
    site.add_user("Eve", "eve@demo.example", entra_id="7f3c-entra")
    site.add_user("Guest", "guest@live.example", kind="msa")
    site.create_item("Retail", "Task", {"System.AssignedTo": "eve@demo.example"}, ANN)
    site.create_item("Retail", "Task", {"System.AssignedTo": "guest@live.example"}, ANN)
    people = {one.email: one for one in serve(site).pull("items", "people") if isinstance(one, Identity)}
    assert people["eve@demo.example"].directory_id == "7f3c-entra"
    assert people["guest@live.example"].directory_id is None


def test_trap_10_groups_and_services_are_no_people(site: AzureDevOps, serve: Serve) -> None:
    site.add_user("Checkout Team", "[Retail]\\Checkout Team", kind="group")
    site.add_user("Retail Build Service (demo)", "build", kind="svc")
    site.create_item("Retail", "Task", {"System.AssignedTo": "[Retail]\\Checkout Team"}, ANN)
    site.create_item("Retail", "Task", {"System.AssignedTo": "build"}, ANN)
    records = serve().pull()
    found = {one.name: one.kind for one in records if isinstance(one, Identity)}
    assert found["Checkout Team"] == "group"
    assert found["Retail Build Service (demo)"] == "service"


def test_trap_10_only_those_who_own_something_are_asked_about(site: AzureDevOps, serve: Serve) -> None:
    site.create_item("Retail", "Task", {"System.AssignedTo": ANN}, BOB)
    trial = serve()
    trial.pull()
    asked = [template for _, template, _ in site.requests if "membershipstates" in template]
    assert len(asked) == 1


# 13. Custom processes ---------------------------------------------------------------------------------------


def test_trap_13_other_date_fields_per_project_and_type(serve: Serve) -> None:
    site = new_site()
    site.add_process("Shop", "Agile")
    site.add_field("Custom.Promised", "Promised", "dateTime", process="Shop", types=("User Story",))
    site.add_project("Web", "Shop")
    story = site.create_item(
        "Web", "User Story", {"Custom.Promised": "2026-04-30", FINISH_DATE: "2026-05-30"}, ANN
    )
    other = site.create_item("Web", "Task", {FINISH_DATE: "2026-06-30"}, ANN)
    override = {"projects": ["Web"], "types": ["User Story"], "due": ["Promised"]}
    items = serve(site).items("items", projects=["Web"], fields_for=[override])
    assert items[story].due is not None
    assert items[other].due is not None
    assert (items[story].due.isoformat(), items[other].due.isoformat()) == ("2026-04-30", "2026-06-30")


@pytest.mark.parametrize("type_", ["html", "plainText", "string"])
def test_trap_13_a_field_of_any_type_is_read_in_the_first_load(serve: Serve, type_: Any) -> None:
    site = new_site()
    site.add_process("Shop", "Agile")
    site.add_field("Custom.Twins", "Twins", type_, process="Shop")
    site.add_project("Web", "Shop")
    item = site.create_item("Web", "Task", {"Custom.Twins": "CHK-1, CHK-2"}, ANN)
    trial = serve(site)
    found = trial.items("items", projects=["Web"], fields={"twin": "Twins"})[item]
    assert found.twin_keys == ["CHK-1", "CHK-2"]
    assert trial.sent()[BATCH] == (0 if type_ == "string" else 1)


def test_trap_13_due_falls_back_from_field_to_field(site: AzureDevOps, serve: Serve) -> None:
    all_three = {TARGET_DATE: "2026-04-01", DUE_DATE: "2026-05-01", FINISH_DATE: "2026-06-01"}
    epic = site.create_item("Retail", "Epic", all_three, ANN)
    story = site.create_item("Retail", "User Story", {FINISH_DATE: "2026-06-01"}, ANN)
    due = {number: str(item.due) for number, item in serve().items("items").items()}
    assert due == {epic: "2026-04-01", story: "2026-06-01"}


# 14. Iterations ---------------------------------------------------------------------------------------------


def test_trap_14_an_item_finds_its_iteration_by_id_and_by_path(site: AzureDevOps, serve: Serve) -> None:
    node = site.add_iteration("Retail", r"Retail\R 1\S1", start="2026-03-01", finish="2026-03-14")
    item = site.create_item("Retail", "Task", {"System.IterationPath": r"Retail\R 1\S1"}, ANN)
    (other,) = many(site, 1)
    trial = serve()
    assert trial.items("items")[item].iteration_id == f"boards/iteration-{node}"
    trial.pull("links")
    site.clock.advance(minutes=5)
    site.link(item, PREDECESSOR, other, ANN)
    # Read whole, an item shows the path only.
    assert trial.items("links")[item].iteration_id == f"boards/iteration-{node}"


def test_trap_14_dates_that_vanish_when_an_iteration_is_moved_are_seen(
    site: AzureDevOps, serve: Serve
) -> None:
    node = site.add_iteration("Retail", r"Retail\S1", start="2026-03-01", finish="2026-03-14")
    site.add_iteration("Retail", r"Retail\Later")
    trial = serve()

    def seen() -> Iteration:
        ident = f"boards/iteration-{node}"
        return next(r for r in trial.pull("lists") if isinstance(r, Iteration) and r.iteration_id == ident)

    before = seen()
    assert (str(before.start), str(before.end), before.state) == ("2026-03-01", "2026-03-14", "active")
    site.move_iteration("Retail", r"Retail\S1", r"Retail\Later")
    after = seen()
    assert (after.start, after.end, after.state) == (None, None, None)


@pytest.mark.parametrize(
    ("start", "finish", "state"),
    [
        ("2026-03-02", "2026-03-02", "active"),
        ("2026-02-01", "2026-03-01", "closed"),
        ("2026-03-03", "2026-03-10", "future"),
        (None, None, None),
    ],
)
def test_trap_14_the_state_of_an_iteration_is_computed_from_its_days(
    site: AzureDevOps, serve: Serve, start: str | None, finish: str | None, state: str | None
) -> None:
    node = site.add_iteration("Retail", r"Retail\S1", start=start, finish=finish)
    found = {r.iteration_id: r.state for r in serve().pull("lists") if isinstance(r, Iteration)}
    assert found[f"boards/iteration-{node}"] == state


def test_trap_14_a_renamed_area_makes_its_items_be_read_again(site: AzureDevOps, serve: Serve) -> None:
    site.add_area("Retail", r"Retail\Checkout\Cart")
    inside = site.create_item("Retail", "Task", {"System.AreaPath": r"Retail\Checkout\Cart"}, ANN)
    many(site, 1)
    trial = serve()
    assert trial.items()[inside].scope == r"Retail\Checkout\Cart"
    site.rename_area("Retail", r"Retail\Checkout", "Payment")
    renamed = trial.items("lists")
    assert {number: item.scope for number, item in renamed.items()} == {inside: r"Retail\Payment\Cart"}
    assert trial.items("lists") == {}


# 15. Long histories -----------------------------------------------------------------------------------------


def test_trap_15_a_timeline_is_the_same_however_little_is_kept(
    site: AzureDevOps, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = many(site, 6)
    for day in range(1, 6):
        for item in made:
            site.clock.advance(minutes=1)
            site.edit_item(item, {FINISH_DATE: f"2026-04-0{day}"}, ANN)
    trial = serve()
    whole = told(made[0], trial.pull("history"))
    trial.cursors.clear()
    monkeypatch.setattr("connectors.azure_devops.history.KEPT", 2)
    short = trial.pull("history", items_per_page=4)
    assert told(made[0], short) == whole
    assert whole == [
        ("due", None, "2026-04-01"),
        ("due", "2026-04-01", "2026-04-02"),
        ("due", "2026-04-02", "2026-04-03"),
        ("due", "2026-04-03", "2026-04-04"),
        ("due", "2026-04-04", "2026-04-05"),
    ]


def test_trap_15_our_own_echo_is_no_news(serve: Serve) -> None:
    site = new_site()
    site.add_process("Shop", "Agile")
    site.add_field("Custom.Health", "Health", "string", process="Shop")
    site.add_project("Web", "Shop")
    item = site.create_item("Web", "Epic", {}, ANN)
    trial = serve(site)
    more = {
        "projects": ["Web"],
        "fields": {"health": "Custom.Health"},
        "write": {"fields": {"health": "Health"}},
    }
    trial.pull(**more)
    site.clock.advance(minutes=5)
    site.edit_item(item, {"Custom.Health": "Red"})  # by the account whose token we have
    assert told(item, trial.pull("items", **more)) == []
    site.clock.advance(minutes=5)
    site.edit_item(item, {"Custom.Health": "Green"}, ANN)
    assert told(item, trial.pull("items", **more)) == [("health_declared", "red", "green")]
