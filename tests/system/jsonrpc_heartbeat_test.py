"""jsonrpc's heartbeat, and what becomes of a client that says nothing (dialects.md section 2), with shorter times."""
import socket
import time

import pytest

UPGRADE = ("GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")


@pytest.fixture
def gateway(empty_fabric):
    empty_fabric.start_broker()
    empty_fabric.start_gateway(gateway__heartbeat_interval_s=1, gateway__heartbeat_timeout_s=3)
    return empty_fabric


def test_heartbeats_come_and_a_client_that_answers_pings_stays(gateway):
    with gateway.connect("/", port="jsonrpc") as client:
        began = time.monotonic()
        beats = [client.until(lambda m: m.get("method") == "heartbeat") for _ in range(5)]
        assert time.monotonic() - began > 3.5, "once a second, longer than the timeout"
        assert all(set(b) == {"jsonrpc", "method", "params"} and set(b["params"]) == {"timestamp"} for b in beats)


def test_a_client_without_a_word_is_closed(gateway):
    with socket.create_connection(("127.0.0.1", gateway.ports["jsonrpc"]), timeout=15) as client:
        client.sendall(UPGRADE.encode())
        received, began = b"", time.monotonic()
        while chunk := client.recv(65536):  # answers no ping
            received += chunk
    assert 2 < time.monotonic() - began < 12
    assert b"connection.welcome" in received and b"\x88" in received, "a close frame is the last that comes"
