"""Digests and health pings."""

IS_DOVETAIL = True  # cli.py looks for this line: another distribution may install a package of this name
