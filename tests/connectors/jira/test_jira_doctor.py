"""What doctor says about a Jira site, line by line."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from jira_site import HEALTH, Serve, Trial, many

from connectors.base import Diagnosis
from simulators.faults import Fault
from simulators.jira import JiraCloud


def lines(trial: Trial, **settings: Any) -> list[Diagnosis]:
    return list(trial.connector(**settings).diagnose())


def levels(found: list[Diagnosis], check: str) -> list[str]:
    return [one.level for one in found if one.check == check]


def text(found: list[Diagnosis], check: str) -> str:
    return " | ".join(f"{one.message} {one.hint}" for one in found if one.check == check)


def test_a_healthy_site_has_no_failure(site: JiraCloud, serve: Serve) -> None:
    many(site, 2)
    found = lines(serve())
    assert [one for one in found if one.level == "FAIL"] == []
    assert "America/Los_Angeles" in text(found, "auth")
    assert "a new comment mails the watchers once per issue, ever" in text(found, "mail")
    assert levels(found, "screens") == ["OK"]


def test_a_refused_credential_is_the_only_line_after_the_address(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = serve()
    monkeypatch.setenv("DOVETAIL_TEST_JIRA_TOKEN", "expired-S3CRET")
    found = lines(trial)
    assert levels(found, "auth") == ["FAIL"]
    assert "api_url" in text(found, "auth")
    assert {one.check for one in found} == {"address", "auth"}
    assert "S3CRET" not in str(found)


def test_a_missing_secret_is_said(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    trial = serve()
    monkeypatch.delenv("DOVETAIL_TEST_JIRA_TOKEN")
    assert "DOVETAIL_TEST_JIRA_TOKEN" in text(lines(trial), "auth")


def test_an_ambiguous_field_is_shown_with_its_candidates(site: JiraCloud, serve: Serve) -> None:
    ids = [site.add_field("Impact", kind) for kind in ("select", "float")]
    found = lines(serve(), fields={"impact": "Impact"})
    assert "FAIL" in levels(found, "fields")
    assert all(one in text(found, "fields") for one in ids)


def test_a_field_that_is_not_on_the_screen_is_a_failure(site: JiraCloud, serve: Serve) -> None:
    site.add_field("Off", "float", on_screen=False)
    many(site, 1)
    found = lines(serve(), write={"fields": {"health": HEALTH, "open_risks": "Off"}})
    assert levels(found, "screens") == ["FAIL"]
    assert "open_risks" in text(found, "screens")


def test_missing_permissions_are_named_by_project(site: JiraCloud, serve: Serve) -> None:
    many(site, 1)
    found = lines(serve(denied_permissions={"ADD_COMMENTS"}))
    assert levels(found, "permissions") == ["FAIL"]
    assert "CHK: the account lacks ADD_COMMENTS" in text(found, "permissions")


def test_silent_edits_need_an_administrator(site: JiraCloud, serve: Serve) -> None:
    many(site, 1)
    trial = serve(is_admin=False)
    assert "write: {silent: false}" in text(lines(trial), "permissions")
    loud = {"write": {"fields": {"health": HEALTH}, "silent": False}}
    assert levels(lines(trial, **loud), "permissions") == ["OK"]


def test_projects_that_cannot_be_seen_are_named(site: JiraCloud, serve: Serve) -> None:
    site.add_project("OLD", "Old", "ann")
    site.edit_project("OLD", state="archived")
    many(site, 1)
    found = lines(serve(), projects=["CHK", "OLD", "NOPE"])
    assert "NOPE cannot be seen" in text(found, "projects")
    assert "OLD is archived" in text(found, "projects")
    assert sorted(levels(found, "projects")) == ["FAIL", "OK", "WARN"]


def test_a_skewed_clock_is_a_warning(site: JiraCloud, serve: Serve) -> None:
    trial = serve()
    connector = trial.connector()
    behind = connector.site.context.clock
    connector.site.client.http._clock = lambda: behind() - timedelta(minutes=10)
    found = list(connector.diagnose())
    assert levels(found, "clock") == ["WARN"]
    assert "600 seconds" in text(found, "clock")


def test_a_retired_endpoint_is_a_failure_that_says_what_to_do(site: JiraCloud, serve: Serve) -> None:
    many(site, 1)
    gone = Fault(kind="status", path="*/changelog/bulkfetch", status=410)
    found = lines(serve(faults=[gone]))
    assert "retired" in text(found, "history")


@pytest.mark.parametrize("kind", ["html", "garbled", "redirect", "reset_before", "missing_member"])
def test_doctor_never_raises_whatever_the_site_answers(site: JiraCloud, serve: Serve, kind: Any) -> None:
    many(site, 1)
    found = lines(serve(faults=[Fault(kind=kind, path="*", status=200)]))
    assert "FAIL" in {one.level for one in found}
    assert all(one.hint for one in found if one.level == "FAIL")
