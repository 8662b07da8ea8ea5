"""One folder per tracker, with the same files in each. Connectors know no store and no rules."""

IS_DOVETAIL = True  # cli.py looks for this line: another distribution may install a package of this name
