"""What the configuration changes about rules, level by level: organisation, portfolio, programme, project."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from portfolio.errors import RuleError
from portfolio.views import PLACED
from rules.compiler import compile_rule
from rules.loading import RuleSet
from rules.overrides import Said, merged, no_place, placed_problems, with_places
from rules.rule import Override, Rule
from rules.spelling import nearest
from sync.config_checks import slug_of, tree_of
from sync.config_model import OverrideText
from sync.config_problems import Path, Problems

_WORDS = {"portfolio": "portfolio", "programs": "programme", "projects": "project"}


def read_overrides(
    content: Mapping[str, Any], known: RuleSet, problems: Problems, *, file: str
) -> dict[str, Override]:
    """The overrides of every rule that some level changes. What does not fit is noted at its line."""
    levels = _Levels(content, known, problems, file)
    return {rule: levels.override(rule) for rule in levels.changed()}


def check_labels(content: Mapping[str, Any], known: RuleSet, problems: Problems) -> None:
    """A waiver of a rule that does not exist would mute nothing, and say nothing."""
    ids = {rule.id for rule in known.rules}
    for label, waiver in _labels(content).items():
        named = waiver.get("rules") if isinstance(waiver, dict) else None
        for number, rule in enumerate(named if isinstance(named, list) else ()):
            if isinstance(rule, str) and rule not in ids and rule not in known.broken:
                text = f"there is no rule `{rule}`{nearest(rule, ids)}"
                problems.add(("mute", "labels", label, "rules", number), text)


def _labels(content: Mapping[str, Any]) -> Mapping[str, Any]:
    mute = content.get("mute")
    labels = mute.get("labels") if isinstance(mute, dict) else None
    return labels if isinstance(labels, dict) else {}


def says_something_of_rules(content: Mapping[str, Any]) -> bool:
    """Whether any level changes a rule, or a label mutes one."""
    if any(isinstance(one, dict) and one.get("rules") for one in _labels(content).values()):
        return True
    portfolio = content.get("portfolio")
    nodes = [node for _, _, node in tree_of(portfolio)] if isinstance(portfolio, dict) else []
    sections = [one.get("rules") for one in (content, *nodes)]
    return any(isinstance(one, dict) and one.get("overrides") for one in sections)


class _Levels:
    """What every node of the tree says, read once."""

    def __init__(self, content: Mapping[str, Any], known: RuleSet, problems: Problems, file: str) -> None:
        self._rules = {rule.id: rule for rule in known.rules}
        self._broken = frozenset(known.broken)
        self._problems = problems
        self._file = file
        section = content.get("rules")
        self._everywhere = [self._read(section, ("rules",), "organisation")]
        # By slug: what the nodes from the portfolio's children down to it say.
        self._below: dict[str, list[Mapping[str, Said]]] = {}
        portfolio = content.get("portfolio")
        chains: dict[Path | None, list[Mapping[str, Said]]] = {None: []}
        for at, parent, node in tree_of(portfolio) if isinstance(portfolio, dict) else ():
            level = _WORDS[str(at[-2] if len(at) > 1 else at[0])]
            slug = slug_of(node)
            said = self._read(
                node.get("rules"), (*at, "rules"), level if parent is None else f"{level} {slug}"
            )
            if parent is None:
                # There is one portfolio, and everything belongs to it: what it says holds everywhere.
                self._everywhere.append(said)
                chains[at] = []
            else:
                chains[at] = [*chains[parent], said]
                self._below[slug] = chains[at]

    def changed(self) -> Iterator[str]:
        """The rules that some level changes."""
        levels = [*self._everywhere, *(said for chain in self._below.values() for said in chain)]
        yield from dict.fromkeys(rule for said in levels for rule in said)

    def override(self, rule_id: str) -> Override:
        """What holds for one rule everywhere, and where it is different."""
        base = _of(rule_id, self._everywhere)
        places = {slug: _of(rule_id, chain) for slug, chain in self._below.items()}
        override = with_places(base, places)
        rule = self._rules.get(rule_id)
        if rule is not None and override.places and rule.over in PLACED:
            self._compile(rule, override)
        return override

    def _compile(self, rule: Rule, override: Override) -> None:
        """A rule that many places change may become too large; better known before the first run."""
        if any(True for one in (override, *override.places.values()) for _ in placed_problems(rule, one)):
            return
        try:
            for dialect in ("sqlite", "postgresql"):
                compile_rule(rule, dialect, override)
        except RuleError as error:
            text = f"rule {rule.id} with all its levels: {error.message} Give more projects the same values."
            self._problems.add(("rules",), text)

    def _read(self, section: object, at: Path, level: str) -> dict[str, Said]:
        listed = section.get("overrides") if isinstance(section, dict) else None
        found: dict[str, Said] = {}
        for rule_id, value in listed.items() if isinstance(listed, dict) else ():
            where: Path = (*at, "overrides", rule_id)
            said = self._said(value, where, level)
            found[rule_id] = said
            if rule_id in self._rules:
                self._check(self._rules[rule_id], said, where, in_tree=at[0] == "portfolio" and len(at) > 2)
            elif rule_id not in self._broken:
                near = nearest(rule_id, self._rules)
                self._problems.add(where, f"there is no rule `{rule_id}`{near}")
        return found

    def _check(self, rule: Rule, said: Said, where: Path, *, in_tree: bool) -> None:
        if in_tree and rule.over not in PLACED:
            self._problems.add(where, no_place(rule))
        for place, text in placed_problems(rule, merged([said])):
            self._problems.add((*where, *place), text.removeprefix(f"{place[0]}: "))

    def _said(self, value: object, where: Path, level: str) -> Said:
        """What of an override has the right shape; the model of the whole file has named the rest already."""
        values: dict[str, Any] = {}
        origins: dict[str, str] = {}
        for key, inner in value.items() if isinstance(value, dict) else ():
            try:
                text = OverrideText.model_validate({key: inner})
            except ValidationError:
                continue
            values[key] = getattr(text, key)
            parts = [(*where, key, name) for name in inner] if key == "params" else [(*where, key)]
            for part in parts:
                name = ".".join(str(one) for one in part[len(where) :])
                origins[name] = f"{level}, {self._file}:{self._problems.line_of(part)}"
        return Said(values, origins)


def _of(rule: str, chain: Iterable[Mapping[str, Said]]) -> Sequence[Said]:
    return [said[rule] for said in chain if rule in said]
