"""`dovetail rules` with all its verbs, which stand in several files."""

from commands import rules_lint, rules_new, rules_try
from commands.rules import rules

__all__ = ["rules", "rules_lint", "rules_new", "rules_try"]
