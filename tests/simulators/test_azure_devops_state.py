"""Keeping, restoring, loading and driving a simulated organisation."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest
import requests

from simulators.azure_devops import AzureDevOps, Clock, Options, bulk_load

AT = datetime(2026, 2, 1, 8, 0, tzinfo=UTC)


@pytest.fixture
def used(organisation):
    """An organisation with something of everything that a dump holds."""
    site = organisation
    site.add_process("Ours")
    site.add_field("Custom.Health", "Health", "string", process="Ours", allowed=["Green"])
    site.add_project("Store", "Ours")
    site.add_area("Store", r"Store\Tills")
    site.add_iteration("Store", r"Store\Sprint", "2026-03-02", "2026-03-13")
    site.add_team("Store", "Team", areas=[r"Store\Tills"], iterations=[r"Store\Sprint"])
    site.create_item("Store", "Epic", {"System.AreaPath": r"Store\Tills"}, "ann@demo.example", AT)
    site.create_item("Store", "Task")
    site.edit_item(1, {"System.State": "Active", "Custom.Health": "Green"})
    site.link(1, "System.LinkTypes.Hierarchy-Forward", 2)
    site.link(1, "Hyperlink", "https://shop.example/1")
    site.add_comment(1, "<b>word</b>", "bob@demo.example")
    site.create_item("Store", "Task")
    site.delete_item(3)
    return site


def test_a_restored_organisation_is_the_same_and_lives_on(used):
    data = json.loads(json.dumps(used.dump()))
    again = AzureDevOps.restore(data)
    assert again.dump() == used.dump()
    assert again.item(1) == used.item(1)
    assert again.comments_of(1) == used.comments_of(1)
    for site in (used, again):
        site.edit_item(1, {"System.Title": "Later"})
        site.create_item("Store", "Task")
        site.restore_item(3)
    assert again.dump() == used.dump()
    assert again.clock.now() == used.clock.now()


def test_a_dump_of_another_format_is_refused(used):
    with pytest.raises(ValueError, match="format 0, not 1"):
        AzureDevOps.restore(used.dump() | {"format": 0})


def test_the_same_seed_gives_the_same_ids_and_another_one_does_not():
    one, two, other = AzureDevOps(seed=1), AzureDevOps(seed=1), AzureDevOps(seed=2)
    assert (one.token, one.bot, one.id) == (two.token, two.bot, two.id)
    assert {one.token, one.bot, one.id} & {other.token, other.bot, other.id} == set()
    assert one.add_project("Retail") != other.add_project("Retail")


def test_the_builder_refuses_what_is_not_there(organisation):
    with pytest.raises(KeyError, match="no project 'Nowhere'"):
        organisation.create_item("Nowhere", "Task")
    with pytest.raises(KeyError, match=r"no type 'Story' in project 'Retail'; known: Epic, Feature"):
        organisation.create_item("Retail", "Story")
    with pytest.raises(KeyError, match=r"no account 'zoe@demo\.example'"):
        organisation.create_item("Retail", "Task", by="zoe@demo.example")
    with pytest.raises(ValueError, match="Agile is a system process"):
        organisation.add_field("Custom.X", "X", "string", process="Agile")


def test_a_removed_project_takes_its_items_along(organisation):
    organisation.add_project("Store")
    organisation.create_item("Store", "Task")
    organisation.create_item("Retail", "Task")
    organisation.remove_project("Store")
    assert list(organisation.items) == [2]


def test_a_deleted_area_hands_its_items_to_the_one_above(boards, organisation):
    organisation.add_area("Retail", r"Retail\Checkout\Tills")
    organisation.create_item("Retail", "Task", {"System.AreaPath": r"Retail\Checkout\Tills"})
    boards.call("DELETE", "Retail:wit/classificationnodes/areas/Checkout/Tills")
    assert boards.get("wit/workitems/1")["fields"]["System.AreaPath"] == r"Retail\Checkout"


# loading


def test_a_load_is_repeatable_and_in_the_order_of_time():
    def site():
        found = AzureDevOps(Clock(AT), seed=3)
        assert bulk_load(found, 60, 10) == list(range(1, 61))
        return found

    one = site()
    assert one.dump() == site().dump()
    assert len(one.log) == 600
    times = [one.items[number].revisions[rev - 1].at for number, rev in one.log]
    assert times == sorted(times)
    assert (len(one.link_log), one.items[2].relations[0].target) == (57, 1)
    kinds = [one.items[number].state["System.WorkItemType"] for number in (1, 2, 21)]
    assert kinds == ["Epic", "User Story", "Epic"]


def test_five_thousand_items_with_ten_revisions_are_loaded_and_read_in_seconds():
    site = AzureDevOps(Clock(AT))
    begun = time.monotonic()
    bulk_load(site, 5_000, 10)
    assert time.monotonic() - begun < 6  # 50,000 items in under a minute: a tenth of both
    rows, token = 0, ""
    with site.serve() as server:
        session = requests.Session()
        session.auth = ("", server.token)
        for _ in range(2):
            begun = time.monotonic()
            while True:
                query = {"api-version": "7.1", "$maxPageSize": "1000"} | (
                    {"continuationToken": token} if token else {}
                )
                page = session.get(
                    f"{server.url}/_apis/wit/reporting/workitemrevisions", params=query, timeout=30
                ).json()
                rows, token = rows + len(page["values"]), page["continuationToken"]
                if page["isLastBatch"]:
                    token = ""
                    break
            seconds = time.monotonic() - begun
    assert rows == 100_000
    assert seconds < 15  # the second time the pages are kept ones


def test_a_kept_page_is_the_page_itself_and_ends_with_the_next_change(boards, organisation):
    organisation.create_item("Retail", "Task")
    plain = {"Accept-Encoding": "identity"}
    first = boards.call("GET", "wit/reporting/workitemrevisions")
    again = boards.call("GET", "wit/reporting/workitemrevisions")
    unpacked = boards.call("GET", "wit/reporting/workitemrevisions", headers=plain)
    assert first.content == again.content == unpacked.content
    organisation.edit_item(1, {"System.Title": "New"})
    assert len(boards.get("wit/reporting/workitemrevisions")["values"]) == 2


def test_kept_pages_are_sent_packed_where_nobody_listens(organisation):
    organisation.create_item("Retail", "Task")
    with organisation.serve() as server:
        url = f"{server.url}/_apis/wit/reporting/workitemrevisions?api-version=7.1"
        answers = [requests.get(url, auth=("", server.token), timeout=10) for _ in range(2)]
    assert answers[1].headers["Content-Encoding"] == "gzip"
    assert answers[0].json() == answers[1].json()


# another process


def _control(server, method, name, body=None):
    base = server.url.rpartition("/")[0]
    return requests.request(method, f"{base}/__simulator__/{name}", json=body, timeout=10)


def test_another_process_can_drive_it(organisation):
    with organisation.serve(Options()) as server:
        steps = [
            {"do": "create_item", "project": "Retail", "type_": "Task", "at": "2026-02-01T08:00:00+00:00"},
            {"do": "edit_item", "item_id": 1, "fields": {"System.State": "Active"}},
            {"do": "add_comment", "item_id": 1, "text": "hello"},
        ]
        assert _control(server, "POST", "script", steps).json() == [1, None, 1]
        assert organisation.items[1].rev == 3
        assert _control(server, "POST", "advance", {"days": 1}).json() == {"now": "2026-03-03T12:00:00+00:00"}
        assert _control(server, "POST", "clock", {"at": "2026-04-01T00:00:00+00:00"}).status_code == 200
        assert _control(server, "GET", "clock").json() == {"now": "2026-04-01T00:00:00+00:00"}
        _control(server, "POST", "options", {"faults": [{"kind": "status", "status": 500, "nth": 1}]})
        url = f"{server.url}/_apis/projects?api-version=7.1"
        statuses = [requests.get(url, auth=("", server.token), timeout=10).status_code for _ in range(2)]
        assert statuses == [500, 200]
        assert _control(server, "GET", "requests").json() == {
            "total": 2,
            "by_template": {"GET /_apis/projects": 2},
            "by_status": {"500": 1, "200": 1},
        }
        assert _control(server, "GET", "budget").json() == {
            "total": 0.02,
            "delayed": 0,
            "refused": 0,
            "ideal_seconds": 0.0,
        }
        assert _control(server, "GET", "mails").json() == []
        assert _control(server, "GET", "dump").json() == json.loads(json.dumps(organisation.dump()))
        assert _control(server, "POST", "load", {"count": 5, "revisions_per_item": 2}).json() == {"items": 5}
        _control(server, "POST", "reset")
        assert _control(server, "GET", "requests").json()["total"] == 0
        assert _control(server, "POST", "script", [{"do": "serve"}]).status_code == 400
        assert _control(server, "GET", "nothing").status_code == 404


def test_a_process_of_its_own_keeps_its_state(tmp_path):
    state = tmp_path / "state.json"

    def run(*arguments):
        command = [sys.executable, "-m", "simulators.azure_devops", "--state", str(state), *arguments]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        url, identity, token = (process.stdout.readline().strip() for _ in range(3))
        found = requests.get(
            f"{url}/_apis/wit/workitems/1?api-version=7.1", auth=("", token), timeout=10
        ).json()
        query = "?api-version=7.1-preview.1"
        people = requests.get(f"{identity}/_apis/graph/users{query}", auth=("", token), timeout=10).json()[
            "count"
        ]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
        process.stdout.close()
        return found["rev"], found["fields"]["System.Title"], people

    first = run("--load", "20", "--revisions", "3", "--clock", "2026-03-02T12:00:00+00:00")
    assert (first[0], first[2]) == (3, 51)
    assert run() == first
