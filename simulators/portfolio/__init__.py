"""The seeded demo portfolio: what it is, how it gets into trackers and plans, what the next week brings."""

from simulators.portfolio.build import DEFAULT_SEED, build
from simulators.portfolio.load import apply_week, load_into_jira, play, write_project_files
from simulators.portfolio.load_boards import load_into_boards
from simulators.portfolio.model import Boards, DemoPortfolio, Issue, Operation, Week
from simulators.portfolio.week import next_week

__all__ = [
    "DEFAULT_SEED",
    "Boards",
    "DemoPortfolio",
    "Issue",
    "Operation",
    "Week",
    "apply_week",
    "build",
    "load_into_boards",
    "load_into_jira",
    "next_week",
    "play",
    "write_project_files",
]
