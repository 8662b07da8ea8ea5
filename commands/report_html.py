"""`dovetail report html`: the portfolio page."""
