"""Every route and every method, by the gateway's own tables, for every scope and every kind of client: who is let in?

A route or a method that is new is tested as soon as it is there; a method needs a row of parameters here.
"""
import http.client
import json
import re

import pytest

from cell0_test import wait_until
from cell0_test.http import request
from cell0_test.tokens import claims, jwt

SCOPES = ["subscribe:>", "history:>", "publish:>", "presence:read", "presence:write", "agent:send", "sessions:run:*",
          "daemons:run", "admin", "*"]

# Parameters with which each method gets as far as the question whether it may.
PARAMETERS = {
    "rpc.ping": {}, "rpc.echo": {"message": 1}, "rpc.listMethods": {}, "rpc.getMethodInfo": {"method": "rpc.ping"},
    "rpc.getServerInfo": {}, "rpc.getStats": {}, "auth.authenticate": {"token": "wrong"},
    "auth.generateToken": {"entity_id": "a1", "permissions": []}, "auth.revokeToken": {"token": "wrong"},
    "session.getInfo": {}, "presence.update": {"status": "online"}, "presence.get": {}, "presence.subscribe": {},
    "presence.unsubscribe": {}, "channel.subscribe": {"channel": "c"}, "channel.unsubscribe": {"channel": "c"},
    "channel.publish": {"channel": "c", "message": {}}, "channel.history": {"channel": "c"},
    "agent.send": {"agent_id": "a2", "message": {}}, "agent.list": {}, "agent.ack": {"seq": 1},
    "events.subscribe": {}, "events.unsubscribe": {}, "gateway.getStats": {}, "heartbeat": {},
}
ITS_OWN_KEY = {("POST", "/api/daemon")}  # a key in its body counts like a token: neolith_rest_test has it
NOT_AUTHENTICATED, NOT_PERMITTED = -32001, -32002


def covers(scope, verb, subject):
    """Of those above only; they are all as wide as their verb."""
    if scope == "*" or not verb:
        return True
    held, _, of = scope.partition(":")
    return held == verb and (not subject or of in (subject, ">", "run:*") or subject == "<topic>")


@pytest.fixture(name="guarded")
def guarded_fixture(empty_fabric):
    """Where anonymous clients may nothing; tokens by what they are: fabric.token(kind, scope)."""
    fabric = empty_fabric
    fabric.start_broker()
    fabric.start_gateway(gateway__auth__anonymous_scopes=[], gateway__auth__failures_max=100_000)
    key = (fabric.state_dir / "signing.key").read_text(encoding="ascii").strip()
    fabric.of_scopes = lambda *scopes, **more: jwt(claims("a1", scopes, **more), key)
    revoked = fabric.of_scopes("*")
    status, output = fabric.run("cell0", "token", "revoke", revoked, settings={"link.control": fabric.endpoint("control")})
    assert status == 0, output
    fabric.dead = {"expired": fabric.of_scopes("*", seconds=-1), "revoked": revoked, "foreign": jwt(claims("a1", ["*"]), "x" * 40)}
    wait_until(lambda: status_of(fabric, "GET", "/api/v1/me", revoked) == 401, "the revocation to be in force")
    return fabric


def status_of(fabric, method, path, token, listener="http"):
    """The status alone: a stream has no end."""
    connection = http.client.HTTPConnection("127.0.0.1", fabric.ports[listener], timeout=10)
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    body = json.dumps({"type": "test.matrix", "data": {}}) if method == "POST" else None
    connection.request(method, path, body, headers)
    status = connection.getresponse().status
    connection.close()
    return status


def test_every_route_lets_in_whom_its_entry_says(guarded):
    routes = request("GET", guarded.gateway_admin_url() + "/routes").json()
    assert len(routes) >= 14
    for route in routes:
        place = (route["method"], re.sub(r"{\w+}", "x", route["path"]))
        here = route["listeners"][0]
        if place in ITS_OWN_KEY:
            continue
        open_to_all = not route["verb"]
        assert (status_of(guarded, *place, None, here) == 401) is not open_to_all, (place, "anonymous")
        for scope in SCOPES:
            status = status_of(guarded, *place, guarded.of_scopes(scope), here)
            if covers(scope, route["verb"], route["subject"]):
                assert status not in (401, 403), (place, scope, status)
            else:
                assert status == 403, (place, scope, status)
        for why, token in guarded.dead.items():
            assert status_of(guarded, *place, token, here) == 401, (place, why)


class Rpc:
    def __init__(self, fabric, token=None):
        options = {"extra_headers": {"Authorization": f"Bearer {token}"}} if token else {}
        self.client = fabric.connect("/rpc", **options)
        self.last = 0

    def call(self, method, params):
        self.last += 1
        self.client.send({"jsonrpc": "2.0", "id": self.last, "method": method, "params": params})
        return self.client.until(lambda m: m.get("id") == self.last, f"the answer to {method}")

    def code(self, method):
        return self.call(method, PARAMETERS[method]).get("error", {}).get("code")

    def close(self):
        self.client.close()


def test_every_method_lets_in_whom_its_entry_says(guarded):
    rpc = Rpc(guarded)
    methods = {name: rpc.call("rpc.getMethodInfo", {"method": name})["result"]
               for name in rpc.call("rpc.listMethods", {})["result"]}
    assert set(methods) <= set(PARAMETERS), "a new method needs a row in PARAMETERS"
    about_tokens = {"auth.authenticate", "auth.revokeToken"}  # -32001 is also their word for a wrong parameter

    def needs(info):
        verb, _, subject = (info["required_permissions"] or [""])[0].partition(":")
        return verb, subject

    for name, info in methods.items():
        closed = info["require_auth"] or info["required_permissions"]
        if name not in about_tokens:
            assert (rpc.code(name) == NOT_AUTHENTICATED) is bool(closed), (name, "anonymous")
    for scope in SCOPES:
        holder = Rpc(guarded, guarded.of_scopes(scope))
        for name, info in methods.items():
            if name in about_tokens:
                continue
            code = holder.code(name)
            if covers(scope, *needs(info)):
                assert code not in (NOT_AUTHENTICATED, NOT_PERMITTED), (name, scope)
            else:
                assert code == NOT_PERMITTED, (name, scope, code)
        holder.close()
    for why, token in guarded.dead.items():
        with pytest.raises(Exception, match="401"):
            Rpc(guarded, token)
        assert Rpc(guarded).call("auth.authenticate", {"token": token})["error"]["code"] == NOT_AUTHENTICATED, why


def test_cell0d_lets_in_whom_its_scopes_say(guarded):
    sent = [({"type": "subscribe", "event_types": ["all"]}, "subscribe", "subscription_updated"),
            ({"type": "get_history"}, "history", "event_history"),
            ({"type": "ping"}, "", "pong"), ({"type": "get_stats"}, "", "server_stats"), ({"type": "echo"}, "", "echo")]
    for scope in [None, *SCOPES]:
        headers = {"Authorization": f"Bearer {guarded.of_scopes(scope)}"} if scope else {}
        client = guarded.connect("/cell0d", extra_headers=headers)
        for message, verb, answer in sent:
            client.send(message)
            got = client.until(lambda m, a=answer: m["type"] in (a, "error"), "an answer")["type"]
            assert got == (answer if scope and covers(scope, verb, "") or not verb else "error"), (scope, message)
        client.close()
