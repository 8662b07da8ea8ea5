"""The small lists: server, people, fields, statuses, projects, versions, permissions."""

from __future__ import annotations

from simulators.http import Response
from simulators.jira.call import Call, Refusal
from simulators.jira.catalogue import CATEGORIES
from simulators.jira.model import Json, Project
from simulators.jira.render import schema

# key → (id, name, type); the subset that a connector asks about
PERMISSIONS: dict[str, tuple[str, str, str]] = {
    "ADMINISTER": ("0", "Administer Jira", "GLOBAL"),
    "USER_PICKER": ("27", "Browse users and groups", "GLOBAL"),
    "BULK_CHANGE": ("33", "Make bulk changes", "GLOBAL"),
    "ADMINISTER_PROJECTS": ("23", "Administer Projects", "PROJECT"),
    "BROWSE_PROJECTS": ("10", "Browse Projects", "PROJECT"),
    "CREATE_ISSUES": ("11", "Create Issues", "PROJECT"),
    "EDIT_ISSUES": ("12", "Edit Issues", "PROJECT"),
    "TRANSITION_ISSUES": ("46", "Transition Issues", "PROJECT"),
    "LINK_ISSUES": ("21", "Link Issues", "PROJECT"),
    "SCHEDULE_ISSUES": ("28", "Schedule Issues", "PROJECT"),
    "ADD_COMMENTS": ("15", "Add Comments", "PROJECT"),
    "EDIT_OWN_COMMENTS": ("35", "Edit Own Comments", "PROJECT"),
    "EDIT_ALL_COMMENTS": ("34", "Edit All Comments", "PROJECT"),
    "DELETE_OWN_COMMENTS": ("37", "Delete Own Comments", "PROJECT"),
    "DELETE_ALL_COMMENTS": ("36", "Delete All Comments", "PROJECT"),
}


def server_info(call: Call) -> Response:
    """`GET serverInfo`: answers without credentials too; the clock's time is here and in the Date header."""
    renderer = call.renderer()
    return Response.json(
        {
            "baseUrl": call.home,  # the site, also through the gateway
            "version": "1001.0.0-SNAPSHOT",
            "versionNumbers": [1001, 0, 0],
            "deploymentType": "Cloud",
            "buildNumber": 100_307,
            "buildDate": renderer.instant(call.site.clock.now_ms() - 86_400_000),
            "serverTime": renderer.instant(call.site.clock.now_ms()),
            "scmInfo": "0" * 40,
            "serverTitle": "Jira",
            "serverTimeZone": "Etc/UTC",
        }
    )


def myself(call: Call) -> Response:
    """`GET myself`: one's own e-mail address is always shown."""
    me = call.me()
    shown = call.renderer().user(me.account_id) or {}
    empty = {"size": 1, "items": []}
    return Response.json({**shown, "locale": "en_US", "groups": empty, "applicationRoles": empty})


def user(call: Call) -> Response:
    """`GET user`."""
    account = call.request.one("accountId")
    if not account:
        raise Refusal(400, "Either accountId, username or key must be provided.")
    if account not in call.site.users:
        raise Refusal(404, "Specified user does not exist or you do not have required permissions")
    return Response.json(call.renderer().user(account))


def users(call: Call) -> Response:
    """`GET user/bulk`: ten a page unless more are asked for; unknown accounts are missing."""
    accounts = call.request.query.get("accountId") or []
    if not accounts:
        raise Refusal(400, "At least one accountId must be provided.")
    known = [account for account in dict.fromkeys(accounts) if account in call.site.users]
    page = call.page(known, default=10, ceiling=200)
    renderer = call.renderer()
    page["values"] = [renderer.user(account) for account in page["values"]]
    return Response.json(page)


def fields(call: Call) -> Response:
    """`GET field`: all at once; names repeat, only `schema.custom` is a stable name."""
    shown = []
    for field in call.site.field_defs.values():
        entry: dict[str, Json] = {
            "id": field.id,
            "key": field.id,
            "name": field.name,
            "custom": field.custom is not None,
            "orderable": field.orderable,
            "navigable": field.navigable,
            "searchable": field.searchable,
            "clauseNames": field.clauses,
        }
        if field.type:
            entry["schema"] = schema(field)
        if field.project_id is not None:
            entry["scope"] = call.renderer().scope(field.project_id)
        shown.append(entry)
    return Response.json(shown)


def priorities(call: Call) -> Response:
    """`GET priority`."""
    renderer = call.renderer()
    return Response.json(
        [
            {
                **(renderer.priority(number) or {}),
                "statusColor": "#999999",
                "description": "",
                "isDefault": number == "3",
            }
            for number in call.site.priorities
        ]
    )


def issue_types(call: Call) -> Response:
    """`GET issuetype`."""
    renderer = call.renderer()
    return Response.json([renderer.issue_type(kind) for kind in call.site.types.values()])


def statuses(call: Call) -> Response:
    """`GET status`."""
    renderer = call.renderer()
    return Response.json([renderer.status(number) for number in call.site.statuses])


def categories(call: Call) -> Response:
    """`GET statuscategory`."""
    renderer = call.renderer()
    return Response.json([renderer.category(key) for key in CATEGORIES])


def projects(call: Call) -> Response:
    """`GET project/search`: live ones unless `status` says otherwise."""
    states = set(call.request.many("status")) or {"live"}
    keys = {key.upper() for key in call.request.many("keys")}
    ids = set(call.request.many("id"))
    query = call.request.one("query").casefold()
    rows = [
        project
        for project in sorted(call.site.projects.values(), key=lambda p: p.key)
        if project.state in states
        and _visible(call, project)
        and (not keys or project.key in keys)
        and (not ids or str(project.id) in ids)
        and query in f"{project.key} {project.name}".casefold()
    ]
    page = call.page(rows, default=50, ceiling=100)
    page["values"] = [_project(call, project) for project in page["values"]]
    return Response.json(page)


def _visible(call: Call, project: Project) -> bool:
    return project.public if call.caller is None else not project.denied


def _project(call: Call, project: Project) -> dict[str, Json]:
    renderer = call.renderer()
    shown = renderer.project(project) | {"style": project.style, "isPrivate": False}
    if project.lead:
        shown["lead"] = renderer.user(project.lead)
    if project.state == "archived":
        shown["archived"] = True
    if project.state == "deleted":
        shown["deleted"] = True
    return shown


def _the_project(call: Call) -> Project:
    text = call.params["projectIdOrKey"]
    project = call.site.find_project(text)
    if project is None or project.state == "deleted" or not _visible(call, project):
        raise Refusal(404, f"No project could be found with key '{text}'.")
    return project


def project(call: Call) -> Response:
    """`GET project/{key}`, also by a former key."""
    found = _the_project(call)
    renderer = call.renderer()
    kinds = [t for t in call.site.types.values() if t.project_id in {None, found.id}]
    versions = [v for v in call.site.versions.values() if v.project_id == found.id]
    return Response.json(
        _project(call, found)
        | {
            "description": "",
            "components": [],
            "issueTypes": [renderer.issue_type(kind) for kind in kinds],
            "versions": [renderer.version(version) for version in versions],
            "assigneeType": "UNASSIGNED",
        }
    )


def versions(call: Call) -> Response:
    """`GET project/{key}/versions`: unpaged."""
    return Response.json(_versions(call))


def version_page(call: Call) -> Response:
    """`GET project/{key}/version`: paged, filtered by `status`."""
    return Response.json(call.page(_versions(call), default=50, ceiling=50))


def _versions(call: Call) -> list[dict[str, Json]]:
    home = _the_project(call)
    wanted = set(call.request.many("status"))
    renderer = call.renderer()
    today = call.site.clock.now().date().isoformat()
    rows = []
    for version in call.site.versions.values():
        kind = "archived" if version.archived else "released" if version.released else "unreleased"
        if version.project_id != home.id or (wanted and kind not in wanted):
            continue
        shown = renderer.version(version) | {"projectId": home.id}
        if version.release and kind == "unreleased":
            shown["overdue"] = version.release < today
        rows.append(shown)
    return rows


def my_permissions(call: Call) -> Response:
    """`GET mypermissions`: the keys must be named."""
    keys = call.request.many("permissions")
    if not keys:
        raise Refusal(400, "The 'permissions' query parameter is required.")
    if unknown := [key for key in keys if key not in PERMISSIONS]:
        raise Refusal(400, f"Unrecognized permission: {unknown[0]}")
    denied = _denied_here(call)
    shown = {}
    for key in keys:
        number, name, kind = PERMISSIONS[key]
        have = call.may(key) and not (denied and kind == "PROJECT")
        shown[key] = {
            "id": number,
            "key": key,
            "name": name,
            "type": kind,
            "description": "",
            "havePermission": have,
        }
    return Response.json({"permissions": shown})


def _denied_here(call: Call) -> bool:
    """Is the question about a place that the caller may not see? Then it is a 404."""
    issue_text = call.request.one("issueKey") or call.request.one("issueId")
    if issue_text:
        issue = call.site.find_issue(issue_text)
        if issue is None or not call.site.readable(issue, call.caller):
            raise Refusal(404, "Issue does not exist or you do not have permission to see it.")
    text = call.request.one("projectKey") or call.request.one("projectId")
    if text:
        found = call.site.find_project(text)
        if found is None or not _visible(call, found):
            raise Refusal(404, f"No project could be found with key '{text}'.")
        return found.state == "archived"
    return False


def tenant_info(call: Call) -> Response:
    """`GET /_edge/tenant_info`: the id that the gateway's URLs hold."""
    return Response.json({"cloudId": call.site.cloud_id})
