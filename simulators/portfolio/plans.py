"""The four Microsoft Project plans of the demo portfolio.

They are written row by row as their planners typed them; shops, halls and suppliers are invented. Offsets are
working days from today; the forward pass of `network.py` makes the dates.
"""

from __future__ import annotations

from simulators.portfolio.plans_store import CHECKOUT, STORE_ROLLOUT
from simulators.portfolio.plans_supply import DC_MOVE, WAREHOUSE

__all__ = ["CHECKOUT", "DC_MOVE", "PLANS", "STORE_ROLLOUT", "WAREHOUSE"]

PLANS = (STORE_ROLLOUT, CHECKOUT, WAREHOUSE, DC_MOVE)
