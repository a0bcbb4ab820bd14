"""A port that somebody else holds: the program stops with an error that names the port and the setting."""
import socket

import pytest


@pytest.fixture
def squatter():
    """Takes a port of the fabric, as another program would (no SO_REUSEPORT)."""
    held = []

    def take(port):
        s = socket.socket()
        s.bind(("127.0.0.1", port))
        s.listen()
        held.append(s)
    yield take
    for s in held:
        s.close()


@pytest.mark.parametrize("name, setting", [
    ("http", "gateway.listen.http"), ("cell0d", "gateway.listen.cell0d"), ("api", "gateway.listen.api"),
    ("gateway_admin0", "gateway.admin_port")])
def test_a_gateway_names_the_taken_port_and_its_setting(empty_fabric, squatter, name, setting):
    squatter(empty_fabric.ports[name])
    gateway = empty_fabric.start_gateway(wait=False)
    assert gateway.wait() == 2
    assert str(empty_fabric.ports[name]) in gateway.log()
    assert setting in gateway.log()


@pytest.mark.parametrize("name, setting", [
    ("ingest", "broker.ingest"), ("fanout", "broker.fanout"), ("control", "broker.control"),
    ("broker_admin", "broker.admin")])
def test_a_broker_names_the_taken_port_and_its_setting(empty_fabric, squatter, name, setting):
    squatter(empty_fabric.ports[name])
    with pytest.raises(AssertionError, match="ended with status 2"):
        empty_fabric.start_broker()
    log = dict(empty_fabric.logs())["broker.log"]
    assert str(empty_fabric.ports[name]) in log
    assert setting in log
