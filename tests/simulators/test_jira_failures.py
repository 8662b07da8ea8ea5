"""The ways in which the simulated Jira fails: scripted faults, rate limits, sign-in trouble."""

from __future__ import annotations

import gzip
import time

import pytest
import requests

from simulators.jira import Fault, Options, RateLimit

SEARCH = "/rest/api/*/search/jql"


@pytest.fixture
def five(cloud):
    for number in range(5):
        cloud.create_issue("CHK", "Task", {"summary": f"Task {number}"}, "ann")
    return cloud


def _search(site, **body):
    return site.call("POST", "search/jql", {"jql": "project = CHK ORDER BY id ASC", "maxResults": 2, **body})


@pytest.mark.parametrize("status", [401, 403, 404, 409, 429, 500, 502, 503, 504])
def test_a_status_fault_strikes_the_nth_request_and_has_no_effect(five, serve, status):
    fault = Fault(kind="status", method="PUT", path="*/issue/{issueIdOrKey}", nth=2, status=status)
    site = serve(faults=[fault])
    answers = [site.put("issue/CHK-1", {"fields": {"summary": f"n{n}"}}).status_code for n in (1, 2)]
    assert answers == [204, status]
    assert site.get("issue/CHK-1")["fields"]["summary"] == "n1"


@pytest.mark.parametrize("retry_after", ["3", "0", "-1", "1000000000", "Mon, 02 Mar 2026 12:00:30 GMT", None])
def test_retry_after_takes_every_form_that_was_seen(five, serve, retry_after):
    fault = Fault(kind="status", status=429, retry_after=retry_after, reason="jira-burst-based")
    response = serve(faults=[fault]).call("GET", "myself")
    assert response.headers.get("Retry-After") == retry_after
    assert response.headers["RateLimit-Reason"] == "jira-burst-based"


def test_a_429_can_have_an_html_body(serve):
    fault = Fault(kind="status", status=429, body="<html>slow down</html>", content_type="text/html")
    response = serve(faults=[fault]).call("GET", "myself")
    assert (response.text, response.headers["Content-Type"]) == ("<html>slow down</html>", "text/html")


def test_a_reset_before_the_effect_leaves_nothing_behind(five, serve, document):
    site = serve(faults=[Fault(kind="reset_before", method="POST", path="*/comment", nth=1)])
    with pytest.raises(requests.ConnectionError):
        site.call("POST", "issue/CHK-1/comment", {"body": document("x")})
    assert five.comments("CHK-1") == []


def test_a_lost_answer_has_had_its_effect(five, serve, document):
    site = serve(faults=[Fault(kind="reset_after", method="POST", path="*/comment", nth=1)])
    with pytest.raises(requests.ConnectionError):
        site.call("POST", "issue/CHK-1/comment", {"body": document("x")})
    assert len(five.comments("CHK-1")) == 1
    assert five.mails == [("CHK-1", "comment created")]


def test_a_truncated_body_has_the_right_length_in_its_header(five, serve):
    site = serve(faults=[Fault(kind="truncated")])
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        _search(site, fields=["*all"])


def test_a_truncated_gzip_ends_early_and_its_length_agrees(five, serve):
    site = serve(faults=[Fault(kind="truncated_gzip")])
    response = site.session.post(
        f"{site.server.url}/rest/api/3/search/jql",
        json={"jql": "project = CHK", "fields": ["*all"]},
        stream=True,
        timeout=10,
    )
    packed = response.raw.read(decode_content=False)
    assert len(packed) == int(response.headers["Content-Length"])
    with pytest.raises(EOFError):
        gzip.decompress(packed)


@pytest.mark.parametrize("status", [200, 203])
def test_a_sign_in_page_stands_where_json_is_due(five, serve, status):
    response = _search(serve(faults=[Fault(kind="html", path=SEARCH, status=status)]))
    assert response.status_code == status
    assert response.headers["Content-Type"].startswith("text/html")
    whole = serve(sign_in_page=status).call("GET", "myself")
    assert (whole.status_code, whole.text[:15]) == (status, "<!DOCTYPE html>")


def test_valid_json_can_lack_its_member(five, serve):
    page = _search(serve(faults=[Fault(kind="missing_member", path=SEARCH, nth=1)])).json()
    assert sorted(page) == ["isLast", "nextPageToken"]


def test_a_body_that_is_no_json_is_declared_as_json(five, serve):
    response = _search(serve(faults=[Fault(kind="garbled", path=SEARCH)]))
    assert response.headers["Content-Type"].startswith("application/json")
    with pytest.raises(ValueError, match=r"."):
        response.json()


def test_rows_can_be_missing_in_silence(five, serve):
    page = _search(serve(faults=[Fault(kind="missing_rows", path=SEARCH)])).json()
    assert [row["id"] for row in page["issues"]] == ["10000"]
    assert page["isLast"] is False


def test_the_page_before_can_come_once_more(five, serve):
    site = serve(faults=[Fault(kind="duplicate_page", path=SEARCH, nth=2)])
    first = _search(site).json()
    assert _search(site, nextPageToken=first["nextPageToken"]).json() == first
    third = _search(site, nextPageToken=first["nextPageToken"]).json()
    assert [row["id"] for row in third["issues"]] == ["10002", "10003"]


def test_a_token_loop_hands_out_the_token_it_was_given(five, serve):
    site = serve(faults=[Fault(kind="token_loop", path=SEARCH)])
    token = _search(site).json()["nextPageToken"]
    again = _search(site, nextPageToken=token).json()
    assert (again["nextPageToken"], again["isLast"]) == (token, False)


def test_an_empty_page_in_the_middle_loses_nothing(five, serve):
    site = serve(faults=[Fault(kind="empty_page", path=SEARCH, nth=1)])
    empty = _search(site).json()
    assert (empty["issues"], empty["isLast"]) == ([], False)
    following = _search(site, nextPageToken=empty["nextPageToken"]).json()
    assert [row["id"] for row in following["issues"]] == ["10000", "10001"]


def test_a_slow_body_drips(five, serve):
    site = serve(faults=[Fault(kind="slow", seconds=0.3)])
    began = time.monotonic()
    assert len(_search(site).json()["issues"]) == 2
    assert time.monotonic() - began >= 0.3


def test_a_redirect_leads_to_another_origin(serve):
    response = serve(faults=[Fault(kind="redirect")]).call("GET", "myself")
    assert (response.status_code, response.headers["Location"]) == (
        302,
        "https://elsewhere.example/rest/api/3/myself",
    )


def test_random_faults_repeat_exactly_for_one_seed(five):
    def run():
        with five.serve(Options(faults=[Fault(kind="status", probability=0.3, status=500)])) as server:
            return [
                requests.get(f"{server.url}/rest/api/3/serverInfo", timeout=5).status_code for _ in range(40)
            ]

    first = run()
    assert first == run()
    assert 3 <= first.count(500) <= 24


def test_a_script_and_a_limited_number_of_times(serve):
    script = serve(faults=lambda method, template, n: Fault(kind="status", status=500) if n == 2 else None)
    assert [script.call("GET", "myself").status_code for _ in range(3)] == [200, 500, 200]
    twice = serve(faults=[Fault(kind="status", status=502, times=2)])
    assert [twice.call("GET", "myself").status_code for _ in range(3)] == [502, 502, 200]
    twice.server.add_fault(Fault(kind="status", status=503))
    assert twice.call("GET", "myself").status_code == 503
    twice.server.faults.clear()
    assert twice.call("GET", "myself").status_code == 200


# rate limits


def test_the_burst_limit_is_per_endpoint_and_method_and_ends_when_one_waits(cloud, serve):
    site = serve(rate_limit=RateLimit(per_second={"GET": 2}, overrides={}))
    answers = [site.call("GET", "myself") for _ in range(4)]
    assert answers[1].headers["X-RateLimit-NearLimit"] == "true"
    assert 429 in {answer.status_code for answer in answers[2:]}
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.headers["RateLimit-Reason"] == "jira-burst-based"
    assert refused.headers["Retry-After"] == "1"
    assert refused.headers["X-RateLimit-Reset"] == "2026-03-02T12:00Z"
    assert site.call("GET", "serverInfo").status_code == 200
    cloud.clock.advance(seconds=1)
    assert site.call("GET", "myself").status_code == 200


def test_the_hourly_quota_counts_objects_and_ends_at_the_full_hour(five, serve):
    site = serve(rate_limit=RateLimit(quota_per_hour=8))
    five.clock.advance(minutes=45)
    assert len(site.post("search/jql", {"jql": "project = CHK"})["issues"]) == 5  # 6 points
    assert site.call("GET", "myself").status_code == 200
    assert site.call("GET", "myself").status_code == 200
    refused = site.call("GET", "myself")
    assert (refused.status_code, refused.headers["RateLimit-Reason"]) == (429, "jira-quota-tenant-based")
    assert refused.headers["Retry-After"] == "900"
    five.clock.advance(minutes=15)
    assert site.call("GET", "myself").status_code == 200


def test_writes_to_one_issue_are_limited_to_20_in_2_seconds(five, serve):
    site = serve(rate_limit=RateLimit(per_second={"PUT": 1000}))
    answers = [site.put("issue/CHK-1", {"fields": {"summary": f"n{n}"}}) for n in range(21)]
    assert [answer.status_code for answer in answers] == [204] * 20 + [429]
    assert answers[-1].headers["RateLimit-Reason"] == "jira-per-issue-on-write"
    assert site.put("issue/CHK-2", {"fields": {"summary": "other"}}).status_code == 204
    five.clock.advance(seconds=3)
    assert site.put("issue/CHK-1", {"fields": {"summary": "again"}}).status_code == 204


def test_retry_after_can_be_a_date_or_absent(serve):
    dated = serve(rate_limit=RateLimit(quota_per_hour=0, retry_after="date")).call("GET", "myself")
    assert dated.headers["Retry-After"] == "Mon, 02 Mar 2026 13:00:00 GMT"
    bare = serve(rate_limit=RateLimit(quota_per_hour=0, retry_after="none")).call("GET", "myself")
    assert "Retry-After" not in bare.headers


# who calls


def test_wrong_credentials_are_401(site):
    response = requests.get(
        f"{site.server.url}/rest/api/3/myself", auth=("bot@demo.example", "stale"), timeout=5
    )
    assert response.status_code == 401
    assert requests.get(f"{site.server.url}/rest/api/3/serverInfo", timeout=5).status_code == 200


def test_anonymous_access_is_200_with_few_rows_and_401_only_on_myself(five, serve):
    five.add_project("OPEN", "Open", "ann", public=True)
    five.create_issue("OPEN", "Task")
    site = serve(anonymous_access=True)
    asked = {"jql": "created >= -1d"}
    signed_in = site.post("search/jql", asked)
    site.session.auth = ("bot@demo.example", "stale")
    assert (len(signed_in["issues"]), len(site.post("search/jql", asked)["issues"])) == (6, 1)
    assert site.call("GET", "issue/CHK-1").status_code == 404
    assert site.call("GET", "myself").status_code == 401
    assert site.put("issue/OPEN-1", {"fields": {"summary": "x"}}).status_code == 401


def test_a_scoped_token_works_through_the_gateway_only(cloud, serve):
    site = serve(scoped_token=True)
    assert site.call("GET", "myself").status_code == 401
    through = site.session.get(f"{site.server.gateway_url}/rest/api/3/myself", timeout=5)
    assert through.status_code == 200
    tenant = requests.get(f"{site.server.url}/_edge/tenant_info", timeout=5).json()
    assert tenant == {"cloudId": cloud.cloud_id}


def test_what_does_not_exist_is_404_and_a_wrong_method_405(cloud):
    with cloud.serve() as server:
        session = requests.Session()
        session.auth = (server.user, server.token)
        statuses = [
            session.request(method, server.url + path, timeout=5).status_code
            for method, path in (
                ("GET", "/rest/api/3/nothing"),
                ("DELETE", "/rest/api/3/field"),
                ("GET", "/__simulator__/nothing"),
            )
        ]
    assert statuses == [404, 405, 404]
    assert cloud.requests == [("GET", "/rest/api/3/nothing", 404), ("DELETE", "/rest/api/3/field", 405)]
