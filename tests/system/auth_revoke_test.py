"""A token is revoked: two gateways, connections open on both, a broker that restarts, a broker that is gone."""
import threading
import time

from cell0_test import wait_until
from cell0_test.http import request

TYPE = "test.revoke"


def cli(fabric, *arguments):
    return fabric.run("cell0", *arguments, settings={"link.control": fabric.endpoint("control")})


def issue(fabric, *scopes, entity="a1"):
    flags = [word for scope in scopes for word in ("--scope", scope)]
    status, output = cli(fabric, "token", "issue", "--entity", entity, *flags)
    assert status == 0, output
    return output.strip()


def revoke(fabric, token):
    status, output = cli(fabric, "token", "revoke", token)
    assert status == 0, output


def bearer(text):
    return {"Authorization": f"Bearer {text}"}


def me(fabric, token):
    return fabric.get("/api/v1/me", headers=bearer(token)).status


def gateways(fabric, count=2, **settings):
    """Each on ports of its own, so that a test knows which it speaks to."""
    fabric.start_broker()
    return [fabric.start_gateway(instance, **settings) for instance in range(count)]


def admin_entities(fabric, instance):
    clients = request("GET", f"{fabric.gateway_admin_url(instance)}/clients").json()["clients"]
    return [c["entity"] for c in clients]


def clients_on_both(fabric, token, each=3):
    """Open WebSockets of this token on either gateway (they share their ports, so the kernel chooses)."""
    clients = []

    def enough():
        clients.append(fabric.connect(f"/cell0d?types={TYPE}", extra_headers=bearer(token)))
        return all(admin_entities(fabric, i).count("a1") >= each for i in (0, 1))

    wait_until(enough, "clients on both gateways")
    return clients


def test_revoking_ends_connections_on_every_gateway_within_a_second(empty_fabric):
    fabric = empty_fabric
    gateways(fabric)
    token, other = issue(fabric, "subscribe:>", "history:>"), issue(fabric, "subscribe:>", entity="a2")
    clients = clients_on_both(fabric, token)
    survivor = fabric.connect(f"/cell0d?types={TYPE}", extra_headers=bearer(other))
    stream = threading.Thread(target=lambda: request("GET", f"{fabric.http_url}/api/v1/stream", headers=bearer(token)))
    stream.start()
    status, output = cli(fabric, "token", "check", token)
    assert status == 0 and '"entity_id":"a1"' in output
    revoke(fabric, token)
    revoked = time.monotonic()
    for client in clients:
        assert "revoked" in client.until_type("error")["error"]
        assert client.until_closed().code == 4001
    stream.join(timeout=5)
    assert not stream.is_alive() and time.monotonic() - revoked < 1.0
    # Whatever gateway the kernel chooses.
    assert [me(fabric, token) for _ in range(10)] == [401] * 10
    fabric.publish({"type": TYPE, "source": "t", "data": {"n": 1}})
    assert survivor.until_type("event")["event"]["data"] == {"n": 1}
    status, output = cli(fabric, "token", "check", token)
    assert status == 1 and "revoked" in output
    status, output = cli(fabric, "token", "revoke", token)
    assert status == 0 and "before" in output


def test_a_restarted_broker_and_new_gateways_know_what_was_revoked(empty_fabric):
    fabric = empty_fabric
    fabric.start_broker()
    first = fabric.start_gateway(0)
    token, good = issue(fabric, "history:>"), issue(fabric, "history:>")
    assert me(fabric, token) == 200
    revoke(fabric, token)
    wait_until(lambda: me(fabric, token) == 401, "the revocation to be in force")
    broker = next(p for p in fabric.processes if p.name == "broker")
    broker.kill()
    fabric.processes.remove(broker)
    fabric.start_broker()
    wait_until(lambda: request("GET", f"{fabric.gateway_admin_url(0)}/readyz").status == 200, "the gateway to be ready")
    assert (me(fabric, token), me(fabric, good)) == (401, 200)
    first.stop()
    fabric.processes.remove(first)
    fabric.start_gateway(1)
    assert (me(fabric, token), me(fabric, good)) == (401, 200)


def test_without_the_broker_tokens_are_refused_after_a_while_and_open_connections_stay(empty_fabric):
    fabric = empty_fabric
    fabric.start_broker()
    fabric.start_gateway(0, gateway__auth__revocations_unknown_ms_max=1500)
    token = issue(fabric, "subscribe:>", "history:>")
    client = fabric.connect("/cell0d", extra_headers=bearer(token))
    broker = next(p for p in fabric.processes if p.name == "broker")
    broker.stop()
    fabric.processes.remove(broker)
    wait_until(lambda: me(fabric, token) == 503, "tokens to be refused", within=15)
    assert me(fabric, fabric.admin_token) == 200
    client.send({"type": "ping"})
    assert client.until_type("pong")
    # A token that cannot be checked is nobody's guess: the connection stays, and so does its address's good name.
    other = fabric.connect("/cell0d")
    other.send({"type": "auth", "token": token})
    assert "not known now" in other.until_type("error")["error"]
    other.send({"type": "ping"})
    assert other.until_type("pong")
    fabric.start_broker()
    wait_until(lambda: me(fabric, token) == 200, "tokens to be taken again", within=15)


def test_the_command_line_says_what_is_wrong(fabric):
    for arguments, code, word in [
        (["token"], 2, "subcommand"),
        (["token", "issue"], 2, "--entity"),
        (["token", "issue", "--entity", "a", "--scope", "nonsense"], 2, "nonsense"),
        (["token", "issue", "--entity", "a", "--type", "god"], 2, "god"),
        (["token", "issue", "--entity", "a", "--hours", "0"], 2, "--hours"),
        (["token", "issue", "--entity", "a", "--hours", "87000"], 2, "token_hours_max"),
        (["token", "issue", "--entity", ""], 2, "--entity"),
        (["token", "check"], 2, "token"),
        (["token", "check", "nonsense"], 1, "three parts"),
        (["token", "revoke", "nonsense"], 1, "three parts"),
    ]:
        status, output = cli(fabric, *arguments)
        assert (status, word in output) == (code, True), (arguments, output)
    status, output = fabric.run("cell0", "--timeout", "0.3", "token", "check", issue(fabric),
                                settings={"link.control": "tcp://127.0.0.1:1"})
    assert status == 3, output
    status, output = fabric.run("cell0", "token", "issue", "--entity", "a",
                                settings={"state.dir": str(fabric.directory / "nothing")})
    assert status == 1 and "no signing key" in output


def test_who_revokes_his_own_token_is_answered_then_closed_and_what_came_of_it_ends_too(fabric):
    token = issue(fabric, "subscribe:>", "publish:channels.>")
    client = fabric.connect("/rpc", extra_headers=bearer(token))

    def call(number, method, **params):
        client.send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        return client.until(lambda m: m.get("id") == number, f"the answer to {method}")

    child = call(1, "auth.generateToken", entity_id="a1", permissions=["publish:channels.a"])["result"]["token"]
    assert call(2, "auth.generateToken", entity_id="a1", permissions=["admin"])["error"]["code"] == -32002
    assert call(3, "auth.generateToken", entity_id="a2", permissions=[])["error"]["code"] == -32002
    assert call(4, "auth.generateToken", entity_id="a1", expires_in_hours=1000)["error"]["code"] == -32002
    assert call(5, "auth.generateToken", entity_id="a1", expires_in_hours=10**18)["error"]["code"] == -32602
    assert (me(fabric, token), me(fabric, child)) == (200, 200)
    assert call(6, "auth.revokeToken", token=token)["result"] == {"success": True}
    assert client.until_closed().code == 4001
    assert (me(fabric, token), me(fabric, child)) == (401, 401)
