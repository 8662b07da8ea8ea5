"""The published JSON Schema says of a rule file what the loader says."""

# ruff: noqa: E501

from __future__ import annotations

import copy
import json
import random
from typing import Any

from jsonschema import Draft202012Validator
from pydantic import ValidationError

from rules.docs import ROOT
from rules.file_model import RULE_VIEWS, RuleText
from rules.starter import starter
from rules.yaml_text import read_yaml

SCHEMA = Draft202012Validator(json.loads((ROOT / "rules/schema.json").read_text(encoding="utf-8")))
RULE: dict[str, Any] = read_yaml(starter("mine", "item", "mine.yaml"), "mine.yaml").content[0]


def by_loader(rule: object) -> bool:
    try:
        RuleText.model_validate(rule)
    except ValidationError:
        return False
    return True


def by_schema(rule: object) -> bool:
    # A schema knows dates as texts.
    return SCHEMA.is_valid(json.loads(json.dumps([rule], default=str)))


def test_every_starter_is_accepted_by_both() -> None:
    for view in RULE_VIEWS:
        (rule,) = read_yaml(starter("mine", view, "mine.yaml"), "mine.yaml").content
        assert by_loader(rule)
        assert by_schema(rule)


ODD = [None, "", "x", "A B", 0, 1, -1, 1.5, True, [], ["x"], {}, {"x": 1}, {"a b": 1}, "2d", "high", "item", "item_id", "x" * 121, "docs/x", "javascript:x"]  # fmt: skip


def changed(chance: random.Random) -> dict[str, Any]:
    """The rule with one thing different somewhere."""
    rule: Any = copy.deepcopy(RULE)
    node = rule
    for _ in range(chance.randint(0, 3)):
        inner = [
            one
            for one in (node.values() if isinstance(node, dict) else node)
            if isinstance(one, dict | list) and one
        ]
        if not inner:
            break
        node = chance.choice(inner)
    keys = list(node) if isinstance(node, dict) else list(range(len(node)))
    key = chance.choice(keys)
    action = chance.random()
    if action < 0.2:
        del node[key]
    elif action < 0.4 and isinstance(node, dict):
        known = [
            "for",
            "keep",
            "inhibit_by",
            "docs",
            "comment_on",
            "status",
            "measure",
            "titel",
            "a b",
            "for_",
        ]
        node[chance.choice(known)] = chance.choice(ODD)
    else:
        node[key] = chance.choice(ODD)
    return dict(rule)


def test_whatever_is_changed_in_a_rule_both_say_the_same() -> None:
    chance = random.Random(20261129)
    verdicts = {True: 0, False: 0}
    for _ in range(500):
        rule = changed(chance)
        assert by_loader(rule) == by_schema(rule), rule
        verdicts[by_loader(rule)] += 1
    assert min(verdicts.values()) > 50
