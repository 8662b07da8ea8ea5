"""A Jira Cloud site on loopback: stateful, repeatable by seed, with the traps of facts/jira.md."""

from simulators.clock import Clock
from simulators.faults import Fault
from simulators.jira.limits import RateLimit
from simulators.jira.model import BOT_EMAIL
from simulators.jira.options import Options
from simulators.jira.server import JiraServer
from simulators.jira.site import JiraCloud

__all__ = ["BOT_EMAIL", "Clock", "Fault", "JiraCloud", "JiraServer", "Options", "RateLimit"]
