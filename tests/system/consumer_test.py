"""Acknowledged consumers: a position that the broker keeps, one holder at a time, over gateways."""
from cell0_test.ports import free_ports

TYPE = "test.ack"


def mine(n):
    return {"type": TYPE, "source": "t", "data": {"n": n}}


def publish(fabric, first, count):
    answer = fabric.publish(*[mine(first + i) for i in range(count)])
    return [one["seq"] for one in (answer if count > 1 else [answer])]


def consume(fabric, name="work", port="http", **more):
    """A client that is the consumer; events_resumed has been taken."""
    client = fabric.connect("/cell0d?types=none.such", port=port)
    client.until_type("connection_established")
    client.send({"type": "subscribe", "event_types": [TYPE], "replace": True, "ack": True, "consumer": name, **more})
    client.opened = client.until_type("subscription_updated")
    client.resumed = client.until_type("events_resumed")
    return client


def take(client, count):
    return [client.until_event()["seq"] for _ in range(count)]


def test_it_resumes_after_what_it_acknowledged(fabric):
    with consume(fabric) as client:
        seqs = publish(fabric, 0, 10)
        assert take(client, 10) == seqs
        client.send({"type": "ack", "seq": seqs[5]})
    with consume(fabric) as client:
        assert client.opened["position"] == seqs[5]
        assert (client.resumed["first_seq"], client.resumed["last_seq"]) == (seqs[6], seqs[9])
        assert take(client, 4) == seqs[6:]
        client.send({"type": "ack", "seq": seqs[2]})  # lower: positions only grow
        client.send({"type": "ack", "seq": seqs[7]})
    more = publish(fabric, 10, 3)
    with consume(fabric) as client:
        assert client.opened["position"] == seqs[7]
        assert take(client, 5) == seqs[8:] + more


def test_one_that_never_acknowledges_gets_everything_again(fabric):
    with consume(fabric) as client:
        seqs = publish(fabric, 0, 3)
        assert take(client, 3) == seqs
    with consume(fabric) as client:
        assert take(client, 3) == seqs


def test_consumers_of_other_names_have_positions_of_their_own(fabric):
    with consume(fabric, "a") as one, consume(fabric, "b") as other:
        seqs = publish(fabric, 0, 2)
        assert take(one, 2) == take(other, 2) == seqs
        one.send({"type": "ack", "seq": seqs[1]})
    with consume(fabric, "b") as other:
        assert take(other, 2) == seqs


def test_a_second_connection_takes_over_and_the_first_is_told(fabric):
    first = consume(fabric)
    seqs = publish(fabric, 0, 2)
    assert take(first, 2) == seqs
    first.send({"type": "ack", "seq": seqs[0]})
    with consume(fabric) as second:
        assert first.until_type("error")["error"] == 'consumer: "work": another connection has taken it over'
        assert first.until_closed().code == 4009
        assert take(second, 1) == seqs[1:]
        more = publish(fabric, 2, 1)
        assert take(second, 1) == more


def test_taken_over_through_another_gateway(fabric):
    """Each gateway on ports of its own, so that it is clear who serves whom."""
    ports = free_ports(3)
    fabric.start_gateway(1, gateway__listen__http=ports[0], gateway__listen__cell0d=ports[1], gateway__listen__api=ports[2])
    fabric.ports["other"] = ports[0]
    first = consume(fabric)
    seqs = publish(fabric, 0, 2)
    assert take(first, 2) == seqs
    first.send({"type": "ack", "seq": seqs[0]})
    with consume(fabric, port="other") as second:
        assert first.until_closed().code == 4009
        assert second.opened["position"] <= seqs[0], "what was acknowledged a moment ago may not have arrived yet"
        second.until_event(lambda e: e["seq"] == seqs[1])
        more = publish(fabric, 2, 1)
        assert take(second, 1) == more
