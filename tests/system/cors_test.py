"""Which pages may read what (CORS): by the gateway's Origin check, on every answer and every stream, and nobody else."""
import http.client

import pytest

ALLOWED = "https://app.example.org"
PAGE = "http://localhost:3000"


@pytest.fixture(name="fabric")
def fabric_with_an_allowed_page(empty_fabric):
    empty_fabric.start_broker()
    empty_fabric.start_gateway(gateway__auth__allowed_origins=[ALLOWED, "null"])
    return empty_fabric


def call(fabric, method, path, port="http", body=None, **headers):
    """(status, {header: value}): the headers only, so that streams answer too."""
    connection = http.client.HTTPConnection("127.0.0.1", fabric.ports[port], timeout=15)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    got = {}
    for name, value in answer.getheaders():
        got[name.lower()] = f"{got[name.lower()]}, {value}" if name.lower() in got else value
    connection.close()
    return answer.status, got


def told(headers):
    return {name: value for name, value in headers.items() if name.startswith("access-control-")}


@pytest.mark.parametrize("method, path, port, status", [
    ("GET", "/api/v1/topics", "http", 200), ("GET", "/api/v1/stream", "api", 200), ("HEAD", "/healthz", "coda", 200),
    ("GET", "/no/such/place", "http", 404), ("DELETE", "/api/v1/events", "neolith", 405),
    ("GET", "/api/v1/clients", "arcane", 401), ("GET", "/api/v1/events?limit=x", "jsonrpc", 400),
    ("GET", "/openapi.json", "cell0d", 200),
])
def test_a_page_that_may_speak_may_read_every_answer(fabric, method, path, port, status):
    for origin, credentials in ((PAGE, None), ("http://[::1]:9", None), (ALLOWED, "true"), ("null", None)):
        got, headers = call(fabric, method, path, port, Origin=origin)
        assert got == status
        assert headers["access-control-allow-origin"] == origin
        assert headers.get("access-control-allow-credentials") == credentials
        assert headers["vary"] == "Origin"


def test_a_page_that_may_not_speak_is_told_nothing(fabric):
    for origin in ("http://evil.example", "https://app.example.org.evil.example", "http://app.example.org",
                   "https://app.example.org:444", "http://localhost.evil.example", "file://"):
        for method in ("GET", "OPTIONS"):
            status, headers = call(fabric, method, "/api/v1/topics", Origin=origin,
                                   Access_Control_Request_Method="GET")
            assert (status, told(headers), headers["vary"]) == (403, {}, "Origin"), origin


def test_who_is_no_page_is_told_nothing_but_what_it_depends_on(fabric):
    status, headers = call(fabric, "GET", "/api/v1/topics")
    assert (status, told(headers), headers["vary"]) == (200, {}, "Origin")


def test_a_preflight_needs_no_token_and_names_the_path_s_methods(fabric):
    for path, methods in (("/api/v1/events", "GET, POST"), ("/api/v1/stream", "GET"), ("/login", "POST")):
        status, headers = call(fabric, "OPTIONS", path, Origin=PAGE, Access_Control_Request_Method="POST",
                               Access_Control_Request_Headers="authorization,content-type,idempotency-key")
        assert status == 204
        assert told(headers) == {
            "access-control-allow-origin": PAGE, "access-control-allow-methods": methods,
            "access-control-allow-headers": "authorization,content-type,idempotency-key",
            "access-control-max-age": "600",
            "access-control-expose-headers": "Allow, Retry-After, WWW-Authenticate"}
    status, headers = call(fabric, "OPTIONS", "/api/v1/events")
    assert (status, headers["allow"], told(headers)) == (204, "GET, POST, OPTIONS", {})
    assert call(fabric, "OPTIONS", "/no/such/place", Origin=PAGE, Access_Control_Request_Method="GET")[0] == 404


def test_only_an_allowed_page_may_reach_into_this_network(fabric):
    for origin, allowed in ((ALLOWED, "true"), (PAGE, None)):
        headers = call(fabric, "OPTIONS", "/api/v1/events", Origin=origin, Access_Control_Request_Method="GET",
                       Access_Control_Request_Private_Network="true")[1]
        assert headers.get("access-control-allow-private-network") == allowed


def test_a_cookie_of_a_page_on_another_port_does_not_count(fabric):
    cookie = call(fabric, "POST", "/login", body='{"token":"%s"}' % fabric.admin_token,
                  Content_Type="application/json")[1]["set-cookie"].split(";")[0]
    port = fabric.ports["http"]
    own = f"http://127.0.0.1:{port}"
    assert call(fabric, "GET", "/api/v1/clients", Cookie=cookie, Origin=own, Host=f"127.0.0.1:{port}")[0] == 200
    assert call(fabric, "GET", "/api/v1/clients", Cookie=cookie, Origin=PAGE)[0] == 401
