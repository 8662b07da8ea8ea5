"""Repeatable measurements that print ratios side by side in one run. `python -m bench [NAME …]`."""
