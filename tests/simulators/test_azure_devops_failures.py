"""The ways in which the simulated organisation fails: credentials, versions, budgets, scripted faults."""

from __future__ import annotations

import json
import time

import pytest
import requests

from simulators.azure_devops import Fault

REVISIONS = "/_apis/wit/reporting/workitemrevisions"


@pytest.fixture
def five(organisation):
    for number in range(5):
        organisation.create_item("Retail", "Task", {"System.Title": f"Task {number}"})
    return organisation


# credentials


def _stranger(boards, method, path="projects", **headers):
    query = {"api-version": "7.1"}
    return requests.request(
        method,
        f"{boards.server.url}/_apis/{path}",
        params=query,
        auth=("", "expired"),
        headers=headers,
        timeout=10,
        allow_redirects=False,
    )


def test_a_bad_token_gets_a_sign_in_page_with_203(boards):
    for method in ("GET", "POST"):
        answer = _stranger(boards, method)
        assert (answer.status_code, answer.headers["Content-Type"]) == (203, "text/html; charset=utf-8")
        assert "Azure DevOps Services | Sign In" in answer.text


def test_a_bad_token_can_be_redirected_instead(serve_boards):
    answer = _stranger(serve_boards(bad_credentials=302), "GET")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("https://spsprodeus.vssps.visualstudio.com/_signin")


def test_a_bad_token_on_a_patch_gets_401_json(boards):
    answer = _stranger(boards, "PATCH", "wit/workitems/1")
    assert (answer.status_code, answer.json()["typeKey"]) == (401, "UnauthorizedRequestException")
    assert answer.json()["message"].startswith("TF400813")


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH"])
def test_with_the_suppress_header_a_bad_token_gets_an_empty_401(boards, method):
    answer = _stranger(boards, method, **{"X-TFS-FedAuthRedirect": "Suppress"})
    assert (answer.status_code, answer.content) == (401, b"")
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="https://tfs.app.visualstudio.com/"'


def test_a_token_of_basic_may_have_any_user_and_bearer_is_taken_too(boards, organisation):
    url = f"{boards.server.url}/_apis/projects?api-version=7.1"
    assert requests.get(url, auth=("anybody", organisation.token), timeout=10).status_code == 200
    for token in (organisation.token, organisation.access_token):
        headers = {"Authorization": f"Bearer {token}"}
        assert requests.get(url, headers=headers, timeout=10).status_code == 200


def test_a_service_principal_that_was_never_added_is_told_to_sign_in_once(serve_boards, organisation):
    boards = serve_boards(subscribed=False)
    headers = {"Authorization": f"Bearer {organisation.access_token}"}
    answer = requests.get(f"{boards.server.url}/_apis/projects?api-version=7.1", headers=headers, timeout=10)
    assert answer.status_code == 401
    assert answer.json()["message"].startswith("TF401444: Please sign-in at least once as")


@pytest.mark.parametrize("status", [200, 203, 302])
def test_a_proxy_can_put_its_page_before_everything(serve_boards, status):
    answer = serve_boards(sign_in_page=status).call("GET", "projects")
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "text/html; charset=utf-8")


# organisation and version


def test_a_stopped_organisation_is_a_503_that_stays(serve_boards):
    boards = serve_boards(stopped="This Azure DevOps organization has been deactivated due to inactivity.")
    answer = boards.call("GET", "projects")
    assert answer.status_code == 503
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert json.loads(answer.content.decode("utf-8-sig"))["message"].startswith("TF24668")
    assert "%20" in answer.headers["X-TFS-ServiceError"]
    assert "Retry-After" not in answer.headers


def test_an_unknown_organisation_is_plain_text(boards):
    url = boards.server.url.replace("/demo", "/typo") + "/_apis/projects?api-version=7.1"
    answer = boards.session.get(url, timeout=10)
    assert (answer.status_code, answer.text) == (404, "The resource cannot be found.")
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_a_request_without_a_version_is_refused(boards):
    answer = boards.call("GET", "projects", version=None)
    assert (answer.status_code, answer.json()["typeKey"]) == (400, "VssVersionNotSpecifiedException")
    assert 'No api-version was supplied for the "GET" request.' in answer.json()["message"]


def test_the_version_may_stand_in_the_accept_header(boards):
    answer = boards.call(
        "GET", "projects", version=None, headers={"Accept": "application/json;api-version=7.1"}
    )
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8; api-version=7.1"


@pytest.mark.parametrize(
    ("version", "key"),
    [
        ("7.2", "VssInvalidPreviewVersionException"),
        ("9.0", "VssVersionOutOfRangeException"),
        ("newest", "VssVersionOutOfRangeException"),
    ],
)
def test_a_version_that_is_not_released_is_refused(boards, version, key):
    answer = boards.call("GET", "projects", version=version)
    assert (answer.status_code, answer.json()["typeKey"]) == (400, key)


def test_a_path_that_is_nowhere_and_a_method_that_does_not_fit(boards):
    answer = boards.call("GET", "wit/nothing")
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/plain; charset=utf-8")
    assert answer.text.startswith("The controller for path '/_apis/wit/nothing' was not found")
    assert boards.call("DELETE", "wit/fields").status_code == 405


def test_every_answer_has_an_id_for_support(boards):
    headers = boards.call("GET", "projects").headers
    assert len(headers["ActivityId"]) == 36
    assert headers["X-VSS-E2EID"] == headers["ActivityId"]


# the budget


def _spend(boards, count):
    return [boards.call("GET", "projects") for _ in range(count)]


def test_ordinary_answers_have_no_rate_limit_headers(serve_boards):
    (answer,) = _spend(serve_boards(tstu_limit=200), 1)
    assert not [name for name in answer.headers if name.lower().startswith("x-ratelimit")]
    assert "Retry-After" not in answer.headers


def test_headers_come_near_the_limit_and_retry_after_comes_with_a_good_200(serve_boards):
    answers = _spend(serve_boards(tstu_limit=10, tstu_cost=1, tstu_window_seconds=60, tstu_block=3), 11)
    assert "X-RateLimit-Limit" not in answers[6].headers
    near = answers[8].headers
    assert (near["X-RateLimit-Limit"], near["X-RateLimit-Remaining"]) == ("10", "1")
    assert (near["X-RateLimit-Resource"], near.get("X-RateLimit-Delay")) == ("core", None)
    over = answers[10]
    assert (over.status_code, over.json()["count"]) == (200, 1)
    # One unit over 10 of the 20 up to the block: a twentieth of the longest delay, 6 s in a window of 60 s.
    assert over.headers["X-RateLimit-Delay"] == "0.300"
    assert 59 <= int(over.headers["Retry-After"]) <= 60
    assert over.elapsed.total_seconds() >= 0.3


def test_past_the_block_requests_are_refused_until_the_window_has_moved_on(serve_boards, organisation):
    boards = serve_boards(tstu_limit=10, tstu_cost=5, tstu_window_seconds=60, tstu_block=1)
    answers = _spend(boards, 3)
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].json()["message"].startswith("TF400733: The request has been canceled")
    assert int(answers[2].headers["Retry-After"]) in {59, 60}
    organisation.clock.advance(seconds=int(answers[2].headers["Retry-After"]) + 1)
    assert boards.call("GET", "projects").status_code == 200
    assert (boards.server.budget.refused, boards.server.budget.total) == (1, 15)


def test_each_identity_has_a_budget_of_its_own(serve_boards, organisation):
    boards = serve_boards(tstu_limit=10, tstu_cost=10, tstu_block=1)
    assert [answer.status_code for answer in _spend(boards, 2)] == [200, 429]
    boards.session.auth = ("", organisation.add_token("ann@demo.example"))
    assert boards.call("GET", "projects").status_code == 200


def test_a_client_that_waits_as_told_takes_little_more_than_the_ideal_time(serve_boards):
    boards = serve_boards(tstu_limit=5, tstu_cost=1, tstu_window_seconds=1)
    begun, statuses = time.monotonic(), []
    for _ in range(15):
        answer = boards.call("GET", "projects")
        statuses.append(answer.status_code)
        time.sleep(float(answer.headers.get("Retry-After", 0)))
    seconds = time.monotonic() - begun
    assert set(statuses) == {200}
    # 15 units at 5 a second: 5 at once, the other 10 take two seconds.
    assert boards.server.budget.ideal_seconds == 2.0
    assert 2.0 <= seconds < 10


def test_rows_and_single_templates_can_cost_more(serve_boards, five):
    boards = serve_boards(tstu_cost=1, tstu_costs={"/_apis/projects": 3}, tstu_per_row=0.5, cost_header=True)
    assert boards.call("GET", "projects").headers["x-ratelimit-cost"] == "3.50000"
    for _ in range(2):  # the second page is a kept one and costs the same
        assert boards.call("GET", "wit/reporting/workitemrevisions").headers["x-ratelimit-cost"] == "3.50000"


def test_a_throttled_request_can_be_a_403_or_a_connection_that_ends(serve_boards):
    budget = {"tstu_limit": 1, "tstu_cost": 1, "tstu_block": 1}
    refused = _spend(serve_boards(throttled="403", **budget), 2)[1]
    assert (refused.status_code, refused.json()["message"][:8]) == (403, "TF400733")
    dropping = serve_boards(throttled="dropped", **budget)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        _spend(dropping, 2)


# scripted faults


@pytest.mark.parametrize("status", [401, 403, 404, 409, 412, 429, 500, 503])
def test_a_status_fault_strikes_the_nth_request_and_has_no_effect(serve_boards, five, status):
    boards = serve_boards(
        faults=[Fault(kind="status", method="PATCH", nth=2, status=status, retry_after="7")]
    )
    answers = [boards.set(1, Title=f"n{number}") for number in (1, 2)]
    assert [answer.status_code for answer in answers] == [200, status]
    assert answers[1].headers["Retry-After"] == "7"
    assert "typeKey" in answers[1].json()
    assert five.items[1].state["System.Title"] == "n1"


def test_a_lost_answer_has_had_its_effect_and_an_early_reset_has_not(serve_boards, five):
    after = Fault(kind="reset_after", method="PATCH", nth=1)
    before = Fault(kind="reset_before", method="PATCH", nth=2)
    boards = serve_boards(faults=[after, before])
    for title in ("kept", "lost"):
        with pytest.raises(requests.ConnectionError):
            boards.set(1, Title=title)
    assert five.items[1].state["System.Title"] == "kept"


@pytest.mark.parametrize("kind", ["truncated", "truncated_gzip"])
def test_a_body_can_end_early(serve_boards, five, kind):
    boards = serve_boards(faults=[Fault(kind=kind, path=REVISIONS)])
    with pytest.raises(
        (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError, ValueError)
    ):
        boards.call("GET", "wit/reporting/workitemrevisions").json()


def test_pages_can_lack_rows_repeat_themselves_or_hand_the_same_token_out(serve_boards, five):
    def page(fault, **query):
        boards = serve_boards(faults=[Fault(path=REVISIONS, nth=2, **fault)])
        boards.get("wit/reporting/workitemrevisions", _maxPageSize=2)
        query["continuationToken"] = "2;2;1;Discussion"
        return boards.get("wit/reporting/workitemrevisions", _maxPageSize=2, **query)

    def ids(found):
        return [row["id"] for row in found["values"]]

    assert ids(page({"kind": "missing_rows"})) == [3]
    assert ids(page({"kind": "duplicate_page"})) == [1, 2]
    loop = page({"kind": "token_loop"})
    assert (loop["continuationToken"], loop["isLastBatch"]) == ("2;2;1;Discussion", False)
    empty = page({"kind": "empty_page"})
    assert (empty["values"], empty["continuationToken"], empty["isLastBatch"]) == (
        [],
        "2;2;1;Discussion",
        False,
    )
    assert "continuationToken" not in page({"kind": "missing_member", "member": "continuationToken"})


def test_html_redirects_garbage_and_slowness(serve_boards, five):
    def answer(**fault):
        return serve_boards(faults=[Fault(**fault)]).call("GET", "projects")

    assert answer(kind="html", status=203).headers["Content-Type"] == "text/html; charset=utf-8"
    moved = answer(kind="redirect", location="https://elsewhere.example/")
    assert (moved.status_code, moved.headers["Location"]) == (302, "https://elsewhere.example/")
    with pytest.raises(ValueError, match=r"."):
        answer(kind="garbled").json()
    assert answer(kind="slow", seconds=0.2).elapsed.total_seconds() < 10


def test_a_person_can_act_between_two_requests(serve_boards, five):
    def meanwhile(method, template, count):
        if method == "PATCH" and count == 1:
            five.edit_item(1, {"System.Title": "by a person"}, "ann@demo.example")

    boards = serve_boards(faults=meanwhile)
    test = {"op": "test", "path": "/rev", "value": 1}
    write = {"op": "add", "path": "/fields/System.Title", "value": "by us"}
    assert boards.patch(1, [test, write]).status_code == 412


def test_latency_is_waited_once_per_request(serve_boards):
    boards = serve_boards(latency_ms=60)
    begun = time.monotonic()
    _spend(boards, 2)
    assert time.monotonic() - begun >= 0.12


def test_requests_are_logged_by_template(boards, five):
    boards.get("Retail:wit/workitems/1")
    boards.get("identity:graph/users", version="7.1-preview.1")
    assert five.requests == [("GET", "/_apis/wit/workitems/{id}", 200), ("GET", "/_apis/graph/users", 200)]


def test_options_can_change_while_it_serves(boards):
    boards.server.configure(stopped="now")
    assert boards.call("GET", "projects").status_code == 503
    boards.server.configure(stopped=None)
    boards.server.add_fault(Fault(kind="status", status=500, times=1))
    assert [answer.status_code for answer in _spend(boards, 2)] == [500, 200]
    with pytest.raises(ValueError, match="no such option: colour"):
        boards.server.configure(colour="red")
