"""Which tokens get in, however they are shown, and what they may then see: header, subprotocol, cookie, message."""
import time

import pytest

from cell0_test import wait_until
from cell0_test.http import request
from cell0_test.tokens import bad_tokens, claims, jwt

TYPE = "test.auth"


def key_of(fabric):
    return (fabric.state_dir / "signing.key").read_text(encoding="ascii").strip()


def token(fabric, *scopes, entity="a1", **more):
    return jwt(claims(entity, scopes, **more), key_of(fabric))


def bearer(text):
    return {"Authorization": f"Bearer {text}"}


def me(fabric, headers):
    return fabric.get("/api/v1/me", headers=headers)


def event(n=1, **more):
    return {"type": TYPE, "source": "t", "data": {"n": n}, **more}


def test_a_token_says_who_its_client_is(fabric):
    assert me(fabric, {}).json()["entity_id"] == "anonymous"
    answer = me(fabric, bearer(token(fabric, "publish:events.*", entity="käthe", entity_type="user"))).json()
    assert (answer["authenticated"], answer["entity_id"], answer["entity_type"]) == (True, "käthe", "user")
    assert answer["scopes"] == ["publish:events.*"] and answer["expires"].endswith("Z")
    admin = me(fabric, bearer(fabric.admin_token)).json()
    assert (admin["entity_id"], admin["scopes"], admin["expires"]) == ("admin", ["*"], None)


def test_a_wrong_token_gets_in_by_no_way(empty_fabric):
    fabric = empty_fabric
    fabric.start_broker()
    fabric.start_gateway(gateway__auth__failures_max=1000)  # so that each is looked at
    for why, wrong in bad_tokens(key_of(fabric)).items():
        assert me(fabric, bearer(wrong)).status == 401, why
        refused = request("POST", f"{fabric.http_url}/login", {"token": wrong})
        assert refused.status == 401 and "set-cookie" not in refused.headers, why
        assert me(fabric, {"Cookie": f"cell0_token={wrong}"}).json()["authenticated"] is False, why
        with pytest.raises(Exception, match="401|not a valid"):
            fabric.connect("/cell0d", subprotocols=["cell0", f"cell0.token.{wrong}"])
        client = fabric.connect("/cell0d")
        client.send({"type": "auth", "token": wrong})
        assert "token" in client.until_type("error")["error"], why
        assert client.until_closed().code == 4001, why


@pytest.mark.parametrize("way", ["header", "subprotocol", "message"])
def test_a_right_token_gets_in_by_every_way_on_a_websocket(fabric, way):
    good = token(fabric, "subscribe:events.>", "history:>")
    if way == "header":
        client = fabric.connect("/cell0d", extra_headers=bearer(good))
    elif way == "subprotocol":
        client = fabric.connect("/cell0d", subprotocols=["cell0", f"cell0.token.{good}"])
    else:
        client = fabric.connect("/cell0d")
        client.send({"type": "auth", "token": good})
        assert client.until_type("auth_ok")["scopes"] == ["subscribe:events.>", "history:>"]
    client.send({"type": "ping"})
    assert client.until_type("pong")
    clients = fabric.get("/api/v1/clients", headers=bearer(fabric.admin_token)).json()["clients"]
    assert "a1" in [c["entity"] for c in clients]


def test_scopes_narrow_publishing_history_the_stream_and_the_socket(fabric):
    writer = token(fabric, "publish:events.>", "publish:custom.a")
    assert request("POST", f"{fabric.http_url}/api/v1/events", event(), bearer(writer)).status == 200
    assert request("POST", f"{fabric.http_url}/api/v1/events", event(topic="custom.a"), bearer(writer)).status == 200
    refused = request("POST", f"{fabric.http_url}/api/v1/events", event(topic="custom.b"), bearer(writer))
    assert refused.status == 403 and "publish:custom.b" in refused.text
    assert fabric.get("/api/v1/events", headers=bearer(writer)).status == 403
    assert fabric.get("/api/v1/stream", headers=bearer(writer)).status == 403

    reader = token(fabric, "subscribe:custom.*", "history:custom.*")
    seen = fabric.get(f"/api/v1/events?types={TYPE}", headers=bearer(reader)).json()["events"]
    assert [e["topic"] for e in seen] == ["custom.a"]
    assert fabric.get("/api/v1/events?topics=events.>", headers=bearer(reader)).status == 403
    assert fabric.get("/api/v1/stream?topics=events.>", headers=bearer(reader)).status == 403
    assert request("POST", f"{fabric.http_url}/api/v1/events", event(), bearer(reader)).status == 403
    topics = fabric.get("/api/v1/topics", headers=bearer(reader)).json()["topics"]
    assert {t["name"] for t in topics} <= {"custom.a", "custom.b"}
    client = fabric.connect(f"/cell0d?types={TYPE}", extra_headers=bearer(reader))
    resumed = fabric.connect(f"/cell0d?types={TYPE}&since=1", extra_headers=bearer(reader))
    fabric.publish(event(2), event(3, topic="custom.b"))
    assert client.until_type("event")["event"]["data"] == {"n": 3}
    assert [resumed.until_type("event")["event"]["data"]["n"] for _ in range(2)] == [1, 3]


def test_nobody_publishes_what_gateways_act_on(fabric):
    forged = {"type": "token_revoked", "data": {"token_id": "t", "expires_us": 4102444800000000}, "topic": "control.revoked"}
    answer = request("POST", f"{fabric.http_url}/api/v1/events", forged, bearer(fabric.admin_token))
    assert answer.status in (400, 403) and "only the broker" in answer.text


def test_a_cookie_counts_on_pages_of_its_own_only(fabric):
    login = request("POST", f"{fabric.http_url}/login", {"token": fabric.admin_token})
    assert login.status == 200 and login.json()["entity_id"] == "admin"
    cookie = login.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and fabric.admin_token not in cookie
    shown = {"Cookie": cookie.split(";")[0]}
    own, other = fabric.http_url, "http://localhost:3000"

    def authenticated(headers):
        return me(fabric, {**shown, **headers}).json()["authenticated"]

    assert authenticated({}) and authenticated({"Origin": own}) and authenticated({"Sec-Fetch-Site": "same-origin"})
    assert not authenticated({"Origin": other})
    assert not authenticated({"Sec-Fetch-Site": "same-site"}) and not authenticated({"Sec-Fetch-Site": "cross-site"})

    def publish(headers):
        return request("POST", f"{fabric.http_url}/api/v1/events", event(), {**shown, **headers}).status

    assert (publish({"Origin": own}), publish({"Origin": other}), publish({})) == (200, 401, 401)

    def entity(**headers):
        client = fabric.connect("/cell0d", extra_headers={**shown, **headers})
        client.until_type("connection_established")
        clients = fabric.get("/api/v1/clients", headers=bearer(fabric.admin_token)).json()["clients"]
        client.close()
        return max(clients, key=lambda c: c["id"])["entity"]

    assert (entity(Origin=own), entity(Origin=other), entity()) == ("admin", "anonymous", "anonymous")
    assert request("POST", f"{fabric.http_url}/logout", headers={**shown, "Origin": own}).status == 204
    assert not authenticated({"Origin": own}), "logging out revokes what is in the cookie"


def test_login_takes_json_only(fabric):
    def login(body, **headers):
        return request("POST", f"{fabric.http_url}/login", body, headers).status

    assert login(b'{"token": "x"}', **{"Content-Type": "text/plain"}) == 415
    assert login(b"token=x", **{"Content-Type": "application/x-www-form-urlencoded"}) == 415
    assert [login(body) for body in ({}, [], {"token": 1}, {"token": ""})] == [400, 400, 400, 401]
    assert login({"token": fabric.admin_token}, Origin="http://evil.example") == 403


@pytest.mark.parametrize("origin", ["null", "http://evil.example", "https://localhost.evil.example", "file://",
                                    "http://127.0.0.1.evil.example:8080"])
def test_a_page_from_a_foreign_origin_gets_in_nowhere(fabric, origin):
    headers = {**bearer(fabric.admin_token), "Origin": origin}
    for route in request("GET", fabric.gateway_admin_url() + "/routes").json():
        answer = request(route["method"], fabric.http_url + route["path"], None, headers)
        assert answer.status == 403, route
    assert fabric.get("/", headers={"Origin": origin}).status == 403
    for path, port in [("/cell0d", "http"), ("/", "cell0d"), ("/rpc", "http"), ("/", "jsonrpc"), ("/", "http")]:
        with pytest.raises(Exception, match="403"):
            fabric.connect(path, port, extra_headers=bearer(fabric.admin_token), origin=origin)
    for name in ("Host",):
        assert fabric.get("/api/v1/me", headers={name: "evil.example"}).status == 403


def test_guessing_is_throttled_and_who_was_in_before_still_gets_in(fabric):
    known = token(fabric)
    assert me(fabric, bearer(known)).status == 200
    answers = [me(fabric, bearer(f"cell0_{n}")) for n in range(14)]
    assert [a.status for a in answers[:10]] == [401] * 10
    refused = [a for a in answers[10:] if a.status == 429]
    assert refused and all("too many" in a.text and a.headers["retry-after"] == "1" for a in refused)
    looked_at = sum(me(fabric, bearer(f"cell0_x{n}")).status == 401 for n in range(300))
    assert looked_at < 30, "one a second"
    client = fabric.connect("/cell0d")
    client.send({"type": "auth", "token": "cell0_wrong"})
    client.until_type("error")
    assert client.until_closed().code == 4001
    assert me(fabric, bearer(known)).status == 200
    fresh = bearer(token(fabric))
    wait_until(lambda: me(fabric, fresh).status == 200, "a right token's turn")


def test_a_token_that_expires_ends_its_connections_and_what_is_under_way(fabric):
    short = token(fabric, "subscribe:>", "history:>", seconds=3)
    began = time.monotonic()
    client = fabric.connect("/cell0d", extra_headers=bearer(short))
    shown = fabric.connect("/cell0d")
    shown.send({"type": "auth", "token": short})
    shown.until_type("auth_ok")
    for one in (client, shown):
        assert "expired" in one.until_type("error")["error"]
        assert one.until_closed().code == 4001
    assert 1.5 < time.monotonic() - began < 5
    assert me(fabric, bearer(short)).status == 401
