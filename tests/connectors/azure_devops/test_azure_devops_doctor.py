"""What `doctor` says about reading an organisation: one line a check, with what to do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from reading_world import ANN, Serve, many, new_site

from connectors.base import Diagnosis
from simulators.azure_devops import AzureDevOps
from simulators.faults import Fault


def said(lines: list[Diagnosis], check: str) -> list[tuple[str, str]]:
    return [(line.level, line.message) for line in lines if line.check == check]


def test_a_healthy_organisation_has_no_failing_line(site: AzureDevOps, serve: Serve) -> None:
    many(site, 1)
    lines = serve().lines()
    assert [line for line in lines if line.level == "FAIL"] == []
    assert said(lines, "auth") == [("OK", "signed in as Dovetail")]
    assert said(lines, "projects") == [("OK", "1 can be read: Retail")]
    assert said(lines, "revisions") == [("OK", "both cursors of the reporting API answer")]
    assert said(lines, "processes") == [("OK", "Retail: Agile; 6 types, 25 states by category")]


def test_tokens_for_all_organisations_end_on_the_first_of_december(site: AzureDevOps, serve: Serve) -> None:
    trial = serve()
    (line, _) = [one for one in trial.lines() if one.check.startswith("token")]
    assert line.level == "WARN"
    assert "stop working on 1 December 2026" in line.message
    assert "make another for demo alone" in line.hint
    site.clock.set(datetime(2026, 12, 1, 12, 0, tzinfo=UTC))
    (line, _) = [one for one in trial.lines() if one.check.startswith("token")]
    assert "stopped working on 1 December 2026" in line.message


def test_the_other_credentials_get_other_lines(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    trial = serve()
    monkeypatch.setenv("ADO_BEARER", trial.site.access_token)
    auth: dict[str, Any] = {"method": "bearer", "token": {"env": "ADO_BEARER"}}
    lines = trial.lines(auth=auth)
    assert said(lines, "token") == [("WARN", "an access token of about one hour, which nothing renews")]
    assert "December" not in " ".join(line.message for line in lines)


def test_a_refused_credential_says_so_first_and_nothing_is_guessed(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = serve()
    monkeypatch.setenv("DOVETAIL_TEST_ADO_PAT", "expired")
    lines = trial.lines()
    (failed,) = [line for line in lines if line.level == "FAIL"]
    assert (failed.check, failed.hint) == ("auth", "Check the credential and its expiry under auth.")
    assert said(lines, "projects") == []


def test_a_project_that_cannot_be_seen_is_named(serve: Serve) -> None:
    lines = serve().lines(projects=["Retail", "Lost"])
    assert ("FAIL", "Lost cannot be seen") in said(lines, "projects")


def test_a_field_that_is_not_there_is_named(serve: Serve) -> None:
    lines = serve().lines(fields={"team": "Squad"})
    assert [line.check for line in lines if line.level == "FAIL"] == ["fields"]  # said once
    assert said(lines, "fields") == [("FAIL", "boards: fields.team: there is no field 'Squad'.")]


def test_types_that_nobody_knows_are_named(serve: Serve) -> None:
    site = new_site()
    site.add_process("Shop", "Scrum")
    site.add_type("Shop", "Wish")
    site.add_project("Web", "Shop")
    lines = serve(site).lines(projects=["Web"])
    found = [message for level, message in said(lines, "processes") if level == "WARN"]
    assert found == ["Web: Wish: taken for tasks"]
    assert any("Shop, inherited from Scrum" in message for _, message in said(lines, "processes"))


def test_a_token_without_the_directory_only_loses_who_has_left(site: AzureDevOps, serve: Serve) -> None:
    site.create_item("Retail", "Task", {"System.AssignedTo": ANN}, ANN)
    trial = serve(faults=[Fault(kind="status", status=403, path="*/graph/*")])
    assert [level for level, _ in said(trial.lines(), "directory")] == ["WARN"]
    trial.pull()
    assert len([line for line in trial.said if "the directory cannot be read" in line]) == 1


def test_a_clock_that_is_wrong_is_said(site: AzureDevOps, serve: Serve) -> None:
    trial = serve()
    connector = trial.connector()
    connector.site.client.http.clock_skew_seconds = None
    lines = list(connector.diagnose())
    assert [level for level, _ in said(lines, "clock")] == ["OK"]
