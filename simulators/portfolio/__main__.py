"""`python -m simulators.portfolio`: the demo's trackers, for another program."""

from simulators.portfolio.serve import main

main()
