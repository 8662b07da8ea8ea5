"""One file per verb: parse, call, print. The only place that prints, asks or exits."""

IS_DOVETAIL = True  # cli.py looks for this line: another distribution may install a package of this name
