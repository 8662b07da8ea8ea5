"""Digests and health pings."""
