"""From the text of `dovetail.yaml` to a `Config`: reading, every check, then the values."""

from __future__ import annotations

import glob
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from connectors.auth import SecretRef
from connectors.registry import KINDS
from portfolio.agenda import Committee, Freeze
from portfolio.errors import ConfigError
from rules.loading import read_rules
from rules.packages import installed_packages
from rules.rule import Override
from rules.yaml_text import Document, read_yaml
from schedule.calendars import WorkPattern
from schedule.commitment import PromiseRules
from schedule.health import HealthThresholds
from sync.absences import PersonCalendar
from sync.canary import Canary
from sync.config import TWINS_FILE, Config, SourceConfig, StoreConfig
from sync.config_checks import (
    check_agenda,
    check_masters,
    check_names,
    check_people,
    check_portfolio,
    check_sources,
    check_store,
    check_two_trackers,
    slug_of,
    tree_of,
)
from sync.config_model import (
    CalendarText,
    ConfigText,
    PersonCalendarText,
    PromisesText,
    StoreText,
)
from sync.config_overrides import check_labels, read_overrides, says_something_of_rules
from sync.config_problems import Problems, not_one_of
from sync.config_report import report_config
from sync.limits import Limits
from sync.masters import Masters
from sync.mutes import MuteSettings
from sync.placement import TreeNode
from sync.twins import TwinDecision
from sync.twins_file import read_twins
from sync.waivers import LabelWaiver


def read_config(path: Path, text: str) -> Config:
    """The configuration that a text describes.

    Raises:
        ConfigError: it cannot be used; `problems` lists everything that is wrong with it.
    """
    document = read_yaml(text, path.name)
    problems = Problems(document)
    if not isinstance(document.content, dict):
        if not document.problems:
            problems.add((), "keys and values belong here, the first of them `version: 1`")
        raise _refused(path, problems)
    return _Reading(path, document, problems).config()


class _Reading:
    """One file on its way to a Config. Everything is checked before anything is refused."""

    def __init__(self, path: Path, document: Document, problems: Problems) -> None:
        self._path = path
        self._folder = path.absolute().parent
        self._content: dict[str, Any] = document.content
        self._problems = problems

    def config(self) -> Config:
        content, problems = self._content, self._problems
        names = check_sources(content, problems)
        check_store(content, problems)
        model = self._model()
        sources = self._sources()
        check_portfolio(content, names, problems)
        check_names(content, names, problems)
        check_agenda(content, problems)
        check_masters(content, names, problems)
        check_people(content, names, problems)
        twins_file, decisions = self._twin_decisions(names, sources)
        files = self._rule_files()
        overrides = self._overrides(files)
        if model is None or problems.lines():
            raise _refused(self._path, problems)
        limits = model.limits
        tree = _tree(content)
        return Config(
            path=self._path,
            folder=self._folder,
            store=_store(model.store, self._folder),
            sources=sources,
            timezone=model.timezone,
            weekdays=tuple(model.calendar.weekdays),
            holidays=model.calendar.holidays,
            extra_holidays=tuple(model.calendar.extra_holidays),
            tree=tree,
            rule_files=files,
            overrides=overrides,
            rule_seconds=model.rules.time_limit_seconds,
            rule_rows=model.rules.row_limit,
            limits=Limits(
                max_vanished=limits.max_vanished,
                max_writes=limits.max_writes,
                max_writes_per_project=(
                    limits.max_writes
                    if limits.max_writes_per_project is None
                    else limits.max_writes_per_project
                ),
                max_writes_per_item=limits.max_writes_per_item,
                max_comment_edits_per_day=limits.max_comment_edits_per_day,
                max_share=limits.max_share,
                max_vanished_of={
                    one.name: share
                    for one in sources
                    if (share := getattr(one.settings, "max_vanished", None)) is not None
                },
            ),
            quiet_hours=limits.quiet_hours,
            canary=Canary(tuple(limits.canary), limits.canary_for),
            write_stop=model.write_stop,
            plan_expires_after=model.write.plan_expires_after,
            lists_every=model.lists_every,
            census_every=model.census_every,
            aliases={
                account: person for person, accounts in model.people.aliases.items() for account in accounts
            },
            left=tuple(model.people.left),
            twins=_pairs(content.get("twins")),
            twin_decisions=decisions,
            twins_file=twins_file,
            forecast_step_wd=model.write.forecast_step_wd,
            health=HealthThresholds(**model.health.model_dump(exclude_none=True)),
            keep_gone=model.privacy.keep_gone,
            promises=_promises(model.promises.model_dump()),
            masters=Masters({str(name): one for name, one in model.reconcile.master.items()}, tree),
            mutes=MuteSettings(
                comments=model.mute.comments,
                people=None if model.mute.people is None else _folded(model.mute.people),
                approvers=_folded(model.mute.approvers),
                max_days=model.mute.max_days,
                zone=ZoneInfo(model.timezone),
            ),
            waivers=[
                LabelWaiver(
                    label=label,
                    reason=one.reason,
                    until=one.until,
                    rules=frozenset(one.rules),
                    approver=one.approver,
                )
                for label, one in model.mute.labels.items()
            ],
            baseline=model.baseline,
            person_calendars=_person_calendars(content),
            committees=tuple(
                Committee(**{**one.model_dump(), "dates": tuple(one.dates)}) for one in model.committees
            ),
            freezes=tuple(
                Freeze(name=one.name, first=one.days[0], last=one.days[1], project=one.project)
                for one in model.freezes
            ),
            report=report_config(model.report, self._folder),
        )

    def _model(self) -> ConfigText | None:
        try:
            return ConfigText.model_validate(self._content)
        except ValidationError as error:
            self._problems.add_errors(ConfigText, error.errors())
            return None

    def _sources(self) -> list[SourceConfig]:
        found: list[SourceConfig] = []
        listed = self._content.get("sources")
        for number, source in enumerate(listed if isinstance(listed, list) else []):
            if isinstance(source, dict):
                found += self._source(number, source)
        return found

    def _source(self, number: int, source: Mapping[str, Any]) -> list[SourceConfig]:
        at = ("sources", number)
        name = source.get("kind")
        if "kind" not in source:
            self._problems.add((*at, "kind"), f"it is missing; one of {', '.join(KINDS)}")
            return []
        if not isinstance(name, str) or name not in KINDS:
            self._problems.add((*at, "kind"), not_one_of(name, list(KINDS)))
            return []
        kind = KINDS[name]
        model = kind.settings_model()
        try:
            return [SourceConfig(str(source.get("name")), kind, model.model_validate(dict(source)))]
        except ValidationError as error:
            self._problems.add_errors(model, error.errors(), at)
            return []

    def _twin_decisions(
        self, names: Sequence[str], sources: Sequence[SourceConfig]
    ) -> tuple[Path, list[TwinDecision]]:
        # Two plans of one folder may hold the same work; two items of any other source do not.
        single = {one.name for one in sources if one.kind.name != "project_file"}
        pairs = _pairs(self._content.get("twins"))
        for number, pair in enumerate(pairs):
            check_two_trackers(pair, ("twins", number), single, self._problems)
        named = self._content.get("twins_file")
        path = self._folder / (named if isinstance(named, str) else TWINS_FILE)
        if not path.is_file():
            if isinstance(named, str):
                self._problems.add(
                    ("twins_file",), f"there is no file {named[:200]}; an empty one is enough to begin with"
                )
            return path, []
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError):
            self._problems.add(("twins_file",), f"{path.name} cannot be read as UTF-8 text")
            return path, []
        entries, problems = read_twins(text, path.name, names, single=single)
        self._problems.others += problems
        for number, pair in enumerate(pairs):
            if any(not one.is_confirmed and one.is_about(pair, None) for one in entries):
                self._problems.add(("twins", number), f"{path.name} says that these are not the same work")
        return path, [one.decision for one in entries]

    def _rule_files(self) -> list[Path]:
        section = self._content.get("rules")
        include = section.get("include") if isinstance(section, dict) else None
        found: list[Path] = []
        for number, pattern in enumerate(include if isinstance(include, list) else []):
            if not isinstance(pattern, str):
                continue
            if not glob.has_magic(pattern):
                path = self._folder / pattern
                if not path.is_file():
                    self._problems.add(("rules", "include", number), f"there is no file {pattern[:200]}")
                    continue
                found.append(path)
            else:
                # Path.glob refuses absolute patterns and follows `**` differently before Python 3.13.
                matches = glob.glob(pattern, root_dir=self._folder, recursive=True)  # noqa: PTH207
                found += sorted(self._folder / match for match in matches)
        return list(dict.fromkeys(found))

    def _overrides(self, files: Sequence[Path]) -> dict[str, Override]:
        # Reading the built-in rules takes a third of a second: only where something is said about them.
        if not says_something_of_rules(self._content):
            return {}
        known = read_rules(files, with_tests=False, packages=installed_packages())
        check_labels(self._content, known, self._problems)
        return read_overrides(self._content, known, self._problems, file=self._path.name)


def _folded(names: Sequence[str]) -> frozenset[str]:
    return frozenset(name.casefold() for name in names)


def _pairs(listed: object) -> list[tuple[str, str]]:
    return [
        (str(pair[0]), str(pair[1]))
        for pair in (listed if isinstance(listed, list) else [])
        if isinstance(pair, list) and len(pair) == 2
    ]


def _store(store: str | StoreText, folder: Path) -> StoreConfig:
    if isinstance(store, str):
        return StoreConfig(store, folder)
    if isinstance(store.url, SecretRef):
        return StoreConfig(f"(from {store.url})", folder, store.url, store.password)
    return StoreConfig(store.url, folder, None, store.password)


def _tree(content: Mapping[str, Any]) -> list[TreeNode]:
    portfolio = content.get("portfolio")
    if not isinstance(portfolio, dict):
        return []
    # What a node does not say of its calendar or its promises is as above it.
    said: dict[tuple[str | int, ...] | None, dict[str, Any]] = {
        None: {name: content.get(name) or {} for name in ("calendar", "promises")}
    }
    slugs: dict[tuple[str | int, ...], str] = {}
    nodes: list[TreeNode] = []
    for at, parent, node in tree_of(portfolio):
        slugs[at] = slug_of(node)
        said[at] = {name: {**one, **(node.get(name) or {})} for name, one in said[parent].items()}
        nodes.append(
            TreeNode(
                slug=slugs[at],
                level={"portfolio": "portfolio", "programs": "program", "projects": "project"}[
                    str(at[-2] if len(at) > 1 else at[0])
                ],
                parent=None if parent is None else slugs[parent],
                name=str(node["name"]),
                lead=node.get("lead"),
                scopes=tuple(node.get("scopes", ())),
                people=None if node.get("people") is None else tuple(node["people"]),
                health=dict(node.get("health") or {}),
                calendar=_pattern(said[at]["calendar"]) if node.get("calendar") else None,
                promises=_promises(said[at]["promises"]) if node.get("promises") else None,
                masters=dict((node.get("reconcile") or {}).get("master") or {}),
            )
        )
    return nodes


def _pattern(said: Mapping[str, Any]) -> WorkPattern:
    text = CalendarText.model_validate(said)
    return WorkPattern(tuple(text.weekdays), text.holidays, tuple(text.extra_holidays))


def _promises(said: Mapping[str, Any]) -> PromiseRules:
    text = PromisesText.model_validate(said)
    return PromiseRules(tuple(text.committed_by), tuple(text.dates), text.settle_days)


def _person_calendars(content: Mapping[str, Any]) -> dict[str, PersonCalendar]:
    people = content.get("people") or {}
    found: dict[str, PersonCalendar] = {}
    for address, said in (people.get("calendars") or {}).items():
        own = {**(content.get("calendar") or {}), **said}
        absences = PersonCalendarText.model_validate(said).absences
        own.pop("absences", None)
        found[address.casefold()] = PersonCalendar(_pattern(own), tuple(absences))
    return found


def _refused(path: Path, problems: Problems) -> ConfigError:
    lines = problems.lines()
    count = f"{len(lines)} problems" if len(lines) > 1 else "a problem"
    return ConfigError(
        f"{path} has {count}.",
        problems=lines,
        hint="docs/configuration.md describes every key.",
    )
