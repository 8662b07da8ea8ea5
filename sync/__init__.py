"""The order of work: pull, derive, check, plan, apply; configuration, safety limits and locks."""
