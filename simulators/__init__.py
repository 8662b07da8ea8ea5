"""Trackers on loopback that answer as the vendors describe, traps included. They import nothing of ours."""

IS_DOVETAIL = True  # cli.py looks for this line: another distribution may install a package of this name
