"""Idempotency-Key over kills of the broker: whoever repeats until it is answered has one event."""
import http.client
import json
import threading

from cell0_test import wait_until


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
    """What is asked while the gateway learns of another broker is answered 503: asked again."""
    answer = wait_until(lambda: (got := fabric.get("/api/v1/events?types=test.once&limit=1000")).status == 200 and got, "it")
    return [(e["seq"], e["data"]["n"]) for e in answer.json()["events"]]


def test_a_key_is_known_after_a_kill_of_the_broker(fabric):
    seq = post(fabric, mine(1), "key")[1]["seq"]
    fabric.broker.kill()
    fabric.broker.restart()
    wait_until(lambda: fabric.get("/readyz").status == 200, "the gateway to be ready again")
    assert post(fabric, mine(1), "key") == (200, {"seq": seq, "duplicate": True})
    assert stored(fabric) == [(seq, 1)]


def test_a_client_that_asks_until_it_is_answered_makes_one_event_over_kills(fabric):
    """The broker dies again and again while clients publish; each repeats until it has a 200."""
    done, seqs = threading.Event(), {}

    def insist(n):
        while n not in seqs and not done.is_set():
            try:
                status, answer = post(fabric, mine(n), f"key-{n}")
            except OSError:
                continue
            if status == 200:
                seqs[n] = answer["seq"]

    def work(first):
        for n in range(first, first + 40):
            insist(n)

    threads = [threading.Thread(target=work, args=(100 * i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(4):
        before = len(seqs)
        wait_until(lambda: len(seqs) > before or len(seqs) == 160, "something to be published")
        fabric.broker.kill()
        fabric.broker.restart()
    for thread in threads:
        thread.join(60)
    done.set()
    assert len(seqs) == 160
    # What another run of the broker committed a moment ago may not have reached the gateway yet.
    wait_until(lambda: len(stored(fabric)) >= 160, "all of them to be in the history")
    assert sorted(stored(fabric)) == sorted((seq, n) for n, seq in seqs.items()), "each once, under the seq that was told"
