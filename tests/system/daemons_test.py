"""The daemons' life by REST through two gateways."""
import time

import pytest

from cell0_test import wait_until
from cell0_test.presence import Gateways
from cell0_test.realm import Realm

SYNC = {"mode": "fantasy", "deadline_ms": 200, "animation": "pulse", "particles": "fade_to_idle", "audio": "success",
        "invert": False}


@pytest.fixture(name="realm")
def realm_fixture(fabric):
    return Realm(fabric, Gateways(fabric))


@pytest.fixture(name="alone")
def alone_fixture(fabric):
    return Realm(fabric, Gateways(fabric, 1))


def spells(client, count):
    """The next ones, but for those of Realm.serve_first(), which may still be on their way."""
    def is_one(message):
        return "spell_name" in message and message["metadata"].get("query_type") != "all"
    return [client.until(is_one, "a spell") for _ in range(count)]


def test_a_daemons_life_through_two_gateways(realm):
    realm.serve_first()
    with realm.fabric.connect("/ws/events", port="arcane") as client:
        assert client.next()["subscriber_count"] == 1

        summoned = realm.post("/summon", {"daemon_name": "claude"})
        assert summoned.status == 200, summoned.text
        body = summoned.json()
        assert sorted(body) == ["daemon", "message", "status"] and body["status"] == "summoned"
        daemon = body["daemon"]
        assert sorted(daemon) == ["color_code", "invocation_count", "is_summoned", "metadata", "name", "role"]
        assert (daemon["name"], daemon["role"], daemon["color_code"]) == ("claude", "Keeper of Logic and Reason", "#8B5CF6")
        assert daemon["is_summoned"] is True and daemon["invocation_count"] == 0

        summon, voice = spells(client, 2)
        assert (summon["spell_name"], summon["daemon_name"], summon["success"]) == ("summon", "claude", True)
        assert summon["metadata"]["sync"] == SYNC and summon["description"] == body["message"]
        assert voice["spell_name"] == "voice" and voice["metadata"]["event"] == "summon" and voice["description"]
        assert summon["seq"] < voice["seq"]

        invoked = realm.post("/invoke/", {"daemon_name": "claude", "task": "count to three", "parameters": {"n": 3}}, gateway=1)
        assert invoked.status == 200, invoked.text
        body = invoked.json()
        assert body["status"] == "invoked" and body["daemon"]["invocation_count"] == 1
        assert "count to three" in body["result"] and body["execution_time"] > 0
        invoke, voice = spells(client, 2)
        assert invoke["spell_name"] == "invoke" and voice["metadata"]["event"] == "invoke"
        told = invoke["metadata"]
        assert (told["task"], told["parameters"], told["invocation_number"]) == ("count to three", {"n": 3}, 1)
        assert told["execution_time"] == body["execution_time"]

        parsed = realm.post("/spell/parse", {"spell": "invoke gemini to write a haiku"}, gateway=1).json()
        assert parsed == {"success": True, "action": "invoke", "daemon": "gemini", "task": "write a haiku", "parameters": {},
                          "confidence": 1, "raw_input": "invoke gemini to write a haiku", "error": None, "suggestions": []}
        assert realm.post("/parse/", {"spell": "sumon claude"}).json()["suggestions"] == ["summon claude"]
        good, bad = spells(client, 2)
        assert (good["spell_name"], good["metadata"]["parsed_action"]) == ("parse", "invoke") and good["success"]
        assert not bad["success"] and bad["metadata"]["parsed_action"] is None and bad["metadata"]["error"]

        banished = realm.post("/banish", {"daemon_name": "claude"}, gateway=1).json()
        assert banished["status"] == "banished" and banished["daemon"]["is_summoned"] is False
        banish, voice = spells(client, 2)
        told = banish["metadata"]
        assert (told["invocation_count"], told["total_invocations"], told["is_active"]) == (1, 1, False)
        assert told["total_time"] == told["total_execution_time"] == told["average_execution_time"] > 0
        assert voice["metadata"]["event"] == "banish"


def test_what_there_is_to_see(realm):
    realm.serve_first()
    assert realm.post("/summon", {"daemon_name": "gemini"}).status == 200
    def shown():
        with realm.fabric.connect("/ws/events?daemon=gemini", port="arcane") as client:
            return [e["spell_name"] for e in client.next()["recent_events"]]
    wait_until(lambda: shown() == ["summon", "voice"], "both spells in the welcome")
    with realm.fabric.connect("/ws/events?daemon=gemini", port="arcane") as client:
        client.next()
        everyone = realm.get("/daemons", gateway=1).json()
        assert everyone["status"] == "revealed" and everyone["count"] == 3
        assert list(everyone["daemons"]) == ["claude", "gemini", "liquidmetal"]
        active = realm.get("/daemons/active/").json()
        assert active["status"] == "scrying_complete" and list(active["active_daemons"]) == ["gemini"] and active["count"] == 1
        statistics = realm.get("/statistics").json()
        assert statistics["status"] == "divination_complete" and statistics["statistics"]["total_summons"] == 1
        state = realm.get("/daemon/gemini/state", gateway=1).json()
        assert state["status"] == "inspection_complete"
        assert sorted(state["daemon_state"]) == ["daemon", "invocation_history", "statistics"]
        seen = spells(client, 1)[0]
        assert (seen["spell_name"], seen["metadata"]["query_type"]) == ("reveal", "state")

    recent = realm.get("/events/recent?count=3").json()
    assert (recent["status"], recent["count"], len(recent["events"])) == ("success", 3, 3)
    assert recent["events"][-1]["seq"] == seen["seq"]
    assert realm.get("/events/recent?count=0").json()["count"] == 1
    assert realm.get("/events/recent?count=99999999999999999999").status == 200
    for count in ("three", "", "1.5"):
        assert realm.get(f"/events/recent?count={count}").status == 422
    assert realm.get("/events/recent", port="http").json()["count"] >= 6

    with realm.fabric.connect("/ws/events/lab", port="arcane") as here:
        here.next()
        there = f"ws://127.0.0.1:{realm.gateways.ports[1]['arcane']}"
        with type(here)(there + "/ws/events/lab") as other, type(here)(there + "/ws/events") as events:
            assert other.next()["subscribers"] == 2
            assert events.next()["subscriber_count"] >= 1
            assert realm.get("/channels", port="http").json()["channels"] == {"lab": 2}
            wait_until(lambda: realm.get("/events/stats").json()["subscribers"] == 1, "who left to count no more")
            stats = realm.get("/events/stats").json()
            assert (stats["status"], stats["active"]) == ("success", True)
            assert stats["history_size"] >= 7
    assert realm.get("/health").json()["status"] == "healthy"


def test_what_is_refused(alone):
    alone.serve_first()
    with alone.fabric.connect("/ws/events?daemon=claude", port="arcane") as client:
        client.next()
        for path, body in (("/invoke", {"daemon_name": "claude", "task": "x"}), ("/banish", {"daemon_name": "claude"})):
            answer = alone.post(path, body)
            assert answer.status == 400 and "not summoned" in answer.json()["detail"]
            failed = spells(client, 1)[0]
            told = failed["metadata"]
            assert not failed["success"] and "not summoned" in told["error"]
            assert told["sync"]["display_text"] == told["failure_phrase"] and told["sync"]["text_color"] == "#ff1744"
        assert alone.post("/summon", {"daemon_name": "claude"}).status == 200
        again = alone.post("/summon", {"daemon_name": "claude"})
        assert again.status == 400 and "already" in again.json()["detail"]

    unknown = alone.post("/summon", {"daemon_name": "asmodeus"})
    assert unknown.status == 422 and "asmodeus" in unknown.json()["detail"]
    assert alone.get("/daemon/asmodeus/state").status == 422
    wrong = [("/summon", b"no json", "body"), ("/summon", [], "body"), ("/summon", {}, "daemon_name"),
             ("/summon", {"daemon_name": 7}, "daemon_name"), ("/summon", {"daemon_name": " "}, "daemon_name"),
             ("/summon", {"daemon_name": "x" * 65}, "daemon_name"), ("/summon", b"", "body"),
             ("/invoke", {"daemon_name": "claude"}, "task"), ("/invoke", {"daemon_name": "claude", "task": "x" * 70000}, "task"),
             ("/invoke", {"daemon_name": "claude", "task": "x", "parameters": []}, "parameters"),
             ("/spell/parse", {"spell": "x" * 4097}, "spell"), ("/veil", {"veil": "yes"}, "veil")]
    for path, body, names in wrong:
        answer = alone.post(path, body)
        assert answer.status == 422, (path, answer.text)
        assert list(answer.json()) == ["detail"] and answer.json()["detail"].startswith(names), answer.text
    assert alone.get("/summon").status == 405

    alone.token = alone.fabric.admin_token
    issued = alone.fabric.run("cell0", "token", "issue", "--entity", "daemons-only", "--scope", "daemons:run",
                              settings={"state.dir": alone.fabric.state_dir})
    alone.token = issued[1].split()[-1]
    answer = alone.post("/invoke", {"daemon_name": "claude", "task": "x"})
    assert answer.status == 403 and "sessions:run:demo" in answer.json()["detail"]


def test_without_the_veil(alone):
    alone.serve_first()
    assert alone.get("/veil").json()["veil"] is True
    assert alone.post("/veil", {"veil": False}).json() == {**alone.get("/veil").json(), "veil": False, "mode": "developer"}
    with alone.fabric.connect("/ws/events?daemon=claude", port="arcane") as client:
        client.next()
        assert alone.post("/banish", {"daemon_name": "claude"}).status == 400
        told = spells(client, 1)[0]["metadata"]
        assert told["sync"] == {"mode": "developer", "deadline_ms": 50, "animation": None, "particles": "halt", "audio": None,
                                "invert": False, "failure": told["failure_phrase"]}


def test_nobody_serves_them(alone):
    begun = time.monotonic()
    answer = alone.post("/summon", {"daemon_name": "claude"})
    assert answer.status == 503 and "cell0-daemons is not running" in answer.json()["detail"]
    assert alone.get("/daemons").status == 503
    assert time.monotonic() - begun < 10
    assert alone.get("/events/stats").status == 200


def test_a_task_ends_at_its_limit_or_when_its_daemon_is_banished(alone):
    alone.serve_first(daemons__invoke_timeout_ms=300)
    alone.token = alone.fabric.admin_token
    assert alone.post("/summon", {"daemon_name": "gemini"}).status == 200
    late = alone.post("/invoke", {"daemon_name": "gemini", "task": "sleep"})
    assert late.status == 504 and "in time" in late.json()["detail"]
    assert alone.get("/daemon/gemini/state").json()["daemon_state"]["statistics"]["failed_invocations"] == 1
