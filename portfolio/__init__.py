"""The vocabulary every room shares: records, findings, intents, notes, errors and views.

Nothing here imports another room, opens a file or speaks to a network.
"""

IS_DOVETAIL = True  # cli.py looks for this line: another distribution may install a package of this name
