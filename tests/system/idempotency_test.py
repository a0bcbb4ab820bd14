"""Idempotency-Key: a publish that is repeated, by whatever gateway, is one event."""
import http.client
import json
import threading

import pytest


def post(fabric, body, key=None, port="http", token=None):
    """(status, parsed answer)."""
    connection = http.client.HTTPConnection("127.0.0.1", fabric.ports[port], timeout=30)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token or fabric.admin_token}"}
    if key is not None:
        headers["Idempotency-Key"] = key
    connection.request("POST", "/api/v1/events", json.dumps(body), headers)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def mine(n):
    return {"type": "test.once", "source": "t", "data": {"n": n}}


def stored(fabric):
    return [(e["seq"], e["data"]["n"]) for e in fabric.get("/api/v1/events?types=test.once&limit=1000").json()["events"]]


def test_the_second_is_answered_with_the_first_on_every_gateway(fabric):
    fabric.start_gateway(1)
    status, first = post(fabric, mine(1), "key-1")
    assert (status, first["duplicate"]) == (200, False)
    for _ in range(8):  # the gateways share the port: some of these come to the other one
        assert post(fabric, mine(1), "key-1") == (200, {"seq": first["seq"], "duplicate": True})
    assert post(fabric, mine(1), "key-2")[1]["duplicate"] is False
    assert post(fabric, mine(1))[1]["duplicate"] is False
    assert len(stored(fabric)) == 3


def test_the_same_key_for_something_else_is_422(fabric):
    seq = post(fabric, mine(1), "key")[1]["seq"]
    status, answer = post(fabric, mine(2), "key")
    assert (status, answer["error"]["code"]) == (422, "idempotency_key_reused")
    assert str(seq) in answer["error"]["message"]
    assert stored(fabric) == [(seq, 1)]


def test_each_event_of_an_array_has_its_own(fabric):
    first = post(fabric, [mine(1), mine(2)], "key")[1]
    again = post(fabric, [mine(1), mine(2), mine(3)], "key")[1]
    assert [a["seq"] for a in again[:2]] == [a["seq"] for a in first]
    assert [a["duplicate"] for a in again] == [True, True, False]
    other = post(fabric, [mine(1), mine(9)], "key")[1]
    assert other[0]["duplicate"] is True and other[1]["error"]["code"] == "idempotency_key_reused"
    assert post(fabric, mine(1), "key")[1]["duplicate"] is False, "a single event's key is not that of an array's first"
    assert [n for _, n in stored(fabric)] == [1, 2, 3, 1]


@pytest.mark.parametrize("key", ["", "k" * 256, "a\tb"])
def test_a_key_that_is_none_is_400(fabric, key):
    status, answer = post(fabric, mine(1), key)
    assert status == 400 and "Idempotency-Key" in answer["error"]["message"]
    assert stored(fabric) == []


def test_many_at_once_are_one_event(fabric):
    fabric.start_gateway(1)
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(post(fabric, mine(1), "key"))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {status for status, _ in answers} == {200}
    assert len({answer["seq"] for _, answer in answers}) == 1
    assert sum(not answer["duplicate"] for _, answer in answers) == 1
    assert len(stored(fabric)) == 1
