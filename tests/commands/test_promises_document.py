"""docs/promises-and-baselines.md: its examples work in their order, its columns are those of the code."""

from __future__ import annotations

import json
import re
import shlex
from datetime import UTC, date, datetime

import pytest
from command_world import Folder
from shared import ROOT
from test_reconcile_command import CONFIG, item

from connectors.registry import KINDS
from portfolio.records import AnyRecord, Baseline, Change, Dependency, Page, Release
from portfolio.views import VIEWS
from schedule.commitment import MOMENTS
from store import open_store
from sync.as_of import REPLAYED_VIEWS
from sync.config_reading import read_config
from sync.derive import derive
from sync.workspace import DeriveSettings

PAGE = (ROOT / "docs" / "promises-and-baselines.md").read_text(encoding="utf-8")
YAML = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.S)
COMMANDS = [
    line
    for block in re.findall(r"```\n(.*?)```", re.sub(r"```yaml\n.*?```", "", PAGE, flags=re.S), flags=re.S)
    for line in block.splitlines()
]
BEFORE = datetime(2026, 11, 18, 9, tzinfo=UTC)
AFTER = datetime(2026, 11, 23, 9, tzinfo=UTC)
SOURCES = """version: 1
sources:
  - {name: shop, kind: project_file, path: "*.xml"}
"""


@pytest.fixture(autouse=True)
def short_calendar(monkeypatch: pytest.MonkeyPatch) -> None:
    """The table of 26,000 working days has no part in these tests and is most of a small run's time."""
    monkeypatch.setattr("sync.derive.workday_table", lambda _: {"day": [], "ord": []})


def filled(folder: Folder, config: str = CONFIG) -> Folder:
    """Two issues and a task that were read on 18 November, and again on 23 November."""
    folder.configure(config)
    release = {"release_id": "shop/r1", "source": "shop", "name": "1.0"}
    created = datetime(2026, 11, 2, 8, tzinfo=UTC)
    moved = Change(
        source="shop", event_id="1", item_id="shop/CHK-1", at=datetime(2026, 11, 21, 8, tzinfo=UTC), by="ana",
        field="due", before="2026-12-04", after="2026-12-18",
    )  # fmt: skip
    baseline = Baseline(name="Baseline", item_id="plans/p#1", source="plans", finish=date(2026, 12, 1))
    pages: list[tuple[datetime, list[AnyRecord]]] = [
        (BEFORE, [Release(**release, date=date(2026, 12, 11))]),
        (
            AFTER,
            [
                Release(**release, date=date(2027, 1, 15)),
                item(
                    "shop", "CHK-1", due=date(2026, 12, 18), created_at=created, updated_at=moved.at,
                    budget=5.0,
                ),
                item(
                    "shop", "CHK-2", release_id="shop/r1", release_ids=["shop/r1"], created_at=created,
                    updated_at=created, budget=7.0,
                ),
                item("plans", "p#1", due=date(2026, 12, 3), created_at=created),
                moved,
                baseline,
            ],
        ),
    ]  # fmt: skip
    with open_store(f"sqlite:///{folder.path / 'dovetail.db'}") as store:
        for source, kind in (("shop", "jira"), ("boards", "azure_devops"), ("plans", "project_file")):
            store.declare_source(source, kind, kind, "1")
        for now, records in pages:
            run = store.start_run("pull", now)
            for source in ("shop", "plans"):
                mine = [one for one in records if getattr(one, "source", None) == source]
                store.save_page(source, "all", Page(records=mine), run_id=run, now=now)
                store.mark_source(source, good_at=now)
        derive(store, DeriveSettings(timezone="Europe/Zurich"), today=AFTER.date(), now=AFTER)
    return folder


def rows(folder: Folder, *arguments: str) -> dict[str, dict[str, object]]:
    answer = folder.run(*arguments)
    assert answer.code == 0, answer.err
    return {one["key"]: one for one in map(json.loads, answer.lines)}


def test_every_command_of_the_page_works_in_its_order(folder: Folder) -> None:
    filled(folder)
    assert len(COMMANDS) == 12
    said = {}
    for line in COMMANDS:
        answer = folder.run(*shlex.split(line.removeprefix("dovetail ")))
        assert answer.code == 0, (line, answer.err)
        said[line] = answer
    assert "2026-12-11" in said["dovetail export container_change"].out
    assert "Baseline Q1 plan: the dates of 3 items." in said[COMMANDS[2]].err
    assert "Before the freeze: the dates of 2 items as they stood on 2026-11-20" in said[COMMANDS[3]].err
    assert "The one before it is Q1 plan@1." in said[COMMANDS[7]].err
    assert [json.loads(line)["version"] for line in said[COMMANDS[9]].lines] == [1, 1, 1, 2]


@pytest.mark.parametrize("example", YAML)
def test_every_configuration_of_the_page_is_valid(example: str, folder: Folder) -> None:
    assert len(YAML) == 3
    read_config(folder.path / "dovetail.yaml", SOURCES + example)


def test_the_configuration_of_the_page_means_what_it_says(folder: Folder) -> None:
    promises, baseline, calendars = (read_config(folder.path / "d.yaml", SOURCES + one) for one in YAML)
    payments = next(node for node in promises.tree if node.slug == "payments")
    assert payments.promises is not None
    assert (payments.promises.committed_by, payments.promises.settle_days) == (("label:committed",), 0)
    assert baseline.baseline == "Q1 plan"
    nodes = {node.slug: node.calendar for node in calendars.tree}
    assert nodes["dubai"] is None
    assert nodes["gulf"] is not None
    assert nodes["gulf"].weekdays == (1, 2, 3, 4, 7)
    assert nodes["basel"] is not None
    assert (nodes["basel"].weekdays, nodes["basel"].holidays) == ((1, 2, 3, 4, 5), "CH-BS")
    lena = calendars.person_calendars["lena@shop.example"]
    assert lena.pattern.holidays == "DE-BY"
    assert lena.absences == (
        (date(2026, 12, 24), date(2026, 12, 24)), (date(2026, 12, 21), date(2027, 1, 8)),
    )  # fmt: skip


def test_the_columns_that_the_page_calls_recorded_are_those_of_the_code() -> None:
    table = re.findall(
        r"^\| (`.*) \| (.*) \|$", PAGE.partition("of an item that has changed since")[2], flags=re.M
    )
    both, boards = (set(re.findall(r"`([a-z_]+)`", names)) for names, _ in table[:2])
    assert both | {"scope", "release_ids"} == (KINDS["jira"].told | {"release_id", "releases"})
    assert boards == KINDS["azure_devops"].told - KINDS["jira"].told
    assert both - {"release_ids"} <= set(VIEWS["item"].names)
    last = PAGE.rpartition("The views ")[2].partition(" can be shown")[0]
    assert tuple(re.findall(r"`([a-z_]+)`", last)) == REPLAYED_VIEWS
    assert re.findall(r"^\| `([a-z_]+)` \| it ", PAGE, flags=re.M) == list(MOMENTS)


def test_an_earlier_day_shows_what_was_and_nothing_of_today(folder: Folder) -> None:
    filled(folder)
    now = rows(folder, "export", "item")
    then = rows(folder, "export", "item", "--as-of", "2026-11-20")
    assert (now["CHK-1"]["due"], then["CHK-1"]["due"]) == ("2026-12-18", "2026-12-04")
    # It has changed since, so what no timeline tells is unknown; the other one has not.
    assert (then["CHK-1"]["budget"], then["CHK-2"]["budget"]) == (None, 7.0)
    # The release moved on 23 November.
    assert (now["CHK-2"]["effective_due"], then["CHK-2"]["effective_due"]) == ("2027-01-15", "2026-12-11")
    earlier = rows(folder, "export", "item", "--as-of", "2026-11-17")
    assert (earlier["CHK-2"]["effective_due"], earlier["CHK-2"]["release_id"]) == (None, "shop/r1")
    # A plan keeps no timeline: its item is there, with nothing but its place.
    assert then["p#1"]["item_id"] == "plans/p#1"
    assert {then["p#1"][name] for name in ("due", "state", "title", "effective_due", "baseline_finish")} == {
        None
    }
    assert rows(folder, "export", "item", "--as-of", "2026-11-23") == now
    assert rows(folder, "export", "item", "--as-of", "2026-11-01") == {}


def test_what_is_not_known_of_the_past_is_said(folder: Folder) -> None:
    filled(folder)
    answer = folder.run("export", "item", "--as-of", "2026-11-20")
    assert "plans: how it stood then is not known, because it keeps no timeline." in answer.err


def test_a_view_that_nothing_records_is_refused_and_says_which_can(folder: Folder) -> None:
    filled(folder)
    for view in sorted(VIEWS.keys() - set(REPLAYED_VIEWS)):
        answer = folder.run("export", view, "--as-of", "2026-11-20")
        assert (answer.code, answer.out) == (2, "")
        assert f"The view {view} cannot be shown as of an earlier day" in answer.err
        assert "container_change" in answer.err


def test_a_day_that_has_not_come_and_tombstones_with_it_are_usage_errors(folder: Folder) -> None:
    filled(folder)
    assert "has not come yet" in folder.run("export", "item", "--as-of", "2999-01-01").err
    answer = folder.run("export", "item", "--as-of", "2026-11-20", "--deleted")
    assert answer.code == 2
    assert "do not go together" in answer.err


def test_changes_and_containers_end_with_the_day(folder: Folder) -> None:
    filled(folder)
    for day, changes, containers in (("2026-11-20", 0, 1), ("2026-11-21", 1, 1), ("2026-11-23", 1, 2)):
        assert len(folder.run("export", "change", "--as-of", day).lines) == changes
        assert len(folder.run("export", "container_change", "--as-of", day).lines) == containers


def test_a_baseline_is_refused_twice_and_needs_a_reason_to_be_taken_again(folder: Folder) -> None:
    filled(folder)
    assert folder.run("baseline", "take", "Q1", "--by", "Pia").code == 0
    again = folder.run("baseline", "take", "Q1")
    assert again.code == 2
    assert "There is a baseline Q1 already" in again.err
    unsaid = folder.run("baseline", "take", "Q1", "--rebaseline")
    assert unsaid.code == 2
    assert "--rebaseline needs --reason TEXT" in unsaid.err
    assert folder.run("baseline", "take", "Q1", "--rebaseline", "--reason", "scope", "--by", "Bo").code == 0
    events = [json.loads(line) for line in folder.run("export", "baseline_event").lines]
    assert [(one["kept_as"], one["by"], one["reason"], one["is_current"]) for one in events] == [
        ("Q1@1", "Pia", None, False), ("Q1", "Bo", "scope", True),
    ]  # fmt: skip


def test_names_that_would_be_mistaken_are_refused(folder: Folder) -> None:
    filled(folder)
    for name in ("Baseline", "baseline 3", "Q1@2", " Q1", "", "x" * 101):
        answer = folder.run("baseline", "take", name)
        assert (answer.code, answer.out) == (2, ""), name


def test_the_baseline_that_counts_comes_from_the_configuration(folder: Folder) -> None:
    filled(folder)
    folder.run("baseline", "take", "Old", "--as-of", "2026-11-20")
    folder.configure(CONFIG + 'baseline: "Old"\n')
    assert folder.run("derive", "--today", "2026-11-23").code == 0
    now = rows(folder, "export", "item")
    assert (now["CHK-1"]["baseline_name"], now["CHK-1"]["baseline_finish"]) == ("Old", "2026-12-04")
    assert now["p#1"]["baseline_name"] is None
    listed = json.loads(folder.run("baseline", "list", "--format", "json").out)
    assert [(one["name"], one["counts"]) for one in listed] == [("Old", True), ("Baseline", False)]
    folder.configure(CONFIG + 'baseline: "New"\n')
    assert "There is no baseline New" in folder.run("derive", "--today", "2026-11-23").err


def test_an_imported_baseline_stays_when_the_plan_is_saved_with_another(folder: Folder) -> None:
    filled(folder)
    assert folder.run("baseline", "import", "Contract").code == 0
    with open_store(f"sqlite:///{folder.path / 'dovetail.db'}") as store:
        run = store.start_run("pull", AFTER)
        other = Baseline(name="Baseline", item_id="plans/p#1", source="plans", finish=date(2027, 3, 1))
        store.save_page("plans", "all", Page(records=[other]), run_id=run, now=AFTER)
    for name, finish in (("Contract", "2026-12-01"), ("Baseline", "2027-03-01")):
        (row,) = json.loads(folder.run("baseline", "show", name, "--format", "json").out)
        assert (row["key"], row["finish"], row["finish_now"]) == ("p#1", finish, "2026-12-03")
    missing = folder.run("baseline", "import", "Other", "--number", "4")
    assert missing.code == 2
    assert "No plan that was read brings a Baseline 4" in missing.err
    assert "They bring: Baseline." in missing.err


def test_a_baseline_that_is_not_there_is_named_with_the_nearest(folder: Folder) -> None:
    filled(folder)
    answer = folder.run("baseline", "show", "Baselin")
    assert answer.code == 2
    assert "Baseline" in answer.err


def test_what_was_worked_out_since_is_not_told_of_an_earlier_day(folder: Folder) -> None:
    """Nothing was read since that day, but days have passed, and a baseline counts that did not then."""
    filled(folder)
    day = AFTER.date().isoformat()
    then = rows(folder, "export", "item", "--as-of", day)
    later = datetime(2026, 12, 2, 9, tzinfo=UTC)
    with open_store(f"sqlite:///{folder.path / 'dovetail.db'}") as store:
        derive(store, DeriveSettings(timezone="Europe/Zurich"), today=later.date(), now=later)
    now, past = rows(folder, "export", "item"), rows(folder, "export", "item", "--as-of", day)
    assert now["CHK-1"]["age_wd"] != then["CHK-1"]["age_wd"]
    for key, row in past.items():
        wrong = {name for name, value in row.items() if value and value != then[key][name]}
        assert wrong == set(), (key, wrong)
        assert (row["p50"], row["predecessor_count"], row["age_wd"]) == (None, None, then[key]["age_wd"])
    assert past["CHK-1"]["budget"] == 5.0


def test_derive_names_work_that_waits_for_itself_and_the_link_it_leaves_out(folder: Folder) -> None:
    filled(folder)
    links: list[AnyRecord] = [
        Dependency(dependency_id=f"{one}>{other}", source="shop", predecessor_id=one, successor_id=other)
        for one, other in (("shop/CHK-1", "plans/p#1"), ("plans/p#1", "shop/CHK-1"))
    ]
    with open_store(f"sqlite:///{folder.path / 'dovetail.db'}") as store:
        store.save_page("shop", "links", Page(records=links), run_id="run", now=AFTER)
    answer = folder.run("derive", "--full")
    assert answer.code == 0
    assert "Work that waits for itself: p#1 → CHK-1 → p#1." in answer.err
    assert "without CHK-1 → p#1; take out" in answer.err
