"""Trackers on loopback that answer as the vendors describe, traps included. They import nothing of ours."""
