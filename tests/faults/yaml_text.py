"""The configuration that stands for a simulated Jira."""

from __future__ import annotations

from sides import JiraSide


def config(side: JiraSide) -> str:
    return f"""\
version: 1
timezone: Europe/Zurich
store: sqlite:///dovetail.db
sources:
  - name: jira
    kind: jira
    url: {side.server.url}
    auth: {{method: api_token, user: {side.server.user}, token: {{env: {side._VARIABLE}}}}}
    projects: [CHK, PAY]
    write:
      comments: true
      armed: true
      backlog: comment
      fields: {{open_findings: Open findings}}
"""
