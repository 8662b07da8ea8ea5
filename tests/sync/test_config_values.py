"""What a valid configuration means, where it is found, and where its store is."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML
from shared import ROOT

from connectors.registry import KINDS
from portfolio.errors import ConfigError
from schedule.health import HealthThresholds
from sync.config import Config, default_config, find_config, load_config
from sync.config_model import ConfigText
from sync.config_schema import config_schema
from sync.health_limits import HealthLimits
from sync.settings import sync_settings
from sync.twins import TwinDecision

FULL = """\
version: 1
timezone: Europe/Zurich
store: sqlite:///data/dovetail.db
calendar: {weekdays: sun-thu, holidays: CH-ZH, extra_holidays: [2026-12-24]}
sources:
  - name: shop
    kind: jira
    url: https://shop.atlassian.net
    auth: {method: api_token, user: bot@shop.example, token: {env: JIRA_TOKEN}}
    projects: [CHK]
    write: {comments: true, fields: {health: Portfolio health}, backlog: comment}
  - {name: plans, kind: project_file, path: plans/*.xml}
portfolio:
  name: Retail
  lead: top@shop.example
  projects:
    - {name: Odds & ends, scopes: ["plans:odds.xml"]}
  programs:
    - name: Store 2.0
      projects:
        - {name: Kasse (Zürich), lead: lead@shop.example, scopes: ["shop:CHK", "plans:kasse.xml"]}
rules: {overrides: {due-date-passed: {params: {grace_wd: 1}}, date-impossible: {enabled: false}}}
limits: {max_writes: 50, max_vanished: 0.1}
lists_every: 15m
census_every: 7d
people: {aliases: {lead@shop.example: ["lead@old.example", "plans:Lena Lead"]}, left: [gone@shop.example]}
twins: [["shop:CHK-1", "plans:kasse#1"]]
write: {forecast_step_wd: 3}
"""


def loaded(folder: Path, text: str = FULL) -> Config:
    path = folder / "dovetail.yaml"
    path.write_text(text, encoding="utf-8")
    return load_config(path)


def test_every_key_arrives_where_the_engine_reads_it(tmp_path: Path) -> None:
    (tmp_path / "twins.yaml").write_text("- [shop:CHK-2, plans:kasse#2]\n")
    config = loaded(tmp_path)
    assert config.timezone == "Europe/Zurich"
    assert config.day_of(datetime(2026, 11, 24, 23, 30, tzinfo=UTC)) == date(2026, 11, 25)
    assert config.weekdays == (1, 2, 3, 4, 7)
    assert (config.holidays, config.extra_holidays) == ("CH-ZH", (date(2026, 12, 24),))
    assert [(one.name, one.kind.name) for one in config.sources] == [
        ("shop", "jira"),
        ("plans", "project_file"),
    ]
    assert [(one.slug, one.level, one.parent, one.lead) for one in config.tree] == [
        ("retail", "portfolio", None, "top@shop.example"),
        ("odds-ends", "project", "retail", None),
        ("store-2-0", "program", "retail", None),
        ("kasse-zurich", "project", "store-2-0", "lead@shop.example"),
    ]
    assert config.tree[3].scopes == ("shop:CHK", "plans:kasse.xml")
    assert config.overrides["due-date-passed"].params == {"grace_wd": 1}
    assert not config.overrides["date-impossible"].enabled
    assert config.limits.max_writes == 50
    assert config.limits.max_writes_per_project == 50  # as max_writes where it is absent
    assert (config.limits.max_vanished, config.limits.max_share) == (0.1, 0.5)
    assert (config.lists_every, config.census_every) == (timedelta(minutes=15), timedelta(days=7))
    assert config.aliases == {"lead@old.example": "lead@shop.example", "plans:Lena Lead": "lead@shop.example"}
    assert config.left == ("gone@shop.example",)
    assert config.twins == [("shop:CHK-1", "plans:kasse#1")]
    assert config.twin_decisions == [
        TwinDecision(keys=("shop:CHK-2", "plans:kasse#2"), ids=None, is_confirmed=True)
    ]
    assert config.twins_file == tmp_path / "twins.yaml"
    assert config.forecast_step_wd == 3


def test_two_keys_are_enough(tmp_path: Path) -> None:
    config = loaded(tmp_path, "version: 1\nsources: [{name: plans, kind: project_file, path: a.xml}]\n")
    assert config.timezone == "UTC"
    assert config.store.url() == f"sqlite:///{tmp_path}/dovetail.db"
    assert config.limits.max_writes == 200
    assert (config.limits.max_vanished, config.forecast_step_wd) == (0.2, 5)
    assert (config.lists_every, config.census_every) == (timedelta(hours=1), timedelta(hours=24))


@pytest.mark.parametrize(
    ("given", "weekdays"),
    [("mon-fri", (1, 2, 3, 4, 5)), ("sat-wed", (1, 2, 3, 6, 7)), ("[Mon, wed, mon]", (1, 3)), ("tue", (2,))],
)
def test_weekdays_are_a_range_or_a_list(tmp_path: Path, given: str, weekdays: tuple[int, ...]) -> None:
    text = f"version: 1\ncalendar: {{weekdays: {given}}}\n"
    text += "sources: [{name: p, kind: project_file, path: a.xml}]\n"
    assert loaded(tmp_path, text).weekdays == weekdays


def test_a_relative_store_lies_beside_the_configuration_wherever_it_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = loaded(tmp_path)
    monkeypatch.chdir("/")
    assert config.store.url() == f"sqlite:///{tmp_path}/data/dovetail.db"


def test_the_password_of_the_store_is_put_in_when_it_is_opened_and_shown_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = FULL.replace(
        "store: sqlite:///data/dovetail.db",
        "store: {url: postgresql+psycopg://dove@db:5433/dovetail, password: {env: DB_PASSWORD}}",
    )
    monkeypatch.setenv("DB_PASSWORD", "hunter/2@")
    config = loaded(tmp_path, text)
    assert config.store.url() == "postgresql+psycopg://dove:hunter%2F2%40@db:5433/dovetail"
    assert "hunter" not in repr(config)


def test_the_whole_address_of_the_store_may_be_kept_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = FULL.replace("store: sqlite:///data/dovetail.db", "store: {url: {env: STORE_URL}}")
    config = loaded(tmp_path, text)
    monkeypatch.setenv("STORE_URL", "postgresql+psycopg://dove:hunter2@db/dovetail")
    assert config.store.url() == "postgresql+psycopg://dove:hunter2@db/dovetail"
    assert "hunter2" not in repr(config)
    monkeypatch.delenv("STORE_URL")
    with pytest.raises(ConfigError, match="STORE_URL"):
        config.store.url()


def test_the_search_goes_from_the_option_over_the_variable_to_the_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, user, system = tmp_path / "here", tmp_path / "user", tmp_path / "system"
    for folder in (here, user / "dovetail", system / "dovetail"):
        folder.mkdir(parents=True)
        (folder / "dovetail.yaml").touch()
    monkeypatch.chdir(here)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(user))
    monkeypatch.setenv("XDG_CONFIG_DIRS", f"/nowhere:{system}")
    named = {"DOVETAIL_CONFIG": "/etc/other.yaml"}
    assert find_config(Path("mine.yaml"), environment=named) == Path("mine.yaml")
    assert find_config(environment=named) == Path("/etc/other.yaml")
    assert find_config(environment={}).resolve() == here / "dovetail.yaml"
    (here / "dovetail.yaml").unlink()
    assert find_config(environment={}) == user / "dovetail" / "dovetail.yaml"
    (user / "dovetail" / "dovetail.yaml").unlink()
    assert find_config(environment={}) == system / "dovetail" / "dovetail.yaml"
    (system / "dovetail" / "dovetail.yaml").unlink()
    with pytest.raises(ConfigError, match="no configuration") as caught:
        find_config(environment={})
    assert caught.value.problems[-1] == f"looked for {system / 'dovetail' / 'dovetail.yaml'}"


def test_plans_can_be_checked_without_a_configuration(tmp_path: Path) -> None:
    source = {"name": "plan.xml", "kind": "project_file", "path": [str(tmp_path / "plan.xml")]}
    config = default_config([source], folder=tmp_path)
    assert config.path is None
    assert config.store.url() == "sqlite://"
    assert [one.name for one in config.sources] == ["plan.xml"]


def test_the_published_schema_is_that_of_the_code() -> None:
    published = json.loads((ROOT / "docs" / "config-schema.json").read_text(encoding="utf-8"))
    assert published == config_schema()


def test_the_published_schema_accepts_what_dovetail_accepts_and_refuses_unknown_keys() -> None:
    validator = jsonschema.Draft202012Validator(config_schema())
    content = json.loads(json.dumps(YAML(typ="safe", pure=True).load(FULL), default=str))
    validator.validate(content)
    content["sources"][0]["wirte"] = {}
    assert not validator.is_valid(content)
    del content["sources"][0]["wirte"]
    content["limit"] = {}
    assert not validator.is_valid(content)


def documentation() -> str:
    return (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")


def test_the_documentation_names_every_key_of_the_file_and_of_every_source() -> None:
    models = [ConfigText, *(kind.settings_model() for kind in KINDS.values())]
    for model in models:
        missing = [name for name in model.model_fields if f"`{name}`" not in documentation()]
        assert missing == [], model.__name__


def test_the_mistakes_of_the_documentation_look_like_that(tmp_path: Path) -> None:
    shown = [line.strip() for line in documentation().splitlines() if line.startswith("  line ")]
    text = "version: 1\ntimezon: Europe/Zurich\nsources:\n  - {name: plans,           kind: project_fil}\n"
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, text)
    assert list(caught.value.problems) == shown


def test_the_store_of_the_documentation_is_valid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (line,) = [one for one in documentation().splitlines() if one.startswith("store: {url: postgresql")]
    monkeypatch.setenv("DB_PASSWORD", "pw")
    config = loaded(tmp_path, FULL.replace("store: sqlite:///data/dovetail.db", line))
    assert config.store.url() == "postgresql+psycopg://dovetail:pw@db.example/dovetail"


def example(heading: str) -> str:
    """The YAML example under a heading of the documentation."""
    part = documentation().partition(f"\n{heading}\n")[2].partition("```yaml\n")[2]
    return part.partition("```")[0]


def test_the_conflict_policies_of_the_documentation_are_valid(tmp_path: Path) -> None:
    text = "version: 1\n" + example("### When a person changes what Dovetail wrote")
    writes = sync_settings(loaded(tmp_path, text), []).plan.writes["shop"]
    assert [writes.policy_of(slot) for slot in ("health", "open_findings", "slip_wd", "comment")] == [
        "theirs",
        "ours",
        "report",
        "report",
    ]


def test_the_limits_of_the_documentation_are_valid(tmp_path: Path) -> None:
    text = FULL.replace("limits: {max_writes: 50, max_vanished: 0.1}\n", example("## Limits"))
    text = text.replace(
        "  - {name: plans,", "  - {name: boards, kind: project_file, path: b.xml}\n  - {name: plans,"
    )
    config = loaded(tmp_path, text)
    assert config.canary.stands_for == timedelta(hours=24)
    assert config.canary.covers("boards", "12", "Retail\\Checkout\\Web")
    assert config.quiet_hours.until(datetime(2026, 11, 28, 12, tzinfo=UTC), config.zone) == datetime(
        2026, 11, 29, 23, tzinfo=UTC
    )


def test_safety_settings_arrive_where_the_engine_reads_them(tmp_path: Path) -> None:
    text = FULL.replace(
        "    projects: [CHK]\n", "    projects: [CHK]\n    max_vanished: 0.4\n    write_stop: true\n"
    )
    text = text.replace(
        "limits: {max_writes: 50, max_vanished: 0.1}",
        "limits: {max_writes_per_item: 3, max_comment_edits_per_day: 5, quiet_hours: '22:00-06:00'}",
    ).replace("write: {forecast_step_wd: 3}", "write: {plan_expires_after: 2h}")
    settings = sync_settings(loaded(tmp_path, text), [])
    limits = settings.pull.limits
    assert settings.plan.limits is limits
    assert (limits.max_writes_per_item, limits.max_comment_edits_per_day) == (3, 5)
    assert (limits.vanished_share("shop"), limits.vanished_share("plans")) == (0.4, 0.2)
    assert settings.plan.expires_after == timedelta(hours=2)
    assert settings.safety.stop_file == tmp_path / "dovetail.stop"
    assert settings.safety.why_stopped("shop") == (
        "write_stop of shop is true in the configuration, so nothing is written there"
    )
    assert settings.safety.why_stopped("plans") is None
    assert settings.safety.quiet_hours.text == "22:00-06:00"


def test_without_a_word_about_safety_nothing_is_held_back(tmp_path: Path) -> None:
    settings = sync_settings(loaded(tmp_path), [])
    assert settings.safety.why_stopped("shop") is None
    assert settings.safety.quiet_until(datetime(2026, 11, 28, 2, tzinfo=UTC)) is None
    assert (settings.safety.canary.places, settings.plan.expires_after) == ((), timedelta(hours=24))
    assert settings.pull.limits.max_comment_edits_per_day == 20
    assert {one.policy_of("health") for one in settings.plan.writes.values()} == {"report"}


def test_a_project_has_limits_of_health_of_its_own(tmp_path: Path) -> None:
    config = loaded(
        tmp_path,
        """\
version: 1
sources: [{name: plans, kind: project_file, path: plans/*.xml}]
health: {amber_slip_wd: 3, member_share: 0.2}
portfolio:
  name: Retail
  projects:
    - {name: Checkout, scopes: ["plans:checkout.xml"], health: {red_slip_wd: 15}}
""",
    )
    limits = HealthLimits(config.tree, sync_settings(config, []).health)
    assert limits.of("checkout") == HealthThresholds(amber_slip_wd=3, red_slip_wd=15, member_share=0.2)
    assert limits.of("retail") == HealthThresholds(amber_slip_wd=3, member_share=0.2)
