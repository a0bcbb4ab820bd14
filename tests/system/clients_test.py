"""Who is connected, how far behind, with what waiting: GET /api/v1/clients and `cell0 clients`."""
import json
import socket

from cell0_test import wait_until
from cell0_test.http import request

TYPE = "test.clients"


def get(fabric, query="", token=True):
    headers = {"Authorization": f"Bearer {fabric.admin_token}"} if token else {}
    return request("GET", f"{fabric.http_url}/api/v1/clients{query}", headers=headers)


def settings(fabric):
    return {"link.control": fabric.endpoint("control"), "link.fanout": fabric.endpoint("fanout")}


def test_it_needs_the_admin_token(fabric):
    assert get(fabric, token=False).status == 401
    assert get(fabric).status == 200
    assert get(fabric, "?limit=0").status == 400
    assert get(fabric, "?after=x").status == 400


def test_clients_are_listed_a_page_at_a_time(fabric):
    clients = [fabric.connect(f"/cell0d?types={TYPE}") for _ in range(5)]
    seen, after = [], 0
    while after is not None:
        page = get(fabric, f"?limit=2&after={after}").json()
        assert page["gateway"].endswith("-0") and len(page["clients"]) <= 2
        seen += page["clients"]
        after = page["next"]
    mine = [c for c in seen if c["kind"] == "cell0d"]
    assert len(mine) == 5 and [c["id"] for c in seen] == sorted(c["id"] for c in seen)
    assert {c["client_id"] for c in mine} == {client.until_type("connection_established")["client_id"] for client in clients}
    assert all((c["state"], c["lag_events"], c["lag_ms"], c["queue_bytes"]) == ("live", 0, 0, 0) for c in mine)
    assert all(c["entity"] == "anonymous" and c["peer"].startswith("127.0.0.1:") for c in mine)


def stalled_client(fabric):
    """One that never reads: a WebSocket over a bare socket with a small buffer."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 * 1024)
    client.connect(("127.0.0.1", fabric.ports["http"]))
    client.sendall((f"GET /cell0d?types={TYPE} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
    return client


def test_one_that_does_not_read_shows_its_lag_and_queue_and_what_it_missed(empty_fabric):
    fabric = empty_fabric
    fabric.start_broker()
    fabric.start_gateway(gateway__limits__lag_bytes_max=200_000)
    with stalled_client(fabric):
        wait_until(lambda: get(fabric).json()["clients"], "the client to be there")
        event = {"type": TYPE, "source": "t", "data": {"pad": "x" * 4000}}

        def behind():
            fabric.publish(*[event] * 50)
            client, = get(fabric).json()["clients"]
            return client if client["state"] == "behind" and client["lag_ms"] else None
        client = wait_until(behind, "it to fall behind")
        assert client["lag_events"] > 0 and client["queue_bytes"] > 0

        status, text = fabric.run("cell0", "clients", "--json", settings=settings(fabric))
        row = json.loads(text.splitlines()[0])
        assert status == 0 and row["state"] == "behind" and row["gateway"].endswith("-0")
        status, text = fabric.run("cell0", "clients", settings=settings(fabric))
        assert text.splitlines()[0].split() == ["GATEWAY", "ID", "KIND", "WHO", "PEER", "STATE", "LAG", "LAG_MS", "QUEUE",
                                                "SKIPPED"]
        assert "behind" in text.splitlines()[1]


def test_the_command_asks_every_gateway(fabric):
    fabric.start_gateway(1)
    clients = [fabric.connect(f"/cell0d?types={TYPE}") for _ in range(12)]  # the gateways share the port
    wait_until(lambda: len(fabric.get("/api/v1/gateways").json()["gateways"]) == 2, "both gateways to report")
    status, text = fabric.run("cell0", "clients", "--json", settings=settings(fabric))
    rows = [json.loads(line) for line in text.splitlines()]
    assert status == 0 and len(rows) == len(clients)
    status, text = fabric.run("cell0", "clients", "--limit", "2", settings=settings(fabric))
    assert len(text.splitlines()) == 4 and "10 more" in text


def test_a_consumer_is_named(fabric):
    with fabric.connect(f"/cell0d?types={TYPE}") as client:
        client.send({"type": "subscribe", "event_types": [TYPE], "ack": True, "consumer": "mail"})
        client.until_type("events_resumed")
        row, = get(fabric).json()["clients"]
        assert row["consumer"] == "mail" and row["state"] == "live"
