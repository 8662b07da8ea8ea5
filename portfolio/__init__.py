"""The vocabulary every room shares: records, findings, intents, notes, errors and views.

Nothing here imports another room, opens a file or speaks to a network.
"""
