"""An organisation of Azure DevOps Services on loopback: with the traps of facts/azure_devops.md."""

from simulators.azure_devops.load import bulk_load
from simulators.azure_devops.options import Options
from simulators.azure_devops.server import AzureDevOpsServer
from simulators.azure_devops.site import AzureDevOps
from simulators.clock import Clock
from simulators.faults import Fault

__all__ = ["AzureDevOps", "AzureDevOpsServer", "Clock", "Fault", "Options", "bulk_load"]
