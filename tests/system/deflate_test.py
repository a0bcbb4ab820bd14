"""permessage-deflate and message sizes, with clients that others wrote: python3-websockets and Node's ws."""
import re
import shutil
import socket
import struct
import zlib
from pathlib import Path

import pytest

from cell0_test import ProgramClient, WebSocket, request, wait_until

HERE = Path(__file__).parent
MIB = 1 << 20
RPC_BYTES_MAX = 10 * MIB  # gateway.limits.jsonrpc_message_bytes_max
OTHER_BYTES_MAX = 1 * MIB
CLIENTS = {
    "python3-websockets": lambda url: WebSocket(url, compression="deflate"),
    "node-ws": lambda url: ProgramClient(["node", HERE / "ws_client.mjs", url]),
}


def metric(fabric, name):
    text = request("GET", f"{fabric.gateway_admin_url()}/metrics").text
    return float(re.search(rf"^{name}(?:{{.*}})? (\S+)$", text, re.MULTILINE).group(1))


def deflating(fabric):
    return metric(fabric, "cell0_gateway_websockets_deflating")


def url(fabric, port="jsonrpc"):
    return f"ws://127.0.0.1:{fabric.ports[port]}/"


def echo(client, message, number=1):
    client.send({"jsonrpc": "2.0", "id": number, "method": "rpc.echo", "params": {"message": message}})
    return client.until(lambda m: m.get("id") == number, "the echo")["result"]


@pytest.fixture(params=CLIENTS)
def client(request, fabric):
    if request.param == "node-ws":
        assert shutil.which("node"), "Node is not installed"
        assert (HERE / "node_modules/ws").is_dir(), "run `npm ci` in tests/system (tests/run.sh does)"
    opened = CLIENTS[request.param](url(fabric))
    opened.next()
    yield opened
    opened.close()


def test_both_ways_compressed(fabric, client):
    assert deflating(fabric) == 1
    numbers = [i * 7919 for i in range(20_000)]
    for number, message in enumerate(["", "a", "ü😀", "x" * 5_000, numbers, "y" * 2 * MIB]):
        before = metric(fabric, "cell0_gateway_sent_bytes_total")
        assert echo(client, message, number) == message
        sent = metric(fabric, "cell0_gateway_sent_bytes_total") - before
        if message == "x" * 5_000 or message is numbers:
            assert sent < len(str(message)) / 2, "a large answer is compressed"
    assert metric(fabric, "cell0_gateway_inflated_bytes_total") > 2 * MIB


def test_only_jsonrpc_agrees_to_it(fabric):
    for port, path in ("cell0d", "/"), ("http", "/cell0d"):
        with fabric.connect(path, port=port, compression="deflate") as client:
            client.until_type("connection_established")
            assert deflating(fabric) == 0
    with fabric.connect("/rpc", port="http", compression="deflate") as client:
        assert echo(client, "z" * 5_000) == "z" * 5_000
        assert deflating(fabric) == 1


def test_nobody_who_must_show_a_token_first_has_it(empty_fabric):
    empty_fabric.start_broker()
    empty_fabric.start_gateway(gateway__auth__anonymous_scopes="")
    with empty_fabric.connect("/", port="jsonrpc", compression="deflate"):
        assert deflating(empty_fabric) == 0
    token = {"Authorization": f"Bearer {empty_fabric.admin_token}"}
    with empty_fabric.connect("/", port="jsonrpc", compression="deflate", extra_headers=token):
        assert deflating(empty_fabric) == 1


def test_a_shared_message_reaches_those_with_and_those_without(fabric):
    sent = {"jsonrpc": "2.0", "id": 1, "method": "auth.authenticate", "params": {"token": fabric.admin_token}}
    follow = {"jsonrpc": "2.0", "id": 2, "method": "events.subscribe", "params": {"types": ["chat_message"]}}
    clients = [fabric.connect("/", port="jsonrpc", compression=c) for c in ("deflate", None, "deflate")]
    for client in clients:
        for message in sent, follow:
            client.send(message)
            client.until(lambda m, n=message["id"]: m.get("id") == n and "result" in m, "the answer")
    text = "a long message " * 1000
    fabric.publish({"type": "chat_message", "source": "chat.general",
                    "data": {"message": text, "sender": "s", "channel": "general"}})
    for client in clients:
        event = client.until(lambda m: m.get("method") == "event", "the event")
        assert event["params"]["data"]["message"] == text
        client.close()


@pytest.mark.parametrize("port, bytes_max", [("jsonrpc", RPC_BYTES_MAX), ("cell0d", OTHER_BYTES_MAX)])
def test_each_dialect_has_its_size_limit(fabric, port, bytes_max):
    with fabric.connect("/", port=port) as client:
        client.send("x" * bytes_max)  # not JSON: answered with an error, and the connection lives
        client.until(lambda m: "error" in m, "the error")
        client.send("x" * (bytes_max + 1))
        assert client.until_closed().code == 1009


class RawSocket:
    """A client that may send what no library would."""

    def __init__(self, port):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self._socket.sendall(
            b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n")
        self._received = b""
        head = self._until(b"\r\n\r\n")
        assert b"permessage-deflate" in head, head
        self._skip_frame()  # the welcome

    def send(self, first_byte, payload):
        size = struct.pack("!BQ", 0x80 | 127, len(payload)) if len(payload) > 65535 else \
            struct.pack("!BH", 0x80 | 126, len(payload)) if len(payload) > 125 else bytes([0x80 | len(payload)])
        self._socket.sendall(bytes([first_byte]) + size + b"\0\0\0\0" + payload)

    def close_code(self):
        while self._need(2)[0] & 0x0F != 8:
            self._skip_frame()
        return struct.unpack("!H", self._need(4)[2:4])[0]

    def _skip_frame(self):
        size = self._need(2)[1]
        header = 2
        if size > 125:
            wide = 8 if size == 127 else 2
            size = int.from_bytes(self._need(2 + wide)[2:2 + wide], "big")
            header += wide
        self._need(header + size)
        self._received = self._received[header + size:]

    def _until(self, mark):
        while mark not in self._received:
            self._receive()
        head, self._received = self._received.split(mark, 1)
        return head

    def _need(self, count):
        while len(self._received) < count:
            self._receive()
        return self._received

    def _receive(self):
        more = self._socket.recv(65536)
        assert more, "the connection ended without a word"
        self._received += more

    def close(self):
        self._socket.close()


def deflated(data):
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]


def test_40_kb_that_would_become_42_mb_are_refused_without_the_memory(fabric):
    bomb = deflated(b"x" * 42 * MIB)
    assert len(bomb) < 45_000
    before = fabric.gateway.memory_bytes()
    clients = [RawSocket(fabric.ports["jsonrpc"]) for _ in range(10)]
    for client in clients:
        client.send(0xC1, bomb)
    for client in clients:
        assert client.close_code() == 1009
        client.close()
    assert fabric.gateway.memory_bytes() - before < 2 * RPC_BYTES_MAX, "one message at a time, and it is let go"
    with fabric.connect("/rpc", port="http") as other:
        assert echo(other, "still there") == "still there"


@pytest.mark.parametrize("why, frames, code", [
    ("data that is no deflate", [(0xC1, b'{"jsonrpc":"2.0"}')], 1007),
    ("cut inside a block", [(0xC1, deflated(b"hello world, hello world")[:-3])], 1007),
    ("not UTF-8 once inflated", [(0xC1, deflated(b"\xc3\x28"))], 1007),
    ("ends inside a code point once inflated", [(0xC1, deflated(b"a\xc3"))], 1007),
    ("RSV1 on a continuation", [(0x41, deflated(b"a")), (0xC0, b"")], 1002),
    ("RSV1 on a ping", [(0xC9, b"")], 1002),
])
def test_what_breaks_a_rule_gets_its_close_code(fabric, why, frames, code):
    client = RawSocket(fabric.ports["jsonrpc"])
    for first_byte, payload in frames:
        client.send(first_byte, payload)
    assert client.close_code() == code, why
    client.close()


def test_idle_clients_that_deflate_cost_what_others_do(fabric):
    def cost(compression):
        before = fabric.gateway.memory_bytes()
        clients = [fabric.connect("/", port="jsonrpc", compression=compression) for _ in range(200)]
        for client in clients:
            client.next()
            echo(client, "x" * 2_000)
        grown = fabric.gateway.memory_bytes() - before
        for client in clients:
            client.close()
        wait_until(lambda: metric(fabric, "cell0_gateway_websockets") == 0, "all to be gone")
        return grown
    cost(None)  # what the process keeps from then on
    assert cost("deflate") - cost(None) < 200 * 10_000, "a window for each would be 36 KB and more"
