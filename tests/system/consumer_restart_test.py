"""Acknowledged consumers over kills: of the broker and of a gateway, with another that goes on; at least once, in order."""
import http.client
import json
import threading

import websockets.exceptions
from cell0_test import wait_until
from cell0_test.conversation import Closed
from cell0_test.ports import free_ports

TYPE = "test.ack"


class Consumer:
    """A client that takes whatever gateway it can get, acknowledges everything, and comes back until it has all."""

    def __init__(self, fabric, ports):
        self.fabric, self.ports = fabric, ports
        self.seqs = []  # in the order of their coming, over all connections
        self.resumed = []
        self.stopping = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        attempt = 0
        while not self.stopping:
            attempt += 1
            try:
                self._connection(self.ports[attempt % len(self.ports)])
            except (OSError, AssertionError):  # refused, or Closed; or no event within the time
                pass
            except websockets.exceptions.WebSocketException:  # a killed process broke off, in a handshake or later
                pass

    def _connection(self, port):
        with self.fabric.connect("/cell0d?types=none.such", port=port) as client:
            client.send({"type": "subscribe", "event_types": [TYPE], "replace": True, "ack": True, "consumer": "work"})
            answer = client.until(lambda m: m["type"] in ("events_resumed", "error"))
            if answer["type"] == "error":
                return
            self.resumed.append(answer)
            while not self.stopping:
                try:
                    message = client.next(1.0)
                except Closed:
                    return
                except AssertionError:
                    continue
                assert message["type"] != "events_skipped", message
                if message["type"] == "event":
                    self.seqs.append(message["event"]["seq"])
                    client.send({"type": "ack", "seq": message["event"]["seq"]})

    def stop(self):
        self.stopping = True
        self.thread.join(20)


def publish_until_stored(fabric, n):
    """The seq of the n-th event: asks again until it is answered, with a key so that it is there once."""
    body = json.dumps({"type": TYPE, "source": "t", "data": {"n": n}})
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {fabric.admin_token}", "Idempotency-Key": f"n-{n}"}
    while True:
        for port in ("http", "other"):
            connection = http.client.HTTPConnection("127.0.0.1", fabric.ports[port], timeout=10)
            try:
                connection.request("POST", "/api/v1/events", body, headers)
                answer = connection.getresponse()
                if answer.status == 200:
                    return json.loads(answer.read())["seq"]
            except OSError:
                pass
            except http.client.HTTPException:
                pass
            finally:
                connection.close()


def test_at_least_once_in_order_over_kills_of_broker_and_gateway(fabric):
    ports = free_ports(3)
    other = fabric.start_gateway(1, gateway__listen__http=ports[0], gateway__listen__cell0d=ports[1],
                                 gateway__listen__api=ports[2])
    fabric.ports["other"] = ports[0]
    consumer = Consumer(fabric, ["http", "other"])
    wait_until(lambda: consumer.resumed, "the consumer to be there")
    published = []
    for n in range(300):
        if n in (60, 180):
            fabric.broker.kill()
            fabric.broker.restart()
        if n in (120, 240):
            victim = fabric.gateway if n == 120 else other
            victim.kill()
            victim.restart()
        published.append(publish_until_stored(fabric, n))
    wait_until(lambda: consumer.seqs and consumer.seqs[-1] == published[-1], "the last event to come", 60)
    consumer.stop()
    assert published == sorted(published)
    assert sorted(set(consumer.seqs)) == published, "something is missing, or nobody published it"
    # Again after a crash at the most: what comes is behind what was acknowledged, without a hole.
    newest = 0
    for seq in consumer.seqs:
        assert seq <= newest or seq == published[published.index(newest) + 1 if newest else 0], "a hole, or out of order"
        newest = max(newest, seq)
    assert all(notice["recovered"] for notice in consumer.resumed)
    # Without positions everything before each of the four kills would come again: 60 + 120 + 180 + 240 events.
    again = len(consumer.seqs) - len(published)
    assert again < 240, f"{again} events came again: positions are not kept"
