"""The order of work: pull, derive, check, plan, apply; configuration, safety limits and locks."""

IS_DOVETAIL = True  # cli.py looks for this line: another distribution may install a package of this name
