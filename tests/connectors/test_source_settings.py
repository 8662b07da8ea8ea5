"""What the settings of all kinds of sources share, tried on each of them."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from connectors.azure_devops.settings import AzureDevOpsSettings
from connectors.jira.settings import JiraSettings
from connectors.ms_project.settings import ProjectFileSettings

JIRA = {"name": "shop", "kind": "jira", "url": "https://shop.example", "auth": {"method": "none"}}
BOARDS = {
    "name": "boards", "kind": "azure_devops", "url": "https://dev.azure.com/shop", "auth": {"method": "none"},
}  # fmt: skip
PLANS = {"name": "plans", "kind": "project_file", "path": "plans/*.xml"}
ALL = [(JiraSettings, JIRA), (AzureDevOpsSettings, BOARDS), (ProjectFileSettings, PLANS)]
every_kind = pytest.mark.parametrize(("kind", "entry"), ALL, ids=["jira", "azure_devops", "project_file"])


def problem(kind: Any, entry: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as caught:
        kind(**entry)
    return str(caught.value)


@every_kind
def test_one_word_for_two_values_is_refused_because_it_cannot_be_read_back(kind: Any, entry: Any) -> None:
    write = {"fields": {"health": "Traffic light"}}
    kind(**entry, write={**write, "values": {"health": {"green": "Fine", "red": "Late"}}})
    same = {**write, "values": {"health": {"green": "Fine", "amber": "Late", "red": "late"}}}
    assert "health has one word for two values" in problem(kind, {**entry, "write": same})


@every_kind
def test_words_for_a_field_that_is_not_written_are_refused(kind: Any, entry: Any) -> None:
    write = {"fields": {"health": "Traffic light"}, "values": {"worst_finding": {"high": "High"}}}
    assert "values names fields that are not written: worst_finding" in problem(
        kind, {**entry, "write": write}
    )


@every_kind
def test_a_secret_in_the_wrong_place_is_not_repeated(kind: Any, entry: Any) -> None:
    for misplaced in ({"write": "S3CRET"}, {"fields": "S3CRET"}, {"auth": "S3CRET"}, {"name": ["S3CRET"]}):
        assert "S3CRET" not in problem(kind, {**entry, **misplaced})


@pytest.mark.parametrize(("kind", "entry"), ALL[:2], ids=["jira", "azure_devops"])
def test_a_name_that_would_break_ids_is_refused(kind: Any, entry: Any) -> None:
    for name in ("a/b", "a:b", "", "-a"):
        assert "name" in problem(kind, {**entry, "name": name})


def test_a_plan_checked_without_a_configuration_is_called_as_its_file_is() -> None:
    assert ProjectFileSettings(**{**PLANS, "name": "Büro plan (1).xml"}).name == "Büro plan (1).xml"


def test_one_field_may_stand_for_a_list_of_one() -> None:
    boards = AzureDevOpsSettings(
        **BOARDS,
        fields={"due": "Promised date"},
        fields_for=[{"projects": "Payments", "start": "Custom.Begin"}],
    )
    assert boards.fields.due == ("Promised date",)
    assert (boards.fields_for[0].projects, boards.fields_for[0].start) == (("Payments",), ("Custom.Begin",))
