"""Random histories of four trackers: few and always the same, or many new ones with DOVETAIL_SOAK=1."""

from __future__ import annotations

import pytest
from machine import BoardsHistories, JiraHistories, MemoryHistories, PlansHistories, sized
from machine_of_twins import TwinHistories

MemoryHistories.TestCase.settings = sized(10, 30)
JiraHistories.TestCase.settings = sized(6, 24)
BoardsHistories.TestCase.settings = sized(6, 24)
PlansHistories.TestCase.settings = sized(8, 24)
TwinHistories.TestCase.settings = sized(10, 40)

TestInMemory = pytest.mark.slow(MemoryHistories.TestCase)
TestJira = pytest.mark.slow(JiraHistories.TestCase)
TestBoards = pytest.mark.slow(BoardsHistories.TestCase)
TestPlans = pytest.mark.slow(PlansHistories.TestCase)
TestTwins = pytest.mark.slow(TwinHistories.TestCase)
