"""Every problem of a configuration at once, at its place, with the nearest valid name, and no secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from portfolio.errors import ConfigError
from sync.config import load_config

GOOD_SOURCE = "sources: [{name: plans, kind: project_file, path: plans/*.xml}]\n"


def problems(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "dovetail.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert caught.value.exit_code == 3
    return list(caught.value.problems)


def one_problem(tmp_path: Path, text: str) -> str:
    (found,) = problems(tmp_path, text)
    return found


def test_every_mistake_is_listed_in_the_order_of_the_file(tmp_path: Path) -> None:
    assert problems(
        tmp_path,
        """\
version: 1
timezone: Europe/Zurick
calendar: {weekdays: mon-fry, holidays: CHZ}
sources:
  - name: plans
    kind: project_file
    pth: plans/*.xml
  - name: shop
    kind: jira
    url: https://shop.atlassian.net
    auth: {method: api_tokn, user: bot@shop.example, token: {env: JIRA_TOKEN}}
    wirte: {comments: true}
limits: {max_vanished: 1.5}
lists_every: 1 hour
""",
    ) == [
        "line 2, column 1: timezone: not a time zone such as Europe/Zurich; did you mean `Europe/Zurich`?",
        "line 3, column 12: calendar.weekdays: a range such as mon-fri, or a list such as [mon, tue, wed]",
        "line 3, column 31: calendar.holidays: the holidays of `CHZ` are not known; did you mean `CZ`?",
        "line 5, column 5: sources[0].path: it is missing",
        "line 7, column 5: sources[0].pth: unknown key; did you mean `path`?",
        (
            "line 11, column 12: sources[1].auth.method: `api_tokn` is not one of api_token, bearer, none; "
            "did you mean `api_token`?"
        ),
        "line 12, column 5: sources[1].wirte: unknown key; did you mean `write`?",
        "line 13, column 10: limits.max_vanished: at most 1 belongs here",
        "line 14, column 1: lists_every: a duration such as 15m, 1h, 24h or 7d belongs here",
    ]


def test_text_that_is_no_yaml_gives_one_line_with_its_place(tmp_path: Path) -> None:
    found = one_problem(tmp_path, "version: 1\nsources: [\n  {name: plans\n")
    assert found.startswith("line 4, column ")
    assert "this is not YAML" in found


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    found = problems(tmp_path, f"version: 1\n{GOOD_SOURCE}timezone: UTC\ntimezone: Europe/Zurich\n")
    assert found == ["line 4, column 1: `timezone` stands here twice"]


def test_a_bomb_of_aliases_is_refused_without_being_expanded(tmp_path: Path) -> None:
    levels = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 30))
    found = problems(tmp_path, f"version: 1\nl0: &l0 [x]\n{levels}{GOOD_SOURCE}")
    assert any("anchors and aliases" in one for one in found)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "dovetail.yaml"
    path.write_text("# " + "x" * 1_000_001)
    with pytest.raises(ConfigError, match="larger than 1,000,000 bytes"):
        load_config(path)


def test_an_empty_file_says_what_belongs_there(tmp_path: Path) -> None:
    assert "version: 1" in one_problem(tmp_path, "")


@pytest.mark.parametrize("secret", ["hunter2-hunter2", "0x1A2B3C", "12345678", "[hunter2-hunter2]"])
def test_a_secret_that_is_written_down_is_refused_and_never_repeated(tmp_path: Path, secret: str) -> None:
    found = problems(
        tmp_path,
        "version: 1\nsources:\n  - name: shop\n    kind: jira\n    url: https://shop.atlassian.net\n"
        f"    auth: {{method: api_token, user: bot@shop.example, token: {secret}}}\n",
    )
    assert found == [
        (
            "line 6, column 55: sources[0].auth.token: a secret is never written here; use {env: NAME}, "
            "{file: PATH}, {command: PROGRAM} or {keyring: NAME}"
        )
    ]


def test_a_password_in_the_address_of_the_store_is_refused_and_never_repeated(tmp_path: Path) -> None:
    for url in (
        "postgresql+psycopg://dovetail:hunter2@db/dovetail",
        "postgresql+psycopg://dovetail@db/dovetail?password=hunter2",
    ):
        found = one_problem(tmp_path, f"version: 1\nstore: {url}\n{GOOD_SOURCE}")
        assert found.startswith("line 2, column 1: store: a password is never written here")
        assert "hunter2" not in found


@pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1:9", "127.3.4.5", "[::1]:80", "jira.localhost"])
def test_an_address_of_this_machine_needs_no_tls(tmp_path: Path, host: str) -> None:
    assert load_config(_with_url(tmp_path, f"http://{host}")).sources[0].name == "shop"


@pytest.mark.parametrize(
    "host", ["jira.example", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1"]
)
def test_an_address_elsewhere_without_tls_is_refused(tmp_path: Path, host: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(_with_url(tmp_path, f"http://{host}"))
    assert f"http would send the credential to {host} in the open" in caught.value.problems[0]


def test_a_credential_in_an_address_is_refused_and_never_repeated(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(_with_url(tmp_path, "https://bot:hunter2@jira.example"))
    assert len(caught.value.problems) == 1
    assert "a secret is never written here" in caught.value.problems[0]
    assert "hunter2" not in str(caught.value.problems)


def _with_url(tmp_path: Path, url: str) -> Path:
    path = tmp_path / "dovetail.yaml"
    path.write_text(
        f'version: 1\nsources:\n  - name: shop\n    kind: jira\n    url: "{url}"\n'
        "    auth: {method: api_token, user: bot@shop.example, token: {env: JIRA_TOKEN}}\n"
    )
    return path


def test_a_kind_that_does_not_exist_names_the_nearest(tmp_path: Path) -> None:
    found = one_problem(tmp_path, "version: 1\nsources: [{name: a, kind: project_fil, path: x.xml}]\n")
    assert found.endswith(
        "sources[0].kind: `project_fil` is not one of jira, azure_devops, project_file; "
        "did you mean `project_file`?"
    )


def test_names_of_sources_are_unique_and_fit_into_ids(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        "version: 1\nsources:\n"
        "  - {name: plans, kind: project_file, path: a.xml}\n"
        "  - {name: plans, kind: project_file, path: b.xml}\n"
        '  - {name: "a/b", kind: project_file, path: c.xml}\n',
    )
    assert [one.split(": ", 1)[1].split(",")[0] for one in found] == [
        "sources[1].name: `plans` is the name of sources[0] already",
        "sources[2].name: letters",
    ]


def test_the_tree_names_sources_that_exist_and_has_each_slug_and_scope_once(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        f"""\
version: 1
{GOOD_SOURCE}portfolio:
  name: Retail
  projects:
    - {{name: "Élan!", scopes: ["plan:a.xml", "plans"]}}
    - {{name: elan, scopes: ["plans:b.xml"]}}
  programs:
    - {{name: Store, projects: [{{name: Shop, scopes: ["plans:B.xml"]}}]}}
""",
    )
    assert found == [
        (
            "line 6, column 32: portfolio.projects[0].scopes[0]: there is no source `plan`; "
            "did you mean `plans`?"
        ),
        (
            "line 6, column 46: portfolio.projects[0].scopes[1]: `plans`: the form is source:name, for "
            "example plans:CHK-12"
        ),
        (
            "line 7, column 8: portfolio.projects[1].name: its slug `elan` is that of line 6 already; "
            "add another `slug:`"
        ),
        (
            "line 9, column 54: portfolio.programs[0].projects[0].scopes[0]: `plans:B.xml` feeds a project "
            "already, in line 7"
        ),
    ]


def test_twins_and_aliases_name_sources_that_exist(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        f"version: 1\n{GOOD_SOURCE}"
        "twins: [[plans:1, shop:CHK-1], [plans:2]]\n"
        'people: {aliases: {Anna: ["plans:Anna"], b@x.example: ["boards:b", "b@y.example"]}}\n',
    )
    assert [one.split(": ", 1)[1] for one in found] == [
        "twins[0][1]: there is no source `shop`",
        "twins[1]: 2 values belong here, not 1",
        "people.aliases.Anna: the e-mail address of the person belongs here",
        "people.aliases.b@x.example[0]: there is no source `boards`",
    ]


def test_a_pair_that_the_file_of_twins_rejects_is_no_pair_of_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "twins.yaml").write_text("rejected: [[plans:2, plans:1]]\n")
    assert problems(
        tmp_path, f"version: 1\n{GOOD_SOURCE}twins: [[plans:3, plans:4], [plans:1, plans:2]]\n"
    ) == ["line 3, column 29: twins[1]: twins.yaml says that these are not the same work"]


def test_mistakes_in_the_file_of_twins_name_that_file(tmp_path: Path) -> None:
    (tmp_path / "twins.yaml").write_text("- [plans:1, shop:CHK-1]\n- plans:2\n")
    assert problems(tmp_path, f"version: 1\n{GOOD_SOURCE}") == [
        "twins.yaml, line 1, column 13: [0][1]: there is no source `shop`",
        "twins.yaml, line 2, column 3: [1]: a pair belongs here, for example `- [shop:CHK-12, plans:7]`",
    ]


def test_overrides_are_checked_against_the_rules(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        f"""\
version: 1
{GOOD_SOURCE}rules:
  include: [missing.yaml]
  overrides:
    due-date-past: {{enabled: false}}
    due-date-passed:
      params: {{grace: 1}}
      severity: hgh
""",
    )
    assert [one.split(": ", 1)[1] for one in found] == [
        "rules.include[0]: there is no file missing.yaml",
        "rules.overrides.due-date-past: there is no rule `due-date-past`; did you mean `due-date-passed`?",
        (
            "rules.overrides.due-date-passed.params.grace: there is no parameter `grace`; "
            "did you mean `grace_wd`?"
        ),
        (
            "rules.overrides.due-date-passed.severity: `hgh` is not one of info, low, medium, high, "
            "critical; did you mean `high`?"
        ),
    ]


def test_two_items_of_one_tracker_are_no_twins_wherever_that_is_said(tmp_path: Path) -> None:
    text = (
        "version: 1\n"
        "sources:\n"
        "  - {name: shop, kind: jira, url: https://shop.example, auth: {method: none}}\n"
        "  - {name: plans, kind: project_file, path: plans/*.xml}\n"
        "twins: [[shop:CHK-1, shop:CHK-2], [plans:a#1, plans:b#1], [shop:CHK-1, plans:a#1]]\n"
    )
    (tmp_path / "twins.yaml").write_text("confirmed:\n  - [shop:CHK-3, shop:CHK-4]\n", encoding="utf-8")
    said = "both stand in shop; twins are the same work in two trackers"
    assert problems(tmp_path, text) == [
        f"line 5, column 9: twins[0]: {said}",
        f"twins.yaml, line 2, column 5: confirmed[0]: {said}",
    ]


def test_mistakes_in_promises_and_calendars_are_named_where_they_stand(tmp_path: Path) -> None:
    assert problems(
        tmp_path,
        """\
version: 1
sources: [{name: plans, kind: project_file, path: plans/*.xml}]
promises:
  committed_by: [leaves_tdo, "label:"]
  dates: [own, sprint]
  settle_days: -1
portfolio:
  name: Retail
  projects:
    - {name: A, promises: {setle_days: 3}, calendar: {weekdays: mon-fry}}
people:
  calendars:
    lena: {absences: [2026-12-24..2026-12-21]}
    bo@shop.example: {holidays: XX}
""",
    ) == [
        (
            "line 4, column 18: promises.committed_by[0]: `leaves_tdo` is none of leaves_todo, "
            "active_iteration, release, label:NAME, status:NAME; did you mean `leaves_todo`?"
        ),
        (
            "line 4, column 30: promises.committed_by[1]: `label:` is none of leaves_todo, active_iteration, "
            "release, label:NAME, status:NAME"
        ),
        "line 5, column 16: promises.dates[1]: `sprint` is not one of own, iteration, release",
        "line 6, column 3: promises.settle_days: at least 0 belongs here",
        (
            "line 10, column 28: portfolio.projects[0].promises.setle_days: unknown key; "
            "did you mean `settle_days`?"
        ),
        (
            "line 10, column 55: portfolio.projects[0].calendar.weekdays: a range such as mon-fri, "
            "or a list such as [mon, tue, wed]"
        ),
        "line 13, column 5: people.calendars.lena: the e-mail address of the person belongs here",
        (
            "line 13, column 23: people.calendars.lena.absences[0]: a day such as 2026-12-24 "
            "or days such as 2026-12-21..2027-01-08 belong here"
        ),
        (
            "line 14, column 23: people.calendars.bo@shop.example.holidays: the holidays of `XX` are not "
            "known; did you mean `XK`?"
        ),
    ]
