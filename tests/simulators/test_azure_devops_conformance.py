"""Every operation of the Azure DevOps simulator, as the vendor describes it."""

from __future__ import annotations

import openapi_azure_devops
import pytest

from simulators.azure_devops.routes import BOARDS, IDENTITY

ALL = "SELECT [System.Id] FROM WorkItems"
REVISIONS = "wit/reporting/workitemrevisions"


@pytest.fixture
def rich(organisation):
    """An organisation with something of everything; items 1 to 4, comment 1 on item 2, item 4 deleted."""
    site = organisation
    site.add_process("Retail process", "Agile")
    site.add_type("Retail process", "Risk", fields=["Microsoft.VSTS.Scheduling.DueDate"])
    site.add_field("Custom.Health", "Health", "string", process="Retail process", allowed=["Green", "Red"])
    site.add_project("Store", "Retail process")
    site.add_user("Build", "", kind="svc")
    site.add_user("Everybody", "", kind="group")
    site.add_area("Retail", r"Retail\Checkout")
    site.add_iteration("Retail", r"Retail\Release 1\Sprint 1", "2026-02-23", "2026-03-06")
    site.add_iteration("Retail", r"Retail\Release 1\Later")
    site.add_team(
        "Retail",
        "Checkout team",
        areas=[r"Retail\Checkout"],
        iterations=[r"Retail\Release 1\Sprint 1", r"Retail\Release 1\Later"],
        members=["ann@demo.example"],
    )
    site.create_item("Retail", "Epic", {"System.Title": "An epic", "System.Description": "<b>long</b>"})
    site.create_item(
        "Retail", "User Story", {"System.Title": "A story", "System.AssignedTo": "bob@demo.example"}
    )
    site.create_item(
        "Store", "Risk", {"System.Title": "A risk", "System.Tags": "b; a", "Custom.Health": "Red"}
    )
    site.create_item("Retail", "Task", {"System.Title": "Gone"})
    site.link(1, "System.LinkTypes.Hierarchy-Forward", 2)
    site.link(2, "Hyperlink", "https://shop.example/browse/CHK-1", comment="the same in Jira")
    site.add_comment(2, "A first word", "bob@demo.example")
    site.edit_item(1, {"System.State": "Active", "Microsoft.VSTS.Scheduling.TargetDate": "2026-06-30"})
    site.delete_item(4)
    return site


def _add(path, value):
    return [{"op": "add", "path": path, "value": value}]


def _requests(site):
    home = site.project("Retail").id
    team = site.find_team(site.project("Retail"), "Checkout team").id
    process = site.process("Retail process").id
    sprint = site.nodes[
        site.add_iteration("Retail", r"Retail\Release 1\Sprint 1", "2026-02-23", "2026-03-06")
    ]
    bob = site.person("bob@demo.example")
    query = {"query": f"{ALL} WHERE [System.AreaPath] UNDER 'Retail' ORDER BY [System.Id]"}
    links = {
        "query": "SELECT [System.Id] FROM WorkItemLinks WHERE [Source].[System.Id] > 0 AND "
        "[System.Links.LinkType] = 'System.LinkTypes.Hierarchy-Forward' MODE (MayContain)"
    }
    patch = {"method": "PATCH", "uri": "/_apis/wit/workitems/2?api-version=7.1", "headers": {}}
    hydrate = {"ids": [1, 99, 2], "$expand": "relations", "errorPolicy": "omit"}
    tag = _add("/fields/System.Tags", "x")
    preview, four = {"version": "7.1-preview.1"}, {"version": "7.1-preview.4"}
    return [
        ("GET", "connectionData", None, 200, preview),
        ("OPTIONS", "wit", None, 200, {}),
        ("GET", "projects?$top=1", None, 200, {}),
        ("GET", f"projects/{home}?includeCapabilities=true", None, 200, {}),
        ("GET", "projects/Nowhere", None, 404, {}),
        ("GET", f"projects/{home}/teams", None, 200, {}),
        ("GET", f"projects/{home}/teams/{team}", None, 200, {}),
        ("GET", f"projects/{home}/teams/{team}/members", None, 200, {}),
        ("GET", "teams?$top=5", None, 200, {"version": "7.1-preview.3"}),
        ("GET", "process/processes", None, 200, {}),
        ("GET", f"process/processes/{process}", None, 200, {}),
        ("GET", "work/processes?$expand=projects", None, 200, {}),
        ("GET", f"work/processes/{process}", None, 200, {}),
        ("GET", "Retail:work/teamsettings", None, 200, {}),
        ("GET", "Retail/Checkout team:work/teamsettings/iterations?$timeframe=current", None, 200, {}),
        ("GET", f"Retail/Checkout team:work/teamsettings/iterations/{sprint.identifier}", None, 200, {}),
        ("GET", "Retail/Checkout team:work/teamsettings/teamfieldvalues", None, 200, {}),
        ("GET", "Retail/No team:work/teamsettings/teamfieldvalues", None, 404, {}),
        ("GET", "wit/fields", None, 200, {}),
        ("GET", "Store:wit/fields/Custom.Health", None, 200, {}),
        ("GET", "wit/fields/Custom.Nothing", None, 404, {}),
        ("GET", "Store:wit/workitemtypes", None, 200, {}),
        ("GET", "Store:wit/workitemtypes/Risk", None, 200, {}),
        ("GET", "Retail:wit/workitemtypes/Risk", None, 404, {}),
        ("GET", "Store:wit/workitemtypes/User Story/states", None, 200, {}),
        ("GET", "Store:wit/workitemtypes/Risk/fields?$expand=allowedValues", None, 200, {}),
        ("GET", "Store:wit/workitemtypes/Risk/fields/Custom.Health?$expand=allowedValues", None, 200, {}),
        ("GET", "Retail:wit/workitemtypecategories", None, 200, {}),
        ("GET", "wit/workitemrelationtypes", None, 200, {}),
        ("GET", "Retail:wit/classificationnodes?$depth=3", None, 200, {}),
        ("GET", f"Retail:wit/classificationnodes?ids={sprint.id},9999&errorPolicy=omit", None, 200, {}),
        ("GET", f"Retail:wit/classificationnodes?ids={sprint.id},9999", None, 404, {}),
        ("GET", "Retail:wit/classificationnodes/Iterations?$depth=2", None, 200, {}),
        ("POST", "Retail:wit/classificationnodes/areas", {"name": "Fresh"}, 201, {}),
        ("POST", "Retail:wit/classificationnodes/areas", {"name": "Fresh"}, 409, {}),
        ("GET", "Retail:wit/classificationnodes/areas/Fresh", None, 200, {}),
        ("POST", "Retail:wit/classificationnodes/iterations/Release 1", {"name": "Sprint 2"}, 201, {}),
        (
            "PATCH",
            "Retail:wit/classificationnodes/iterations/Release 1/Sprint 2",
            {"attributes": {"startDate": "2026-03-09T00:00:00Z", "finishDate": "2026-03-20T00:00:00Z"}},
            200,
            {},
        ),
        ("DELETE", "Retail:wit/classificationnodes/areas/Fresh", None, 204, {}),
        ("GET", f"{REVISIONS}?includeDeleted=true&$expand=fields&$maxPageSize=2", None, 200, {}),
        ("POST", f"{REVISIONS}?$expand=fields", {"includeTagRef": True}, 200, {}),
        ("GET", f"Store:{REVISIONS}?types=Risk&fields=System.Id,System.Tags", None, 200, {}),
        ("GET", "wit/reporting/workitemlinks?linkTypes=System.LinkTypes.Hierarchy", None, 200, {}),
        ("POST", "wit/wiql?$top=10&timePrecision=true", query, 200, {}),
        ("POST", "Retail:wit/wiql", links, 200, {}),
        ("POST", "wit/wiql", {"query": "SELECT"}, 400, {}),
        ("POST", "wit/workitemsbatch", hydrate, 200, {}),
        ("GET", "wit/workitems?ids=1,2&fields=System.Title,System.Parent", None, 200, {}),
        ("GET", "wit/workitems/2?$expand=all", None, 200, {}),
        ("GET", "wit/workitems/4", None, 404, {}),
        ("GET", "wit/workitems/none", None, 404, {}),
        ("PATCH", "wit/workitems/2?validateOnly=true", _add("/fields/System.Title", "Other"), 200, {}),
        ("PATCH", "Retail:wit/workitems/2?suppressNotifications=true", tag, 200, {}),
        ("POST", "Retail:wit/workitems/$User Story", _add("/fields/System.Title", "New"), 200, {}),
        ("PATCH", "wit/$batch", [patch | {"body": _add("/fields/System.Title", "Batched")}], 200, {}),
        ("POST", "wit/$batch", [patch | {"body": [{"op": "test", "path": "/rev", "value": 1}]}], 200, {}),
        ("DELETE", "wit/workitems/5", None, 200, {}),
        ("GET", "wit/workitems/2/revisions?$top=2", None, 200, {}),
        ("GET", "wit/workitems/2/revisions/1", None, 200, {}),
        ("GET", "wit/workitems/2/updates", None, 200, {}),
        ("GET", "wit/workitems/2/updates/2", None, 200, {}),
        ("GET", "Retail:wit/workItems/2/comments?$top=1&order=asc&includeDeleted=true", None, 200, four),
        ("POST", "Retail:wit/workItems/2/comments?format=markdown", {"text": "second"}, 200, four),
        ("PATCH", "Retail:wit/workItems/2/comments/2?format=html", {"text": "<b>2</b>"}, 200, four),
        ("GET", "Retail:wit/workItems/2/comments/2?$expand=renderedText", None, 200, four),
        ("GET", "Retail:wit/workItems/2/comments/2/versions", None, 200, preview),
        ("DELETE", "Retail:wit/workItems/2/comments/2", None, 204, four),
        ("GET", "Retail:wit/workItems/2/comments/2", None, 404, four),
        ("GET", "Retail:wit/recyclebin", None, 200, {}),
        ("GET", "Retail:wit/recyclebin?ids=4,5", None, 200, {}),
        ("GET", "Retail:wit/recyclebin/4", None, 200, {}),
        ("PATCH", "Retail:wit/recyclebin/4", {"IsDeleted": False}, 200, {}),
        ("DELETE", "Retail:wit/recyclebin/5", None, 204, {}),
        ("GET", "identity:graph/users?subjectTypes=aad,msa", None, 200, preview),
        ("GET", f"identity:graph/users/{bob.descriptor}", None, 200, preview),
        ("GET", "identity:graph/users/aad.nobody", None, 404, preview),
        ("GET", "identity:graph/groups", None, 200, preview),
        ("GET", f"identity:graph/membershipstates/{bob.descriptor}", None, 200, preview),
        ("GET", f"identity:graph/descriptors/{bob.id}", None, 200, {}),
        ("GET", f"identity:graph/storagekeys/{bob.descriptor}", None, 200, {}),
        (
            "POST",
            "identity:graph/subjectlookup",
            {"lookupKeys": [{"descriptor": bob.descriptor}, {"descriptor": "aad.nobody"}]},
            200,
            preview,
        ),
        ("GET", "identity:identities?searchFilter=General&filterValue=bob@demo.example", None, 200, {}),
    ]  # fmt: skip


def test_every_operation_answers_as_the_vendor_describes_it(boards, rich):
    for method, path, body, status, options in _requests(rich):
        response = boards.call(method, path, body, **options)
        assert response.status_code == status, (method, path, response.text)
    asked = {(method, template) for method, template, _ in rich.requests}
    offered = {(method, f"/_apis/{template}") for method, _, template, _, _ in (*BOARDS, *IDENTITY)}
    assert offered - asked == set()


def test_each_listed_deviation_is_still_one(boards, rich):
    """A deviation that no traffic needs any more hides a defect and has to go."""
    found = openapi_azure_devops.validators()
    for validator in found:
        validator.used.clear()
    boards.get("work/processes")
    boards.post("Retail:wit/classificationnodes/areas", {"name": "Fresh"})
    boards.get("identity:identities", searchFilter="General", filterValue="bob@demo.example")
    boards.call("GET", "projects", version=None, headers={"Accept": "application/json;api-version=7.1"})
    used = set().union(*(validator.used for validator in found))
    assert set(openapi_azure_devops.DEVIATIONS) - used == set()


@pytest.mark.parametrize(
    ("path", "body", "problem"),
    [
        ("wit/reporting/workitemrevisions", {"isLastBatch": "yes"}, "'yes' is not of type 'boolean'"),
        ("wit/reporting/workitemlinks", {"values": {}}, "{} is not of type 'array'"),
        ("projects", [], "[] is not of type 'object'"),
        ("projects", {"value": []}, "'count' is a required property"),
        ("wit/workitems/1", {"id": "one"}, "'one' is not of type 'integer'"),
        ("p/_apis/wit/workitems/1/comments", {"comments": [{"id": "1"}]}, "'1' is not of type 'integer'"),
    ],
)
def test_a_wrong_answer_is_noticed(path, body, problem):
    full = f"/demo/{path}" if "_apis" in path else f"/demo/_apis/{path}"
    validator = next(v for v in openapi_azure_devops.validators() if v.describes(full))
    assert any(problem in words for words in validator.response("GET", full, 200, body))


@pytest.mark.parametrize(
    ("method", "path", "query", "body", "problem"),
    [
        ("GET", "wit/reporting/workitemrevisions", "maxPageSize=5", None, "'maxPageSize' is not described"),
        ("POST", "wit/reporting/workitemrevisions", "$maxPageSize=5", {}, "'$maxPageSize' is not described"),
        ("POST", "wit/workitemsbatch", "", {"ids": ["1"]}, "'1' is not of type 'integer'"),
        ("PATCH", "wit/workitems/1", "", {"op": "add"}, "is not of type 'array'"),
        ("GET", "wit/workitems", "", None, "'ids' is required"),
    ],
)
def test_a_wrong_request_is_noticed(method, path, query, body, problem):
    full = f"/demo/_apis/{path}"
    validator = next(v for v in openapi_azure_devops.validators() if v.describes(full))
    assert any(
        problem in words for words in validator.request(method, full, f"api-version=7.1&{query}", body)
    )
