"""One file per verb: parse, call, print. The only place that prints, asks or exits."""
