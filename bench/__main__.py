"""`python -m bench` runs every benchmark; `python -m bench pull_jira` runs one."""

from __future__ import annotations

import importlib
import sys

NAMES = (
    "pull_jira", "pull_azure_devops", "check_plan", "push_azure_devops", "storms", "rollup", "twins",
    "derive", "rules", "noise", "network", "schedule_checks", "backtest_plans", "backtest_items",
    "backtest_throughput", "rule_mutations", "page",
)  # fmt: skip

if __name__ == "__main__":
    for name in sys.argv[1:] or NAMES:
        print(f"\n== {name}")
        importlib.import_module(f"bench.{name}").main()
