"""HTTP for everyone (dialects.md section 6): events, stream, publish, topics, stats, health; who may come in."""
import http.client
import json

import pytest

from cell0_test import wait_until


def post(fabric, body, token=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", fabric.ports["http"], timeout=10)
    if token:
        headers["Authorization"] = f"Bearer {token}"
    text = body if isinstance(body, (str, bytes)) else json.dumps(body)
    connection.request("POST", "/api/v1/events", text, {"Content-Type": "application/json", **headers})
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


class Stream:
    """Server-sent events, read line by line: each message a dict of its fields."""

    def __init__(self, fabric, query="", last_id=None, port="http"):
        self.connection = http.client.HTTPConnection("127.0.0.1", fabric.ports[port], timeout=10)
        headers = {"Accept": "text/event-stream", **({"Last-Event-ID": str(last_id)} if last_id else {})}
        self.connection.request("GET", "/api/v1/stream" + query, headers=headers)
        self.answer = self.connection.getresponse()

    def next(self):
        fields = {}
        while True:
            line = self.answer.readline().decode().rstrip("\n")
            if line == "" and fields:
                return {**fields, "data": json.loads(fields["data"])}
            if line and not line.startswith(":"):
                name, _, value = line.partition(": ")
                fields[name] = fields[name] + "\n" + value if name in fields else value

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()


def mine(n, **more):
    return {"type": "test.http", "source": "tester", "data": {"n": n}, **more}


def test_publish_answers_with_the_seq_and_the_event_can_be_read(fabric):
    seq = fabric.publish(mine(1, priority=3, session_id="s-1", topic="custom.place"))["seq"]
    answer = fabric.get("/api/v1/events?types=test.http").json()
    event = answer["events"][0]
    assert (answer["count"], event["seq"], event["priority"], event["topic"]) == (1, seq, 3, "custom.place")
    assert (event["session_id"], event["source"], event["data"]) == ("s-1", "tester", {"n": 1})


def test_an_array_is_answered_by_an_array_one_for_one(fabric):
    answers = fabric.publish(mine(1), {"type": "chat_message", "data": {"sender": "s"}}, mine(2))
    assert [("seq" in a) for a in answers] == [True, False, True]
    assert answers[1]["error"]["message"] == "chat_message.message: missing"
    assert answers[2]["seq"] > answers[0]["seq"]


@pytest.mark.parametrize("body, status, text", [
    ("not json", 400, "body:"),
    ("[1]", 200, None),
    ({"source": "x"}, 400, "type: not a string"),
    ({"type": "1bad", "data": {}}, 400, "type: not a name"),
    ({"type": "a.b", "data": 5}, 400, "data: not an object"),
    ({"type": "a.b", "data": {}, "priority": 11}, 400, "priority: not 1-10"),
    ({"type": "a.b", "data": {}, "topic": "a..b"}, 400, "topic:"),
    ({"type": "log_stream", "data": {"level": 7}}, 400, "log_stream.level: 7 is not a string"),
    ({"type": "tts_status", "data": {"status": "dancing"}}, 400, "is not one of idle processing playing"),
    ('{"type":"a.b","data":{"deep":' + "[" * 60 + "]" * 60 + "}}", 400, "body:"),
])
def test_what_is_wrong_with_a_published_event_is_named(fabric, body, status, text):
    got, answer = post(fabric, body, fabric.admin_token)
    assert got == status
    if text:
        assert text in answer["error"]["message"]


def test_publishing_needs_the_token(fabric):
    assert post(fabric, mine(1))[0] == 401
    assert post(fabric, mine(1), "cell0_wrong")[0] == 401
    assert post(fabric, mine(1), fabric.admin_token)[0] == 200


def test_history_pages_by_since_and_through(fabric):
    seqs = [fabric.publish(mine(n))["seq"] for n in range(5)]
    page = fabric.get(f"/api/v1/events?types=test.http&since={seqs[0]}&limit=2").json()
    assert [e["seq"] for e in page["events"]] == seqs[1:3] and page["recovered"] is True
    rest = fabric.get(f"/api/v1/events?types=test.http&since={seqs[2]}&through={seqs[3]}").json()
    assert [e["seq"] for e in rest["events"]] == [seqs[3]]
    assert fabric.get("/api/v1/events?limit=x").status == 400
    assert fabric.get("/api/v1/events?min_priority=0").status == 400


def test_a_stream_resumes_where_it_was(fabric):
    seqs = [fabric.publish(mine(n))["seq"] for n in range(3)]
    with Stream(fabric, "?types=test.http", last_id=seqs[0]) as stream:
        resumed = stream.next()
        assert (resumed["event"], resumed["data"]) == (
            "resumed", {"recovered": True, "first_seq": seqs[1], "last_seq": seqs[2]})
        assert [int(stream.next()["id"]) for _ in range(2)] == seqs[1:]
        live = fabric.publish(mine(9))["seq"]
        message = stream.next()
        assert (message["data"]["seq"], message["data"]["data"]) == (live, {"n": 9})


def test_a_stream_has_the_default_types_only_unless_they_are_named(fabric):
    with Stream(fabric, "?since=9007199254740000", port="api") as stream:
        assert stream.next()["data"]["recovered"] is False
        fabric.publish({"type": "llm_token", "data": {"token": "t", "cumulative_text": "t"}},
                       {"type": "chat_message", "data": {"message": "m", "sender": "s"}})
        assert stream.next()["data"]["type"] == "chat_message"


def test_topics_stats_and_gateways(fabric):
    fabric.publish(mine(1))
    topics = fabric.get("/api/v1/topics").json()["topics"]
    assert any(t["name"] == "events.test.http" and t["events"] == 1 for t in topics)
    stats = fabric.get("/api/v1/stats").json()
    assert stats["broker"]["head_seq"] > 0
    wait_until(lambda: fabric.get("/api/v1/gateways").json()["gateways"], "the gateway to report itself")
    assert fabric.get("/status").json()["broker_link"] == "up"
    assert fabric.get("/health").json()["status"] == "healthy"
    assert fabric.get("/healthz").status == 200


def raw_get(fabric, path="/healthz", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", fabric.ports["http"], timeout=10)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def test_a_foreign_host_or_origin_does_not_get_in(fabric):
    port = fabric.ports["http"]
    for host in (f"localhost:{port}", f"127.0.0.1:{port}", "[::1]", "app.localhost"):
        assert raw_get(fabric, Host=host)[0] == 200, host
    for host in ("evil.example", f"evil.example:{port}", "localhost.evil.example"):
        status, text = raw_get(fabric, Host=host)
        assert status == 403 and "gateway.auth.allowed_hosts" in text, host
    for origin in (f"http://localhost:{port}", "http://127.0.0.1:3000"):
        assert raw_get(fabric, Origin=origin)[0] == 200, origin
    for origin in ("http://evil.example", "null", "http://localhost.evil.example"):
        status, text = raw_get(fabric, Origin=origin)
        assert status == 403 and "gateway.auth.allowed_origins" in text, origin


def test_other_methods_and_places_are_answered(fabric):
    connection = http.client.HTTPConnection("127.0.0.1", fabric.ports["http"], timeout=10)
    connection.request("DELETE", "/api/v1/events")
    answer = connection.getresponse()
    assert answer.status == 405 and answer.getheader("Allow") == "GET, POST"
    answer.read()
    connection.request("GET", "/no/such/place")  # the connection was kept
    assert connection.getresponse().status == 404
    assert raw_get(fabric, "/../../../../etc/passwd")[0] in (400, 404)
    assert raw_get(fabric, "/%2e%2e/%2e%2e/etc/passwd")[0] in (400, 404)


@pytest.mark.parametrize("place", ["/api/v1/events", "/api/v1/stream", "/cell0d"])
@pytest.mark.parametrize("query", ["types=%zz", "sources=%00", "types=%ff", "sources=cell0.cli,%ff&since=0"])
def test_a_filter_that_cannot_be_read_is_refused_and_not_left_out(fabric, place, query):
    status, text = raw_get(fabric, f"{place}?{query}")
    assert status == 400 and "query" in text


def test_the_head_of_a_stream_has_no_events(fabric):
    connection = http.client.HTTPConnection("127.0.0.1", fabric.ports["http"], timeout=10)
    for _ in range(2):  # the connection was kept
        connection.request("HEAD", "/api/v1/stream")
        answer = connection.getresponse()
        assert answer.status == 200 and answer.getheader("Content-Type").startswith("text/event-stream")
        assert answer.read() == b""


def test_the_scheme_of_a_token_is_written_in_any_case(fabric):
    for scheme, status in ("bearer", 200), ("BEARER", 200), ("Basic", 401):
        assert post(fabric, mine(1), Authorization=f"{scheme} {fabric.admin_token}")[0] == status


def test_pages_are_asked_for_until_their_end(fabric):
    event = {"type": "test.page", "source": "t", "data": {}}
    published = [answer["seq"] for answer in fabric.publish(*[event] * 5)]
    got, since, ends = [], published[0] - 1, []
    while not ends or not ends[-1]:
        page = fabric.get(f"/api/v1/events?types=test.page&limit=2&since={since}&through={published[-1]}").json()
        got += [e["seq"] for e in page["events"]]
        ends.append(page["end"])
        since = page["scanned_through"]
    assert got == published
    assert ends == [False, False, True]
