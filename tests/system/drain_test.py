"""A gateway that is told to stop says goodbye; others on the same ports take over."""
from cell0_test import request, wait_until


def test_clients_are_told_and_new_ones_are_refused(fabric):
    clients = [fabric.connect() for _ in range(20)]
    for client in clients:
        client.until_type("connection_established")
    fabric.gateway.signal(15)
    for client in clients:
        assert client.until_closed(within=10).code == 1001
    assert fabric.gateway.wait() == 0


def test_two_gateways_share_the_ports_and_one_goes(fabric):
    second = fabric.start_gateway(instance=1)
    clients = [fabric.connect() for _ in range(40)]
    for client in clients:
        client.until_type("connection_established")
    seq = fabric.publish({"type": "chat_message", "source": "chat.general",
                          "data": {"message": "to both", "sender": "tester", "channel": "general"}})["seq"]
    for client in clients:
        client.until_event(lambda e: e["seq"] == seq)

    assert second.stop() == 0
    wait_until(lambda: fabric.get("/readyz").status == 200, "the first gateway to answer alone")
    left = [c for c in clients if c.is_open]
    assert 0 < len(left) < len(clients), "the kernel spreads connections over both gateways"
    with fabric.connect() as again:
        again.until_type("connection_established")


def test_the_private_listeners_tell_about_each_process(fabric):
    for url in (fabric.broker_admin_url, fabric.gateway_admin_url()):
        assert request("GET", url + "/healthz").status == 200
        metrics = request("GET", url + "/metrics")
        assert metrics.status == 200
        assert "cell0_" in metrics.text


def test_a_second_fabric_cannot_take_the_ports_of_the_first(fabric, tmp_path):
    from cell0_test import Fabric
    with Fabric(tmp_path / "other") as other:
        other.ports.update({name: fabric.ports[name] for name in ("http", "cell0d", "api")})
        other.start_broker()
        gateway = other.start_gateway(wait=False)
        assert gateway.wait() == 2, "it would mix two fabrics' events silently"
        assert str(fabric.ports["http"]) in gateway.log()
