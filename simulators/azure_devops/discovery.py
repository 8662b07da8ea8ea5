"""OPTIONS wit: which resources there are, in which versions. Ids and routes are recorded (jupiterone)."""

from __future__ import annotations

from simulators.azure_devops.call import Call
from simulators.http import Response

# (id, resource, route, resource version, oldest, released; "0.0" is preview only)
_RESOURCES = (
    (
        "b51fd764-e5c2-4b9b-aaf7-3395cf4bdd94",
        "fields",
        "{project}/_apis/{area}/{resource}/{fieldNameOrRefName}",
        3,
        "1.0",
        "7.1",
    ),
    (
        "5a172953-1b41-49d3-840a-33f79c3ce89f",
        "classificationNodes",
        "{project}/_apis/{area}/{resource}/{structureGroup}/{*path}",
        2,
        "1.0",
        "7.1",
    ),
    (
        "1a9c53f7-f243-4447-b110-35ef023636e4",
        "wiql",
        "{project}/{team}/_apis/{area}/{resource}",
        2,
        "1.0",
        "7.1",
    ),
    (
        "6570bf97-d02c-4a91-8d93-3abe9895b1a9",
        "updates",
        "{project}/_apis/{area}/workItems/{id}/updates/{updateNumber}",
        4,
        "1.0",
        "7.1",
    ),
    (
        "92eefc1f-1e81-473d-88d6-749205248dc3",
        "batch",
        "_apis/{area}/${resource}",
        2,
        "1.0",
        "7.1",
    ),
    (
        "f828fe59-dd87-495d-a17c-7a8d6211ca6c",
        "workItemRevisions",
        "{project}/_apis/{area}/reporting/{resource}",
        2,
        "2.0",
        "7.1",
    ),
    (
        "908509b6-4248-4475-a1cd-829139ba419f",
        "workItemsBatch",
        "{project}/_apis/{area}/{resource}",
        1,
        "5.0",
        "7.1",
    ),
    (
        "72c7ddf8-2cdc-4f60-90cd-ab71c14a399b",
        "workItems",
        "{project}/_apis/{area}/{resource}/{id}",
        3,
        "1.0",
        "7.1",
    ),
    (
        "b70d8d39-926c-465e-b927-b1bf0e5ca0e0",
        "recyclebin",
        "{project}/_apis/{area}/{resource}/{id}",
        2,
        "2.1",
        "7.1",
    ),
    (
        "b5b5b6d0-0308-40a1-b3f4-b9bb3c66878f",
        "workItemLinks",
        "{project}/_apis/{area}/reporting/{resource}",
        3,
        "2.0",
        "7.1",
    ),
    (
        "608aac0a-32e1-4493-a863-b9cf4566d257",
        "comments",
        "{project}/_apis/wit/workItems/{workItemId}/comments/{commentId}",
        4,
        "5.1",
        "0.0",
    ),
    (
        "a00c85a5-80fa-4565-99c3-bcd2181434bb",
        "revisions",
        "{project}/_apis/{area}/workItems/{id}/revisions/{revisionNumber}",
        3,
        "1.0",
        "7.1",
    ),
    (
        "7c8d7a76-4a09-43e8-b5df-bd792f4ac6aa",
        "workItemTypes",
        "{project}/_apis/{area}/{resource}/{type}",
        2,
        "1.0",
        "7.1",
    ),
    (
        "7c9d7a76-4a09-43e8-b5df-bd792f4ac6aa",
        "workItemTypeStates",
        "{project}/_apis/{area}/workitemtypes/{type}/states",
        1,
        "1.0",
        "7.1",
    ),
    (
        "f5d33bc9-5b49-4a3c-a9bd-f3cd46dd2165",
        "workItemRelationTypes",
        "_apis/{area}/{resource}/{relation}",
        2,
        "1.0",
        "7.1",
    ),
)


def resources(call: Call) -> Response:
    """The resources of the area `wit` that this organisation serves."""
    return call.collection(
        [
            {
                "id": number,
                "area": "wit",
                "resourceName": name,
                "routeTemplate": route,
                "resourceVersion": version,
                "minVersion": oldest,
                "maxVersion": "7.2",
                "releasedVersion": released,
            }
            for number, name, route, version, oldest, released in _RESOURCES
        ]
    )
