"""kill -9 of the process that serves the daemons: who waits for it is told, the standby has its counts and goes on."""
import threading

from cell0_test import request, wait_until
from cell0_test.ports import free_ports
from cell0_test.presence import Gateways
from cell0_test.realm import Realm


def test_the_standby_has_the_counts_of_the_killed_one(fabric):
    realm = Realm(fabric, Gateways(fabric))
    admin = free_ports(1)[0]
    active = realm.serve_first(emit__admin_port=admin - 6)  # its place behind that: emitters/runtime/admin.h
    standby = realm.serve()
    wait_until(lambda: "stands by" in standby.log(), "the standby")
    for daemon in ("claude", "gemini"):
        assert realm.post("/summon", {"daemon_name": daemon}).status == 200
    for n in range(3):
        assert realm.post("/invoke", {"daemon_name": "claude", "task": f"task {n}"}).status == 200
    assert realm.post("/veil", {"veil": False}).status == 200

    realm.token = fabric.admin_token  # for gemini's runner
    answers = []
    asking = threading.Thread(target=lambda: answers.append(
        realm.post("/invoke", {"daemon_name": "gemini", "task": "take long"}, gateway=1, within=60.0)))
    asking.start()
    metrics = f"http://127.0.0.1:{admin}/metrics"
    wait_until(lambda: "cell0_daemons_running_invocations 1" in request("GET", metrics).text, "the task to be under way")
    active.kill()
    wait_until(lambda: realm.count_of("claude") == 3, "the standby to serve with the counts", within=30.0)
    asking.join(30)
    assert answers and answers[0].status == 503, answers
    assert "died" in answers[0].json()["detail"], answers[0].text

    state = realm.get("/daemon/claude/state", gateway=1).json()["daemon_state"]
    assert state["daemon"]["is_summoned"] and [i["task"] for i in state["invocation_history"]] == ["task 0", "task 1", "task 2"]
    assert realm.get("/veil").json()["veil"] is False
    invoked = realm.post("/invoke", {"daemon_name": "claude", "task": "and on"}, gateway=1).json()
    assert invoked["invocation_number"] == 4

    standby.stop()  # what is kept outlives all of them
    realm.serve()
    wait_until(lambda: realm.count_of("claude") == 4, "a third one with the counts", within=30.0)
