"""Presence over two gateways: an entity is online while any of its connections is, whichever gateway it is on."""
import http.client
import json

from cell0_test import wait_until
from cell0_test.presence import Gateways, Watcher


def test_an_entity_is_online_while_any_of_its_connections_is(fabric):
    gateways = Gateways(fabric)
    watcher = Watcher(gateways, 1)
    first = gateways.connect(0, "a")
    wait_until(lambda: watcher.statuses("a") == ["online"], "the other gateway to tell of it")
    second = gateways.connect(1, "a")
    second.call("presence.update", status_message="the second")  # answered when the broker knows of it
    first.close()
    third = gateways.connect(0, "b")  # behind the end of the first in what its gateway announces
    wait_until(lambda: gateways.statuses(1, "a", "b") == "a=online b=online", "the next one to come")
    assert watcher.statuses("a") == ["online"]
    second.close()
    wait_until(lambda: watcher.statuses("a") == ["online", "offline"], "the last connection's end to be told")
    for gateway in range(2):
        wait_until(lambda g=gateway: gateways.statuses(g, "a", "b") == "a=offline b=online", "both gateways to know")
    again = gateways.connect(1, "a")
    wait_until(lambda: watcher.statuses("a") == ["online", "offline", "online"], "it to be back")
    for client in (third, again):
        client.close()


def test_what_an_entity_says_holds_for_all_its_connections(fabric):
    gateways = Gateways(fabric)
    watcher = gateways.connect(1, "watcher")
    watcher.call("presence.subscribe", entity_id="a")
    first = gateways.connect(0, "a")
    watcher.until_notification("presence.changed", lambda told: told["status"] == "online")
    first.call("presence.update", status="busy", status_message="writing", metadata={"n": 12345678901234567})
    told = watcher.until_notification("presence.changed")
    assert (told["entity_id"], told["status"], told["status_message"]) == ("a", "busy", "writing")
    assert told["entry"]["metadata"] == {"n": 12345678901234567}
    second = gateways.connect(1, "a")  # says nothing of itself
    second.call("rpc.ping")
    assert gateways.statuses(1, "a") == "a=busy"
    second.call("presence.update", status="away")
    wait_until(lambda: gateways.statuses(0, "a") == "a=away", "the later word to hold on the other gateway")
    second.close()
    gateways.connect(1, "b").close()  # behind it in what its gateway announces
    wait_until(lambda: gateways.statuses(0, "b") == "b=offline", "that it has been told")
    assert gateways.statuses(0, "a") == "a=away"
    for client in (watcher, first):
        client.close()


def test_a_stream_with_a_token_counts_as_a_connection(fabric):
    gateways = Gateways(fabric, 1)
    stream = http.client.HTTPConnection("127.0.0.1", fabric.ports["http"], timeout=10)
    stream.request("GET", "/api/v1/stream", headers={"Authorization": f"Bearer {gateways.token('a')}"})
    answer = stream.getresponse()  # it has the socket now: the stream lasts as long as it does
    assert answer.status == 200
    wait_until(lambda: gateways.statuses(0, "a") == "a=online", "it to be online")
    answer.close()
    wait_until(lambda: gateways.statuses(0, "a") == "a=offline", "it to be offline")


def test_a_gateway_that_starts_later_and_one_that_drains_agree_with_the_others(fabric):
    first = Gateways(fabric, 1)
    client = first.connect(0, "a")
    both = Gateways(fabric, 2)
    wait_until(lambda: both.statuses(1, "a") == "a=online", "the new gateway to know who is there")
    other = both.connect(1, "b")
    wait_until(lambda: both.statuses(0, "b") == "b=online", "the first gateway to know the new one's")
    settings = {"link.control": fabric.endpoint("control"), "link.fanout": fabric.endpoint("fanout")}
    status, printed = fabric.run("cell0", "presence", "--entity-type", "agent", settings=settings)
    assert status == 0 and [json.loads(line)["entity_id"] for line in printed.splitlines()] == ["a", "b"], printed
    both.processes[1].stop()
    assert other.until_closed().code == 1001
    # Well before its lease is over: it waited until the broker knew.
    wait_until(lambda: both.statuses(0, "a", "b") == "a=online b=offline", "those of the drained one to be gone", 2)
    client.close()
