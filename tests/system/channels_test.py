"""Channels over two gateways of one broker."""
import pytest

from cell0_test import wait_until
from cell0_test.presence import Gateways
from cell0_test.rpc import Rpc, RpcError


@pytest.fixture(name="two")
def two_fixture(fabric):
    """Two gateways, each on ports of its own."""
    gateways = Gateways(fabric)
    opened = []

    def connect(gateway, entity, **more):
        client = Rpc(f"ws://127.0.0.1:{gateways.ports[gateway]['jsonrpc']}/")
        opened.append(client)
        client.call("auth.authenticate", token=fabric.admin_token, entity_id=entity, **more)
        return client
    connect.fabric = fabric
    connect.processes = gateways.processes
    yield connect
    for client in opened:
        client.close()


def test_a_message_reaches_both_gateways_and_counts_both(two):
    here, there, publisher = two(0, "here"), two(1, "there"), two(1, "publisher")
    here.call("channel.subscribe", channel="general")
    there.call("channel.subscribe", channel="general")
    answer = publisher.call("channel.publish", channel="general", message={"n": 1})
    assert answer["recipients"] == 2
    for client in (here, there):
        message = client.notified("channel.message")
        assert (message["message"], message["seq"]) == ({"n": 1}, answer["seq"])
    there.call("channel.unsubscribe", channel="general")
    assert publisher.call("channel.publish", channel="general", message={"n": 2})["recipients"] == 1
    assert here.notified("channel.message")["message"] == {"n": 2}
    history = there.call("channel.history", channel="general")["messages"]
    assert [m["message"]["n"] for m in history] == [1, 2]


def test_who_leaves_is_counted_no_more(two):
    stays, leaves = two(0, "stays"), two(1, "leaves")
    leaves.call("channel.subscribe", channel="c")
    assert stays.call("channel.publish", channel="c", message={})["recipients"] == 1
    leaves.close()
    wait_until(lambda: stays.call("channel.publish", channel="c", message={})["recipients"] == 0, "the count to go")


def test_a_killed_gateway_counts_no_more_and_a_resume_goes_on_at_the_other(two):
    reader, publisher = two(1, "reader"), two(0, "publisher")
    reader.call("channel.subscribe", channel="c")
    first = publisher.call("channel.publish", channel="c", message={"n": 1})
    assert reader.notified("channel.message")["seq"] == first["seq"]
    two.processes[1].kill()
    publisher.call("channel.publish", channel="c", message={"n": 2})
    again = two(0, "reader")
    answer = again.call("channel.subscribe", channel="c", since=first["seq"])
    assert answer["recovered"] and answer["first_seq"] == answer["last_seq"]
    assert again.notified("channel.message")["message"] == {"n": 2}
    wait_until(lambda: publisher.call("channel.publish", channel="c", message={})["recipients"] == 1,
               "the dead gateway's subscribers to go", within=20)


def test_a_channel_outlives_the_brokers_kill(two):
    reader, publisher = two(0, "reader"), two(1, "publisher")
    reader.call("channel.subscribe", channel="c")
    two.fabric.broker.kill()
    two.fabric.broker.restart()
    answer = wait_until(lambda: published(publisher), "the broker to be back", within=30)
    assert reader.notified("channel.message")["seq"] == answer["seq"]
    wait_until(lambda: publisher.call("channel.publish", channel="c", message={})["recipients"] == 1,
               "the subscribers to be announced again")


def published(client):
    try:
        return client.call("channel.publish", channel="c", message={})
    except RpcError as error:
        assert error.code in (-32103, -32000)
        return None


def test_one_connection_has_a_bound_of_subscriptions(two):
    client = two(0, "greedy")
    with pytest.raises(RpcError) as refused:
        for i in range(300):
            client.call("channel.subscribe", channel=f"c{i}")
    assert refused.value.code == -32003
    client.call("channel.unsubscribe", channel="c0")
    client.call("channel.subscribe", channel="c0")
