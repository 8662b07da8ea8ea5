"""The folder of `demo` and `simulate`: the configuration for the simulated trackers, nobody else's files."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

from portfolio.errors import UsageError

# The names of variables, not secrets.
JIRA_VARIABLE = "JIRA_TOKEN"
BOARDS_VARIABLE = "ADO_PAT"
CONFIG = "dovetail.yaml"
_MARKER = ".dovetail-demo"
_OURS = (
    "plans",
    CONFIG,
    "dovetail.db",
    "plan.json",
    "twins.yaml",
    "portfolio.html",
    "steering-pack.pptx",
    "steering-pack.pdf",
)

_CONFIG = """\
# Written by `dovetail {verb}` for its simulated trackers. Yours looks the same, with your own site and token;
# docs/configuration.md explains every key.
version: 1
timezone: Europe/Zurich
store: sqlite:///dovetail.db
calendar: {{weekdays: mon-fri, holidays: CH-ZH}}
limits: {{max_writes: 500}}     # the first run writes everything at once; 200 is the default

sources:
  - name: shop
    kind: jira
    url: {jira_url}
    auth: {{method: api_token, user: {jira_user}, token: {{env: {jira_variable}}}}}
    projects: [CHK, PAY, APP, LOY, WMS, RPL]
    fields:
      start: Target start
      probability: Probability
      impact: Impact
      review_due: Review date
    write:
      comments: true
      backlog: comment     # comment what was late before Dovetail came, too
      armed: true          # write from the first sync on; without it, sync stops after the plan
      fields:
        health: Portfolio health
        slip_wd: Slip in working days
        percent_complete: Portfolio progress
        open_findings: Open findings
  - name: boards
    kind: azure_devops
    url: {boards_url}
    identity_url: {identity_url}     # only because this one is simulated: the real one is known
    auth: {{method: pat, token: {{env: {boards_variable}}}}}
    projects: [Shop Devices, Data Platform, ERP Interfaces]
    fields: {{twin: Jira key}}     # where people note the key of the same work in Jira
    write:
      comments: true
      backlog: comment
      armed: true
      fields:
        health: Portfolio health
        slip_wd: Slip in working days
        percent_complete: Portfolio progress
        open_findings: Open findings
  - name: plans
    kind: project_file
    path: plans/*.xml
    write:
      comments: true       # one block in the notes of a task; the rest of the file stays as it is
      backlog: comment
      armed: true
      fields:
        health: Portfolio health
        open_findings: Open findings
      define:              # the fields are made in free ones of Project, where a plan has none so called
        Portfolio health: Text28
        Open findings: Text29

portfolio:
  name: Retail
  lead: anneke.solberg@retail.example
  programs:
    - name: Store 2.0
      lead: tiago.wrenfield@retail.example
      projects:
        - name: Checkout
          lead: ilse.marchetti@retail.example
          scopes: ["shop:CHK", "plans:checkout.xml", "boards:Shop Devices\\\\Tills"]
        - name: Payments
          lead: maxine.tregaro@retail.example
          scopes: ["shop:PAY", "boards:Shop Devices\\\\Terminals"]
        - name: Mobile app
          lead: rafael.imboden-lee@retail.example
          scopes: ["shop:APP"]
        - name: Loyalty
          lead: camille.okonjo-baer@retail.example
          scopes: ["shop:LOY"]
        - name: Store rollout
          lead: margit.eschenfield@retail.example
          scopes: ["plans:store-rollout.xml", "boards:Shop Devices\\\\Rollout"]
        - name: Shop devices
          lead: roswitha.engelbrecht@retail.example
          scopes: ["boards:Shop Devices"]
    - name: Supply chain renewal
      lead: tiago.wrenfield@retail.example
      projects:
        - name: Warehouse management
          lead: henrike.falconer@retail.example
          scopes: ["shop:WMS", "plans:warehouse.xml"]
        - name: Replenishment
          lead: leonie.abascal@retail.example
          scopes: ["shop:RPL"]
        - name: Distribution centre move
          lead: ruben.castelgrave@retail.example
          scopes: ["plans:dc-move.xml"]
        - name: Data platform
          lead: ottoline.varga@retail.example
          scopes: ["boards:Data Platform"]
        - name: ERP interfaces
          lead: gisela.thornbury@retail.example
          scopes: ["boards:ERP Interfaces"]

committees:                # reports tell what changed since the last meeting
  - {{name: Steering committee, first: {committee}, every_weeks: 4}}
freezes:
  - {{name: Peak season, days: {freeze_first}..{freeze_last}}}
"""


def prepare(folder: Path, verb: str) -> Path:
    """An empty folder for the simulated portfolio; what an earlier run left there is removed.

    Raises:
        UsageError: the folder holds files that no `demo` or `simulate` has made.
    """
    folder = folder.expanduser().absolute()
    marker = folder / _MARKER
    if folder.exists() and not marker.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(
            f"{folder} is not empty, and no earlier `dovetail {verb}` made it.",
            hint="Name a new folder with --folder.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    marker.write_text("Made by dovetail; the next demo or simulate empties this folder.\n")
    for path in folder.iterdir():
        if path.is_dir() and path.name in _OURS:
            shutil.rmtree(path)
        elif path.name.startswith(_OURS):
            path.unlink()
    return folder


def write_config(
    folder: Path, verb: str, *, jira_url: str, jira_user: str, boards_url: str, identity_url: str
) -> Path:
    """The configuration for simulated trackers at these addresses and the plans beside it."""
    from simulators.portfolio.serve import today_in_zurich

    path = folder / CONFIG
    today = today_in_zurich()
    text = _CONFIG.format(
        # The last meeting is three days ago, the next one four weeks later; the freeze is about to begin.
        committee=today - timedelta(days=3),
        freeze_first=today + timedelta(days=16),
        freeze_last=today + timedelta(days=34),
        verb=verb,
        jira_url=jira_url,
        jira_user=jira_user,
        jira_variable=JIRA_VARIABLE,
        boards_url=boards_url,
        identity_url=identity_url,
        boards_variable=BOARDS_VARIABLE,
    )
    path.write_text(text, encoding="utf-8")
    return path
