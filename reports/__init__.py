"""What people look at. Reads views only."""
