"""Error answers: the vendor's envelope, and what an account that is not let in gets."""

from __future__ import annotations

from urllib.parse import quote

from simulators.azure_devops.model import Json
from simulators.http import Response, dumps

_SPACES = {
    "ProjectDoesNotExistWithNameException": "Microsoft.TeamFoundation.Core.WebApi",
    "TestPatchOperationFailedException": "Microsoft.VisualStudio.Services.WebApi.Patch",
    "VssInvalidPreviewVersionException": "Microsoft.VisualStudio.Services.WebApi",
    "VssVersionNotSpecifiedException": "Microsoft.VisualStudio.Services.WebApi",
    "VssVersionOutOfRangeException": "Microsoft.VisualStudio.Services.WebApi",
    "VssServiceException": "Microsoft.VisualStudio.Services.Common",
    "VssPropertyValidationException": "Microsoft.VisualStudio.Services.Common",
    "UnauthorizedRequestException": "Microsoft.TeamFoundation.Framework.Server",
    "RequestBlockedException": "Microsoft.TeamFoundation.Framework.Server",
    "GraphSubjectNotFoundException": "Microsoft.VisualStudio.Services.Graph",
    "TeamNotFoundException": "Microsoft.TeamFoundation.Core.WebApi",
}
_TRACKING = "Microsoft.TeamFoundation.WorkItemTracking.Server"
PLAIN = "application/json; charset=utf-8"
SIGN_IN = (
    "<!DOCTYPE html><html><head><title>Azure DevOps Services | Sign In</title></head>"
    '<body><form action="https://login.microsoftonline.com/common/oauth2/authorize"></form></body></html>'
)
MAY_NOT_SAVE = (
    "TF237111: The current user does not have permissions to save work items under the specified area path."
)
BLOCKED = (
    "TF400733: The request has been canceled: Request was blocked due to exceeding usage of resource "
    "'Concurrency' in namespace 'User'."
)


class Refusal(Exception):
    """The request ends with an error answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def refuse(
    status: int, key: str, message: str, *, custom: dict[str, Json] | None = None, event: int | None = None
) -> Refusal:
    """An error in the vendor's envelope."""
    return Refusal(problem(status, key, message, custom=custom, event=event))


def problem(
    status: int, key: str, message: str, *, custom: dict[str, Json] | None = None, event: int | None = None
) -> Response:
    """The answer of an error. `typeKey` is what clients branch on; messages follow Accept-Language."""
    return Response(
        status=status, body=dumps(envelope(key, message, custom=custom, event=event)), content_type=PLAIN
    )


def envelope(
    key: str, message: str, *, custom: dict[str, Json] | None = None, event: int | None = None
) -> dict[str, Json]:
    """The body of an error."""
    space = _SPACES.get(key, _TRACKING)
    body: dict[str, Json] = {
        "$id": "1",
        "innerException": None,
        "message": message,
        "typeName": f"{space}.{key}, {space}",
        "typeKey": key,
        "errorCode": 0,
        "eventId": event or (3200 if space == _TRACKING else 3000),
    }
    if custom is not None:
        body["customProperties"] = custom
    return body


def unreadable(item_id: object) -> Refusal:
    """Deleted, never there, or forbidden: the service does not tell which (recorded)."""
    words = f"TF401232: Work item {item_id} does not exist, or you do not have permissions to read it."
    return refuse(404, "WorkItemUnauthorizedAccessException", words)


def no_project(name: str) -> Refusal:
    """The project's name or id is unknown, or it may not be seen (recorded)."""
    words = (
        f"TF200016: The following project does not exist: {name}. Verify that the name of the project is "
        "correct and that the project exists on the specified Azure DevOps Server."
    )
    return refuse(404, "ProjectDoesNotExistWithNameException", words)


def bad_request(message: str, key: str = "VssPropertyValidationException") -> Refusal:
    """A request that makes no sense."""
    return refuse(400, key, message)


def no_controller(path: str) -> Response:
    """No such route; also what a malformed id gets (recorded)."""
    words = f"The controller for path '{path}' was not found or does not implement IController."
    return _text(words)


def no_organisation() -> Response:
    """An organisation that does not exist (recorded)."""
    return _text("The resource cannot be found.")


def stopped(organisation: str, reason: str) -> Response:
    """A stopped organisation: JSON with a byte order mark, the words URL-encoded in a header (recorded)."""
    words = (
        f"TF24668: The following team project collection is stopped: {organisation}. Start the collection "
        f"and then try again. Administrator Reason: {reason}"
    )
    body = envelope("VssServiceException", words)
    headers = {"X-TFS-ServiceError": quote(words, safe="")}
    return Response(
        status=503, body=b"\xef\xbb\xbf" + dumps(body), headers=headers, content_type="application/json"
    )


def sign_in(status: int) -> Response:
    """The sign-in page, which is what bad credentials get instead of an error."""
    headers = {}
    if status == 302:
        headers["Location"] = "https://spsprodeus.vssps.visualstudio.com/_signin?realm=dev.azure.com"
    return Response(
        status=status, body=SIGN_IN.encode(), headers=headers, content_type="text/html; charset=utf-8"
    )


def unauthorized() -> Response:
    """401 without a body, which is what `X-TFS-FedAuthRedirect: Suppress` asks for (recorded)."""
    return Response(
        status=401, headers={"WWW-Authenticate": 'Basic realm="https://tfs.app.visualstudio.com/"'}
    )


def _text(words: str) -> Response:
    return Response(
        status=404,
        body=words.encode(),
        headers={"X-TFS-ServiceError": quote(words, safe="")},
        content_type="text/plain; charset=utf-8",
    )
