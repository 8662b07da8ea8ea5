"""Azure DevOps through the engine and the store: what stands there after runs, kills and lost permissions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from reading_world import ANN, FINISH_DATE, PARENT, PREDECESSOR, Serve, Trial, many

from portfolio.records import Page
from simulators.azure_devops import AzureDevOps
from store import Store, open_store
from sync.limits import Limits
from sync.pull import PullOutcome, PullSettings, pull

EVERYTHING = Limits(max_vanished=1.0)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'dovetail.db'}") as one:
        yield one


def run(trial: Trial, store: Store, *, after: timedelta = timedelta(), **changes: Any) -> PullOutcome:
    """One run of the engine in a new process."""
    trial.site.clock.advance(seconds=after.total_seconds())
    now = trial.site.clock.now()
    settings = PullSettings(limits=EVERYTHING)
    (outcome,) = pull(store, [trial.connector(**changes)], run_id="r", now=now, settings=settings)
    assert outcome.error == ""
    return outcome


def living(store: Store) -> dict[str, str]:
    """Key → scope of the items that are there."""
    columns = store.read("tracker_item", ("key", "scope"))
    return dict(zip(columns["key"], columns["scope"], strict=True))


def buried(store: Store) -> dict[str, str]:
    """Key → why of those that are gone."""
    rows = store.rows("item", deleted=True)
    return {row["key"]: row["deleted_because"] for row in rows if row["is_deleted"]}


DAY = timedelta(hours=25)


def test_what_is_gone_is_gone_for_its_own_reason(site: AzureDevOps, serve: Serve, store: Store) -> None:
    site.add_area("Retail", r"Retail\Checkout")
    binned, moved, destroyed, hidden, kept = many(site, 5)
    site.edit_item(hidden, {"System.AreaPath": r"Retail\Checkout"}, ANN)
    trial = serve()
    run(trial, store)
    site.clock.advance(minutes=5)
    site.delete_item(binned, ANN)
    site.move_item(moved, "Other", by=ANN)
    site.destroy_item(destroyed)
    site.hide_item(hidden)
    run(trial, store, after=DAY)
    assert living(store) == {str(kept): "Retail"}
    assert buried(store) == {
        str(binned): "deleted: it is in the recycle bin",
        str(moved): "moved to the project Other, which is not read",
        str(destroyed): "destroyed, or hidden from the account",
        str(hidden): "destroyed, or hidden from the account",
    }
    site.hide_item(hidden, hidden=False)
    run(trial, store, after=DAY)
    assert living(store) == {str(kept): "Retail", str(hidden): r"Retail\Checkout"}


def test_a_project_that_cannot_be_seen_any_more_loses_nothing(
    site: AzureDevOps, serve: Serve, store: Store
) -> None:
    (item,) = many(site, 1)
    many(site, 1, project="Other")
    trial = serve()
    run(trial, store, projects=["Retail", "Other"])
    trial.server.configure(denied_projects={"Retail"})
    outcome = run(trial, store, after=DAY, projects=["Retail", "Other"])
    assert outcome.unreadable == ["Retail"]
    assert living(store)[str(item)] == "Retail"


def test_a_project_that_the_configuration_no_longer_names_leaves(
    site: AzureDevOps, serve: Serve, store: Store
) -> None:
    (item,) = many(site, 1)
    (other,) = many(site, 1, project="Other")
    trial = serve()
    run(trial, store, projects=["Retail", "Other"])
    run(trial, store, after=DAY, projects=["Retail"])
    assert living(store) == {str(item): "Retail"}
    assert buried(store) == {str(other): "its project or plan is no longer read"}


@pytest.mark.parametrize("is_killed", [False, True])
def test_what_goes_while_everything_is_read_for_the_first_time_is_gone(
    site: AzureDevOps, serve: Serve, store: Store, is_killed: bool
) -> None:
    binned, moved, kept, *_ = many(site, 7)
    trial = serve()
    was_asked = 0

    def meanwhile(one: Any) -> None:
        nonlocal was_asked
        was_asked += one.template.endswith("/workitemrevisions")
        if was_asked == 3 and one.template.endswith("/workitemrevisions"):
            _leave(site, binned, moved)

    if is_killed:
        _killed(trial, store, 3)  # the lists and two pages of items
        _leave(site, binned, moved)
    else:
        trial.server.exchanges.append(meanwhile)
    run(trial, store, items_per_page=2)
    assert str(kept) in living(store)
    assert buried(store) == {
        str(binned): "deleted: it is in the recycle bin",
        str(moved): "moved to the project Other, which is not read",
    }


def _leave(site: AzureDevOps, binned: int, moved: int) -> None:
    site.clock.advance(minutes=1)
    site.delete_item(binned, ANN)
    site.move_item(moved, "Other", by=ANN)


def test_what_happens_to_items_that_were_never_ours_is_not_kept(
    site: AzureDevOps, serve: Serve, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(site, 1)
    others = many(site, 3, project="Other")
    trial = serve()
    run(trial, store)
    site.clock.advance(minutes=5)
    for item in others:
        site.edit_item(item, {"System.Title": "theirs"}, ANN)
    stored: list[str] = []
    save = store.save_page

    def watched(source: str, stream: str, page: Page, **more: Any) -> Any:
        stored.append(stream)
        return save(source, stream, page, **more)

    monkeypatch.setattr(store, "save_page", watched)
    run(trial, store)
    assert stored == ["items"]


def test_the_past_of_a_project_that_can_be_seen_only_later_is_read(
    site: AzureDevOps, serve: Serve, store: Store
) -> None:
    first, second = many(site, 2, project="Other")
    site.edit_item(first, {FINISH_DATE: "2026-04-01"}, ANN)
    site.edit_item(first, {FINISH_DATE: "2026-04-08"}, ANN)
    site.link(first, PARENT, second, ANN)
    many(site, 1)
    trial = serve(denied_projects={"Other"})
    run(trial, store, projects=["Retail", "Other"])
    assert str(first) not in living(store)
    trial.server.configure(denied_projects=set())
    run(trial, store, after=DAY, projects=["Retail", "Other"])
    assert str(first) in living(store)
    columns = store.read("tracker_change", ("item_id", "field", "before", "after"))
    told = sorted(zip(*(columns[name] for name in columns), strict=True), key=str)
    assert told == [
        (f"boards/{first}", "due", "2026-04-01", "2026-04-08"),
        (f"boards/{first}", "due", None, "2026-04-01"),
        (f"boards/{first}", "parent", None, f"boards/{second}"),
    ]


@pytest.mark.parametrize("kill_after", [0, 1, 2, 3, 4, 5])
def test_what_happened_in_a_project_while_it_could_not_be_seen_is_read_afterwards(
    site: AzureDevOps, serve: Serve, store: Store, kill_after: int
) -> None:
    first, second, binned = many(site, 3)
    (other,) = many(site, 1, project="Other")
    trial = serve()
    both = {"projects": ["Retail", "Other"]}
    run(trial, store, **both)
    trial.server.configure(denied_projects={"Retail"})
    site.clock.advance(minutes=5)
    site.edit_item(first, {FINISH_DATE: "2026-04-01"}, ANN)
    site.link(second, PARENT, first, ANN)
    site.delete_item(binned, ANN)
    site.edit_item(other, {"System.Title": "changed meanwhile"}, ANN)
    for _ in range(2):
        assert run(trial, store, after=timedelta(minutes=15), **both).unreadable == ["Retail"]
    assert sum(trial.sent().values()) == 3
    trial.server.configure(denied_projects=set())
    if kill_after:
        _killed(trial, store, kill_after, **both)
    run(trial, store, after=timedelta(minutes=15), **both)
    assert trial.said == ["boards: Retail can be seen again, so everything is read from the beginning"]
    items = store.read("tracker_item", ("key", "due", "parent_id"))
    stand = {key: (str(due), parent) for key, due, parent in zip(*items.values(), strict=True)}
    assert stand[str(first)] == ("2026-04-01", None)
    assert stand[str(second)] == ("None", f"boards/{first}")
    assert buried(store) == {str(binned): "deleted: it is in the recycle bin"}
    columns = store.read("tracker_change", ("item_id", "field", "after"))
    told = set(zip(*columns.values(), strict=True))
    assert (f"boards/{first}", "due", "2026-04-01") in told
    assert (f"boards/{second}", "parent", f"boards/{first}") in told
    run(trial, store, after=timedelta(minutes=5), **both)
    assert sum(trial.sent().values()) == 2


def test_a_renamed_project_is_known_again_after_it_could_not_be_seen_for_a_while(
    site: AzureDevOps, serve: Serve, store: Store
) -> None:
    (item,) = many(site, 1)
    (other,) = many(site, 1, project="Other")
    trial = serve()
    both = {"projects": ["Retail", "Other"]}
    run(trial, store, **both)
    site.rename_project("Retail", "Shop")
    run(trial, store, after=timedelta(hours=2), **both)
    trial.server.configure(denied_projects={"Shop"})
    site.edit_item(other, {"System.Title": "changed meanwhile"}, ANN)
    run(trial, store, after=timedelta(hours=2), **both)
    trial.server.configure(denied_projects=set())
    site.edit_item(item, {"System.Title": "changed afterwards"}, ANN)
    outcome = run(trial, store, after=timedelta(hours=2), **both)
    assert (outcome.notes, buried(store)) == ([], {})
    titles = store.read("tracker_item", ("key", "title", "scope"))
    assert (str(item), "changed afterwards", "Shop") in set(zip(*titles.values(), strict=True))


def test_a_quiet_run_asks_two_questions(site: AzureDevOps, serve: Serve, store: Store) -> None:
    many(site, 3)
    trial = serve()
    run(trial, store)
    run(trial, store, after=timedelta(minutes=15))
    assert sum(trial.sent().values()) == 2


def test_links_stand_after_any_kill_as_they_do_without_one(
    site: AzureDevOps, serve: Serve, tmp_path: Path
) -> None:
    made = many(site, 8)
    for parent, child in pairwise(made):
        site.link(child, PARENT, parent, ANN)
    site.link(made[7], PREDECESSOR, made[0], ANN)
    site.link(made[6], PREDECESSOR, made[0], ANN)
    site.unlink(made[6], PREDECESSOR, made[0], ANN)
    site.edit_item(made[3], {FINISH_DATE: "2026-04-01"}, ANN)
    trial = serve()

    def stand(kill_after: int | None) -> tuple[Any, Any, Any]:
        with open_store(f"sqlite:///{tmp_path / f'{kill_after}.db'}") as store:
            if kill_after is not None:
                _killed(trial, store, kill_after)
            run(trial, store, items_per_page=3)
            items = store.read("tracker_item", ("item_id", "parent_id"))
            links = store.read("tracker_dependency", ("predecessor_id", "successor_id"))
            changes = store.read("tracker_change", ("event_id", "before", "after"))
            return tuple(
                sorted(zip(*(columns[name] for name in columns), strict=True))
                for columns in (items, links, changes)
            )  # type: ignore[return-value]

    whole = stand(None)
    assert whole[1] == [(f"boards/{made[0]}", f"boards/{made[7]}")]
    assert dict(whole[0])[f"boards/{made[3]}"] == f"boards/{made[2]}"
    for kill_after in (1, 2, 4, 6):
        assert stand(kill_after) == whole


def _killed(trial: Trial, store: Store, pages: int, **changes: Any) -> None:
    """A run that ends after so many pages."""
    connector = trial.connector(items_per_page=3, **changes)
    store.declare_source("boards", "azure_devops", "", connector.mapping_version)
    left = pages
    for stream in connector.streams:
        for page in connector.pull(stream, store.cursor("boards", stream)):
            store.save_page("boards", stream, page, run_id="k", now=trial.site.clock.now())
            left -= 1
            if left == 0:
                return


def test_switches_and_limits_of_a_source_are_no_part_of_what_its_records_look_like(serve: Serve) -> None:
    """Else throwing the kill switch would read the whole organisation again."""
    trial = serve()
    plain = trial.connector().mapping_version
    assert trial.connector(write_stop=True, max_vanished=0.5).mapping_version == plain
    assert trial.connector(proxy="direct").mapping_version == plain
