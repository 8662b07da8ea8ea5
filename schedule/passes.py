"""The forward and the backward pass over the levels of a plan's graph.

Semantics are those of Microsoft Project with "tasks will always honor their constraint dates", a plan that is
scheduled from its start, and no levelling; where Project does not document what it does, those of MPXJ's
`MicrosoftScheduler`, which was fitted to files that Project saved (facts/rules.md §5).
"""

from __future__ import annotations

import numpy as np

from schedule.backward_pass import BackwardPass
from schedule.forward_pass import ForwardPass
from schedule.network_state import NetworkState, levels_of
from schedule.plan_network import Constraint


def run_passes(state: NetworkState) -> None:
    """Both passes, and the forward one again where tasks as late as possible push what follows them."""
    early, late = ForwardPass(state), BackwardPass(state)
    forward = list(levels_of(state.level, state.is_node, state.edges, state.edges.after))
    for level in forward:
        early.place(level, is_again=False)
    real = state.is_node & ~state.is_gate
    if not real.any():
        return
    state.finish_of_plan = int(state.early_finish[real].max())
    # What is finished holds nobody back any more.
    edges = state.edges.where(~state.is_finished[state.edges.after])
    for level in reversed(list(levels_of(state.level, state.is_node, edges, edges.before))):
        late.place(level)
    if np.any(state.constraint[real] == Constraint.ALAP):
        for level in forward:
            early.place(level, is_again=True)
