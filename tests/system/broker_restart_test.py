"""The broker is killed and comes back: clients stay, go on, and miss nothing."""
from cell0_test import wait_until


def chat(text):
    return {"type": "chat_message", "source": "chat.general",
            "data": {"message": text, "sender": "tester", "channel": "general"}}


def not_ready(fabric):
    answer = fabric.get("/readyz")
    return answer if answer.status == 503 else None


def test_clients_survive_a_killed_broker_and_miss_nothing(fabric):
    with fabric.connect() as client:
        client.until_type("connection_established")
        before = [fabric.publish(chat(f"before {n}"))["seq"] for n in range(20)]
        client.until_event(lambda e: e["seq"] == before[-1])

        fabric.broker.kill()
        answer = wait_until(lambda: not_ready(fabric), "the gateway to say that it is not ready")
        assert "broker" in answer.text, "readyz names what is missing"
        client.send({"type": "ping", "sequence": 7})
        assert client.until_type("pong")["sequence"] == 7

        fabric.broker.restart()
        wait_until(lambda: fabric.get("/readyz").status == 200, "the gateway to be ready again")
        after = [fabric.publish(chat(f"after {n}"))["seq"] for n in range(20)]
        client.until_event(lambda e: e["seq"] == after[-1])

        assert min(after) > max(before), "a sequence number was used twice"
        seqs = [e["seq"] for e in client.events()]
        assert seqs == sorted(set(seqs)), "out of order, or twice"
        assert [s for s in seqs if s in after] == after

        assert [s for s in seqs if s in before] == before
        assert not [m for m in client.seen if m["type"] == "events_skipped"], "told of a loss that there was not"


def test_a_resume_across_the_kill_is_recovered(fabric):
    old = fabric.publish(chat("old"))["seq"]
    fabric.broker.kill()
    wait_until(lambda: not_ready(fabric), "the gateway to notice")
    fabric.broker.restart()
    wait_until(lambda: fabric.get("/readyz").status == 200, "the gateway to be ready again")
    new = fabric.publish(chat("new"))["seq"]
    with fabric.connect(f"/cell0d?since={old - 1}&types=chat_message") as client:
        assert client.until_type("events_resumed")["recovered"] is True
        assert client.until_event(lambda e: e["seq"] == old)["data"]["message"] == "old"
        assert client.until_event(lambda e: e["seq"] == new)["data"]["message"] == "new"


def test_a_lost_log_is_told(fabric):
    old = fabric.publish(chat("old"))["seq"]
    fabric.broker.kill()
    wait_until(lambda: not_ready(fabric), "the gateway to notice")
    for file in fabric.state_dir.glob("log.db*"):
        file.unlink()
    fabric.broker.restart()
    wait_until(lambda: fabric.get("/readyz").status == 200, "the gateway to be ready again")
    new = fabric.publish(chat("new"))["seq"]
    with fabric.connect(f"/cell0d?since={old - 1}&types=chat_message") as client:
        assert client.until_type("events_resumed")["recovered"] is False
        assert client.until_event(lambda e: e["seq"] == new)["data"]["message"] == "new"


def test_a_gateway_without_a_broker_waits_for_it(empty_fabric):
    fabric = empty_fabric
    fabric.start_gateway(wait=False)
    wait_until(lambda: _readyz_or_none(fabric) == 503, "the gateway to answer at all")
    assert fabric.get("/healthz").status == 200
    with fabric.connect() as client:
        client.send({"type": "get_history"})
        assert "history cannot be read now" in client.until_type("error")["error"], "not: there was nothing"
        fabric.start_broker()
        wait_until(lambda: fabric.get("/readyz").status == 200, "the gateway to find the broker")
        client.send({"type": "get_history"})
        assert client.until_type("event_history")["events"] == []
        client.send({"type": "get_history", "event_type": "x" * 300})
        assert client.until_type("error")["error"] == "history.filter.types: a name is 1-255 bytes long"


def _readyz_or_none(fabric):
    try:
        return fabric.get("/readyz").status
    except OSError:
        return None
