"""Garbage on every socket: nothing dies, nobody else is disturbed."""
import random
import socket
import struct

import pytest
import zmq

SEED = 20261120
ZMTP_GREETING = b"\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x03\x00NULL" + bytes(48)


def garbage():
    """What is thrown at each port: noise, and things that look right for a while."""
    rng = random.Random(SEED)
    yield b""
    yield b"\x00"
    for size in (1, 7, 64, 1000, 70_000):
        yield rng.randbytes(size)
    yield b"GET / HTTP/1.1\r\n\r\n"                                   # no Host
    yield b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n"
    yield b"GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n"
    yield b"POST /api/v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    yield b"POST /api/v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n"
    yield b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 100_000 + b"\r\n\r\n"
    yield b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + rng.randbytes(508)   # a TLS hello
    yield (b"GET /cell0d HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n") + rng.randbytes(4096)
    yield ZMTP_GREETING[:11]
    yield ZMTP_GREETING + rng.randbytes(4096)
    yield ZMTP_GREETING + b"\x04\x05READY" + b"\x02" + struct.pack(">Q", 1 << 62)   # a frame of 4 EiB


def throw(port, data):
    with socket.create_connection(("127.0.0.1", port), timeout=5) as s:
        s.settimeout(0.2)
        try:
            s.sendall(data)
            s.recv(65536)
        except OSError:
            pass  # refused or ignored: both are fine


@pytest.fixture
def everything(fabric):
    fabric.start_emitter("system", emit__system__interval_ms=200)
    yield fabric
    for process in fabric.processes:
        assert process.alive(), f"{process.name} died"
    with fabric.connect("/cell0d?types=system_status") as client:
        client.until_event(what="an event after all that")


def test_raw_bytes_on_every_port(everything):
    with everything.connect() as witness:
        for port in everything.ports.values():
            if port == everything.ports["gateway_admin1"]:
                continue  # no second gateway here
            for data in garbage():
                throw(port, data)
        witness.send({"type": "ping", "sequence": 1})
        witness.until_type("pong")
        assert witness.is_open


@pytest.mark.parametrize("kind, name", [(zmq.PUB, "ingest"), (zmq.DEALER, "control"), (zmq.SUB, "fanout"),
                                        (zmq.XSUB, "fanout")])
def test_valid_zeromq_with_nonsense_inside(everything, kind, name):
    rng = random.Random(SEED)
    messages = [[rng.randbytes(rng.choice([0, 1, 2, 20, 300, 5000])) for _ in range(rng.randint(1, 6))]
                for _ in range(300)]
    messages += [[b""], [b"s0"], [b"s0", b""], [b"\x01"], [b"\x00"], [b"x" * 2_000_000], [b"c"] * 200]
    context = zmq.Context()
    peer = context.socket(kind)
    try:
        peer.linger = 500
        if kind == zmq.SUB:
            peer.setsockopt(zmq.SUBSCRIBE, rng.randbytes(10_000))
        peer.connect(everything.endpoint(name))
        if kind != zmq.SUB:
            peer.poll(300)
            for message in messages:
                try:
                    peer.send_multipart(message, flags=zmq.DONTWAIT)
                except zmq.Again:
                    break
            peer.poll(300)
    finally:
        peer.close()
        context.term()


@pytest.mark.parametrize("text", [
    "", "nonsense", "{", "[]", "null", "1", '"x"', "{}", '{"type":1}', '{"type":"no such thing"}',
    '{"type":"subscribe"}', '{"type":"subscribe","event_types":"all"}', '{"type":"subscribe","event_types":[1,null]}',
    '{"type":"get_history","limit":-1}', '{"type":"get_history","limit":1e300}', "[" * 100_000,
    '{"type":"ping","sequence":' + "9" * 400 + "}"], ids=lambda text: text[:30] or "empty")
def test_a_client_that_talks_nonsense_keeps_its_connection(fabric, text):
    with fabric.connect() as client:
        client.until_type("connection_established")
        client.send(text)
        client.send({"type": "ping", "sequence": 5})
        client.until(lambda m: m.get("type") == "pong" and m["sequence"] == 5, "the pong")
