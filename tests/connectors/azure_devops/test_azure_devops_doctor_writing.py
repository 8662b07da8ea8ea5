"""The lines of `doctor` about writing to Azure DevOps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from writing_world import Trial, epics, new_site, serving

from simulators.azure_devops import AzureDevOps
from simulators.faults import Fault

Serve = Callable[..., Trial]
CHECKS = ("write", "write fields", "permissions", "comments", "mail")


@pytest.fixture
def site() -> AzureDevOps:
    return new_site()


@pytest.fixture
def serve(site: AzureDevOps, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(serving(site, monkeypatch, **options))


def lines(trial: Trial, **write: Any) -> list[tuple[str, str, str]]:
    told = list(trial.connector(**write).diagnose())
    assert all(one.hint for one in told if one.level == "FAIL")
    return [(one.level, one.check, one.message) for one in told if one.check in CHECKS]


def test_a_sound_write_section_is_told_field_by_field(site: AzureDevOps, serve: Serve) -> None:
    epics(site, 2)
    assert lines(serve()) == [
        ("OK", "write fields", "health = Portfolio health (Custom.Health, string)"),
        ("OK", "write fields", "slip_wd = Slip (Custom.Slip, integer)"),
        ("OK", "write fields", "forecast_finish = Forecast finish (Custom.Finish, dateTime)"),
        ("OK", "write fields", "open_findings = Open findings (Custom.OpenFindings, double)"),
        ("OK", "permissions", "Retail: items may be edited without notifications, by a dry run of #2"),
        ("OK", "comments", "version 7.1-preview.4; new ones are written as html"),
        (
            "OK",
            "mail",
            (
                "a comment cannot be written silently: who follows the item may be mailed; "
                "field edits ask for silence"
            ),
        ),
    ]
    assert [item.rev for item in site.items.values()] == [1, 1]
    assert site.mails == []


def test_trap_13_a_field_that_is_nowhere_or_of_the_wrong_type_fails(site: AzureDevOps, serve: Serve) -> None:
    told = lines(serve(), comments=False, fields={"health": "Portfolio helth", "slip_wd": "Custom.Finish"})
    assert told[:2] == [
        (
            "FAIL",
            "write fields",
            "write.fields.health: there is no field Portfolio helth; did you mean Portfolio health?",
        ),
        (
            "FAIL",
            "write fields",
            "write.fields.slip_wd: a field of type dateTime (Forecast finish) cannot hold a number",
        ),
    ]


def test_trap_13_the_container_types_that_lack_a_field_are_named(site: AzureDevOps, serve: Serve) -> None:
    site.add_field("Custom.Only", "Only", "string", process="Shop Agile", types=("Epic",))
    site.add_field("Custom.Never", "Never", "string", process="Shop Agile", types=("Task",))
    told = lines(serve(), fields={"health": "Only", "worst_finding": "Never"})
    assert ("WARN", "write fields", "Retail: Feature has no field Only, so health is left out") in told
    assert (
        "FAIL",
        "write fields",
        "Retail: Epic, Feature has no field Never, so worst_finding is left out",
    ) in told


def test_a_project_that_lacks_what_another_has_is_a_warning_in_one_line(
    site: AzureDevOps, serve: Serve
) -> None:
    site.add_project("Data", "Agile")
    told = lines(
        serve(), projects=("Retail", "Data"), fields={"health": "Portfolio health", "slip_wd": "Slip"}
    )
    about = [(level, text) for level, check, text in told if check == "write fields" and "Data" in text]
    expected = "Data: Epic, Feature has no field Portfolio health, Slip, so health, slip_wd are left out"
    assert about == [("WARN", expected)]


@pytest.mark.parametrize(("may_mail", "level"), [(False, "FAIL"), (True, "WARN")])
def test_trap_15_a_missing_permission_to_be_silent_is_found_without_a_mail(
    site: AzureDevOps, serve: Serve, may_mail: bool, level: str
) -> None:
    epics(site, 1)
    told = lines(serve(may_suppress=False, without_suppress="refused"), mail_if_needed=may_mail)
    assert (level, "permissions", "Retail: the account may not suppress notifications") in told
    assert site.mails == []


def test_an_account_that_may_not_edit_is_found(site: AzureDevOps, serve: Serve) -> None:
    epics(site, 1)
    (line,) = [one for one in lines(serve(may_write=False)) if one[1] == "permissions"]
    assert line[0] == "FAIL"
    assert line[2].startswith("Retail: an edit is refused: ")


def test_trap_12_markdown_that_the_server_does_not_know_is_said(site: AzureDevOps, serve: Serve) -> None:
    import json

    resource = {"id": "608aac0a-32e1-4493-a863-b9cf4566d257", "resourceVersion": 3, "maxVersion": "7.0"}
    old = Fault(kind="status", method="OPTIONS", status=200, body=json.dumps({"value": [resource]}))
    told = lines(serve(faults=[old]), comment_format="markdown")
    said = "comments 7.0-preview.3 know no formats; new ones are written as HTML"
    assert ("WARN", "comments", said) in told


def test_without_a_write_section_nothing_is_asked(site: AzureDevOps, serve: Serve) -> None:
    epics(site, 1)
    trial = serve()
    connector = trial.connector()
    silent = type(connector)(connector.settings.model_copy(update={"write": None}), connector.site.context)
    told = [one for one in silent.diagnose() if one.check in CHECKS]
    assert [(one.level, one.message) for one in told] == [
        ("OK", "nothing is written here: there is no write: section")
    ]
    silent.close()
