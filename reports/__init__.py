"""What people look at. Reads views only."""

IS_DOVETAIL = True  # cli.py looks for this line: another distribution may install a package of this name
