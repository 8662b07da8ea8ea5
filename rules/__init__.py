"""The rule compiler and its catalogue: YAML rules, each with its tests beside it.

    rules = load_catalogue()
    compiled = compile_rule(rule, store.dialect, override)
    rows = store.select(
        compiled.view, columns=compiled.columns, where=compiled.where, parameters=compiled.bind(today, now)
    )
    found = verdicts(compiled, rows)

sqlglot, pydantic and ruamel.yaml are imported when the first rule is loaded, not before.
"""

from rules.compiler import CompiledRule, compile_rule
from rules.explain import CompiledTerms, Explained, compile_terms, explain_terms
from rules.loading import RuleSet, load_catalogue, read_rules
from rules.overrides import override_problems, overrides_problems
from rules.results import inhibited, subject_id, verdicts
from rules.rule import Override, Rule

__all__ = [
    "CompiledRule",
    "CompiledTerms",
    "Explained",
    "Override",
    "Rule",
    "RuleSet",
    "compile_rule",
    "compile_terms",
    "explain_terms",
    "inhibited",
    "load_catalogue",
    "override_problems",
    "overrides_problems",
    "read_rules",
    "subject_id",
    "verdicts",
]

IS_DOVETAIL = True  # cli.py looks for this line: another distribution may install a package of this name
