"""The straight path: what an emitter or an HTTP client publishes reaches WebSocket clients."""


def chat(text):
    return {"type": "chat_message", "source": "chat.general",
            "data": {"message": text, "sender": "tester", "channel": "general"}}


def test_a_published_event_reaches_a_client(fabric):
    with fabric.connect() as client:
        assert client.until_type("connection_established")["client_id"]
        answer = fabric.publish(chat("hello"))
        event = client.until_event(lambda e: e["type"] == "chat_message")
        assert event["data"]["message"] == "hello"
        assert event["seq"] == answer["seq"]
        assert event["source"] == "chat.general"
        assert event["priority"] == 4


def test_a_late_client_gets_it_as_history(fabric):
    first = fabric.publish(chat("one"))["seq"]
    second = fabric.publish(chat("two"))["seq"]
    with fabric.connect() as client:
        history = client.until_type("event_history")
        assert history["note"] == "Recent events before connection"
        chats = [e["seq"] for e in history["events"] if e["type"] == "chat_message"]
        assert chats == [first, second]


def test_the_system_emitters_status_arrives(fabric):
    with fabric.connect() as client:
        fabric.start_emitter("system", emit__system__interval_ms=300)
        status = client.until_event(lambda e: e["type"] == "system_status")
        assert status["source"] == "cell0d.system"
        assert status["data"]["uptime"] >= 0
        assert "details" in status["data"]


def test_a_resumed_client_gets_exactly_what_it_missed(fabric):
    with fabric.connect() as client:
        client.until_type("connection_established")
        fabric.publish(chat("seen"))
        last = client.until_event(lambda e: e["type"] == "chat_message")["seq"]
    missed = [fabric.publish(chat(f"missed {n}"))["seq"] for n in range(5)]
    with fabric.connect(f"/cell0d?since={last}&types=chat_message") as client:
        resumed = client.until_type("events_resumed")
        assert resumed["recovered"] is True
        got = [client.until_event()["seq"] for _ in missed]
        assert got == missed
        live = fabric.publish(chat("live"))["seq"]
        assert client.until_event()["seq"] == live


def test_publishing_needs_the_token(fabric):
    from cell0_test import request
    answer = request("POST", fabric.http_url + "/api/v1/events", chat("no"))
    assert answer.status == 401
    answer = request("POST", fabric.http_url + "/api/v1/events", chat("no"), {"Authorization": "Bearer cell0_wrong"})
    assert answer.status == 401
