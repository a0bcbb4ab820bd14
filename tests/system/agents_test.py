"""Agents over two gateways of one broker; a durable one through kills of both."""
from cell0_test import wait_until
from cell0_test.rpc import RpcError
from channels_test import two_fixture  # noqa: F401


def known(here, there, entity):
    """Until the gateway of `here` knows of the connection `there`, of that entity, wherever it is."""
    there.call("presence.update", status="busy")
    wait_until(lambda: (entity, "busy") in [(entry["entity_id"], entry["status"]) for entry in here.call("agent.list")],
               f"the other gateway to know of {entity}")


def test_a_message_finds_its_agent_on_the_other_gateway(two):
    sender, agent = two(0, "sender"), two(1, "worker", capabilities=["chat"])
    known(sender, agent, "worker")
    answer = sender.call("agent.send", agent_id="worker", message={"task": 1})
    assert answer["success"] and answer["delivered"]
    message = agent.notified("agent.message")
    assert (message["from"], message["message"], message["seq"]) == ("sender", {"task": 1}, answer["seq"])
    agent.close()
    wait_until(lambda: sender.call("agent.send", agent_id="worker", message={}) ==
               {"success": False, "delivered": False}, "the agent to be gone everywhere")


def test_an_agent_on_two_gateways_gets_everything_on_both(two):
    sender, one, other = two(0, "sender"), two(0, "twin"), two(1, "twin")
    sender.call("agent.send", agent_id="twin", message={"n": 1})
    assert one.notified("agent.message")["message"] == other.notified("agent.message")["message"] == {"n": 1}
    known(sender, other, "twin")
    one.close()
    assert sender.call("agent.send", agent_id="twin", message={"n": 2})["delivered"], "still there by the other"
    assert other.notified("agent.message")["message"] == {"n": 2}


def sent(sender, n):
    """The answer, or None while the broker is away."""
    try:
        return sender.call("agent.send", agent_id="durable", message={"n": n})
    except RpcError as error:
        assert error.code in (-32103, -32000, -32004)
        return None


def test_a_durable_agent_misses_nothing_over_kills_of_broker_and_gateway(two):
    sender, agent = two(0, "sender"), two(1, "durable", durable=True)
    answers = [sender.call("agent.send", agent_id="durable", message={"n": n}) for n in (1, 2)]
    assert [agent.notified("agent.message")["message"]["n"] for _ in (1, 2)] == [1, 2]
    agent.call("agent.ack", seq=answers[0]["seq"])

    two.processes[1].kill()
    answers.append(sender.call("agent.send", agent_id="durable", message={"n": 3}))
    two.fabric.broker.kill()
    two.fabric.broker.restart()
    answers.append(wait_until(lambda: sent(sender, 4), "the broker to be back", within=30))
    assert all(answer["success"] for answer in answers)

    back = two(0, "durable", durable=True)
    got = {}
    while 4 not in got.values():
        message = back.notified("agent.message")
        got[message["seq"]] = message["message"]["n"]
    assert {2, 3, 4} <= set(got.values()), "at least once, from behind what was acknowledged"
    assert list(got) == sorted(got)
    back.call("agent.ack", seq=max(got))
    back.close()

    again = two(0, "durable", durable=True)
    assert again.notified("events.resumed") == {
        "recovered": True, "first_seq": None, "last_seq": None, "subscription": "agent"}


def test_the_second_connection_of_a_durable_agent_takes_over_from_the_other_gateway(two):
    first = two(0, "durable", durable=True)
    second = two(1, "durable", durable=True)
    assert first.until_closed().code == 4009
    sender = two(0, "sender")
    known(sender, second, "durable")
    assert sender.call("agent.send", agent_id="durable", message={"n": 1})["delivered"]
    assert second.notified("agent.message")["message"] == {"n": 1}
