"""Who is who: connection data, the graph and the identities service, which live on an origin of their own."""

from __future__ import annotations

from simulators.azure_devops.call import Call
from simulators.azure_devops.model import Json, User
from simulators.azure_devops.refusals import bad_request, refuse
from simulators.http import Response


def connection_data(call: Call) -> Response:
    """GET connectionData: who calls. Not in the OpenAPI description; the official clients use it."""
    user = _connected(call.caller)
    return Response.json(
        {
            "authenticatedUser": user,
            "authorizedUser": user,
            "instanceId": call.site.id,
            "deploymentId": call.site.guid("deployment", "hosted"),
            "deploymentType": "hosted",
            "locationServiceData": {
                "serviceOwner": call.site.guid("service", "owner"),
                "defaultAccessMappingMoniker": "PublicAccessMapping",
                "lastChangeId": 1,
                "lastChangeId64": 1,
            },
        }
    )


def _connected(user: User) -> dict[str, Json]:
    return {
        "id": user.id,
        "descriptor": f"Microsoft.IdentityModel.Claims.ClaimsIdentity;{user.domain}\\{user.email}",
        "subjectDescriptor": user.descriptor,
        "providerDisplayName": user.name,
        "isActive": True,
        "properties": {"Account": {"$type": "System.String", "$value": user.email}},
        "resourceVersion": 2,
        "metaTypeId": 0,
    }


def users(call: Call) -> Response:
    """GET graph/users: without a filter service identities are among them (recorded)."""
    kinds = {kind.lower() for kind in call.request.many("subjectTypes")}
    rows = [
        user
        for user in call.site.users.values()
        if user.listed and user.kind != "group" and (not kinds or user.kind in kinds)
    ]
    return _page(call, rows)


def groups(call: Call) -> Response:
    """GET graph/groups."""
    return _page(call, [user for user in call.site.users.values() if user.listed and user.kind == "group"])


def user(call: Call) -> Response:
    """GET graph/users/{descriptor}."""
    return Response.json(_subject(call, _known(call, call.params["userDescriptor"])))


def membership_state(call: Call) -> Response:
    """GET graph/membershipstates/{descriptor}: the one place that tells whether an account is active."""
    found = _known(call, call.params["subjectDescriptor"])
    url = f"{call.identity_base}/_apis/Graph"
    return Response.json(
        {
            "active": found.active,
            "_links": {
                "self": {"href": f"{url}/MembershipStates/{found.descriptor}"},
                "memberships": {"href": f"{url}/Memberships/{found.descriptor}"},
                "subject": {"href": f"{url}/Users/{found.descriptor}"},
            },
        }
    )


def descriptor(call: Call) -> Response:
    """GET graph/descriptors/{storageKey}."""
    key = call.params["storageKey"].lower()
    found = next((user for user in call.site.users.values() if user.id == key), None)
    if found is None:
        words = f"VS860016: Could not find identity with storage key {key}."
        raise refuse(404, "StorageKeyNotFoundException", words)
    return _reference(call, found, found.descriptor, "Descriptors", found.id)


def storage_key(call: Call) -> Response:
    """GET graph/storagekeys/{descriptor}."""
    found = _known(call, call.params["subjectDescriptor"])
    return _reference(call, found, found.id, "StorageKeys", found.descriptor)


def subject_lookup(call: Call) -> Response:
    """POST graph/subjectlookup: many subjects at once; unknown ones are left out."""
    keys = call.object().get("lookupKeys")
    if not isinstance(keys, list):
        raise bad_request("Value cannot be null.\r\nParameter name: subjectLookup")
    found = {
        key["descriptor"]: _subject(call, call.site.users[key["descriptor"]])
        for key in keys
        if key.get("descriptor") in call.site.users
    }
    return Response.json({"count": len(found), "value": found})


def identities(call: Call) -> Response:
    """GET identities: by search, by ids or by descriptors. An inactive one lacks `isActive` (recorded)."""
    request, known = call.request, call.site.users.values()
    if wanted := request.many("subjectDescriptors"):
        found = [user for user in known if user.descriptor in wanted]
    elif wanted := request.many("identityIds"):
        found = [user for user in known if user.id in wanted]
    elif text := request.one("filterValue").casefold():
        found = [user for user in known if text in {user.email.casefold(), user.name.casefold()}]
    else:
        raise bad_request("At least one of the search parameters is needed.")
    return call.collection([_identity(user) for user in found])


def _known(call: Call, text: str) -> User:
    found = call.site.users.get(text)
    if found is None:
        words = f"VS860018: Could not find subject with descriptor {text}."
        raise refuse(404, "GraphSubjectNotFoundException", words)
    return found


def _page(call: Call, rows: list[User]) -> Response:
    start = call.number("continuationToken", 0)
    page = rows[start : start + call.options.list_page]
    headers = {}
    if start + len(page) < len(rows):
        headers["X-MS-ContinuationToken"] = str(start + len(page))
    return call.collection([_subject(call, user) for user in page], headers)


def _subject(call: Call, user: User) -> dict[str, Json]:
    is_group = user.kind == "group"
    url = f"{call.identity_base}/_apis/Graph"
    own = f"{url}/{'Groups' if is_group else 'Users'}/{user.descriptor}"
    row: dict[str, Json] = {"subjectKind": "group" if is_group else "user"}
    if user.kind == "aad":
        row["metaType"] = "member"
        row["directoryAlias"] = user.email.partition("@")[0]
    if is_group:
        row["description"] = ""
    row |= {
        "domain": f"vstfs:///Framework/IdentityDomain/{user.domain}" if is_group else user.domain,
        "principalName": f"[{call.site.organisation}]\\{user.name}" if is_group else user.email or user.id,
        "mailAddress": None if is_group else user.email,
        "origin": {"aad": "aad", "msa": "msa"}.get(user.kind, "vsts"),
        "originId": user.origin_id,
        "displayName": user.name,
        "_links": {
            "self": {"href": own},
            "memberships": {"href": f"{url}/Memberships/{user.descriptor}"},
            "membershipState": {"href": f"{url}/MembershipStates/{user.descriptor}"},
            "storageKey": {"href": f"{url}/StorageKeys/{user.descriptor}"},
            "avatar": {"href": f"{call.base}/_apis/GraphProfile/MemberAvatars/{user.descriptor}"},
        },
        "url": own,
        "descriptor": user.descriptor,
    }
    return row


def _reference(call: Call, user: User, value: str, collection: str, key: str) -> Response:
    url = f"{call.identity_base}/_apis/Graph"
    links = {
        "self": {"href": f"{url}/{collection}/{key}"},
        "subject": {"href": f"{url}/Users/{user.descriptor}"},
    }
    other = "StorageKeys" if collection == "Descriptors" else "Descriptors"
    links[other[0].lower() + other[1:-1]] = {
        "href": f"{url}/{other}/{user.descriptor if other == 'StorageKeys' else user.id}"
    }
    return Response.json({"value": value, "_links": links})


def _identity(user: User) -> dict[str, Json]:
    texts = {
        "SchemaClassName": "Group" if user.kind == "group" else "User",
        "Description": "",
        "Domain": user.domain,
        "Account": user.email,
        "DN": "",
        "Mail": user.email,
        "SpecialType": "Generic",
        "http://schemas.microsoft.com/identity/claims/objectidentifier": user.origin_id,
    }
    row: dict[str, Json] = {
        "id": user.id,
        "descriptor": f"Microsoft.IdentityModel.Claims.ClaimsIdentity;{user.domain}\\{user.email}",
        "subjectDescriptor": user.descriptor,
        "providerDisplayName": user.name,
    }
    if user.active:
        row["isActive"] = True
    if user.kind == "group":
        row["isContainer"] = True
    properties = {name: {"$type": "System.String", "$value": value} for name, value in texts.items()}
    return row | {
        "members": [],
        "memberOf": [],
        "memberIds": [],
        "properties": properties,
        "resourceVersion": 2,
        "metaTypeId": 255,
    }
