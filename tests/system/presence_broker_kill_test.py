"""The broker is killed: nobody who stays connected flickers, and everything is right within one lease of its restart."""
import time

from cell0_test import wait_until
from cell0_test.presence import Gateways, Watcher

LEASE_S = 7
TICK_S = 1


def test_nobody_flickers_when_the_broker_is_killed(fabric):
    gateways = Gateways(fabric)
    watchers = [Watcher(gateways, n) for n in range(2)]
    clients = [gateways.connect(n % 2, f"stays{n}") for n in range(6)]
    clients[0].call("presence.update", status="busy", status_message="deep in it")
    leaves = gateways.connect(0, "leaves")
    names = [f"stays{n}" for n in range(6)]
    there = "stays0=busy " + " ".join(f"stays{n}=online" for n in range(1, 6))
    for gateway in range(2):
        wait_until(lambda g=gateway: gateways.statuses(g, *names, "leaves") == f"{there} leaves=online", "all to be there")

    for kill in range(2):
        fabric.broker.kill()
        time.sleep(0.5 if kill == 0 else 4)  # unnoticed; and so long that the gateways see it
        if kill == 0:
            leaves.close()
        comes = gateways.connect(1, f"comes{kill}")
        fabric.broker.restart()
        began = time.monotonic()
        for gateway in range(2):
            wait_until(lambda g=gateway: gateways.statuses(g, f"comes{kill}") == f"comes{kill}=online", "the new one", LEASE_S)
        for gateway in range(2):
            wait_until(lambda g=gateway: gateways.statuses(g, "leaves") == "leaves=offline", "who left to be offline", 12)
        took = time.monotonic() - began
        assert took < LEASE_S, f"{took:.1f} s"
        while time.monotonic() - began < LEASE_S + 3 * TICK_S:  # past the warming
            for gateway in range(2):
                assert gateways.statuses(gateway, *names) == there
            time.sleep(0.2)
        comes.close()

    for watcher in watchers:
        assert not watcher.closed
        for name in names:
            assert "offline" not in watcher.statuses(name), watcher.told
        assert watcher.statuses("stays0")[-1] == "busy"
        assert watcher.statuses("leaves").count("offline") == 1, watcher.told
    for client in clients:
        client.close()


def test_entities_of_a_gateway_that_died_with_the_broker_are_offline_within_fifteen_seconds(fabric):
    gateways = Gateways(fabric)
    watcher = Watcher(gateways, 0)
    lost = gateways.connect(1, "lost")
    stays = gateways.connect(0, "stays")
    wait_until(lambda: gateways.statuses(0, "lost", "stays") == "lost=online stays=online", "both to be there")
    fabric.broker.kill()
    gateways.processes[1].kill()
    time.sleep(1)
    assert gateways.statuses(0, "lost", "stays") == "lost=online stays=online"
    fabric.broker.restart()
    began = time.monotonic()
    wait_until(lambda: gateways.statuses(0, "lost", "stays") == "lost=offline stays=online", "it to be offline", 15)
    took = time.monotonic() - began
    assert took > LEASE_S - 2, f"{took:.1f} s: nobody is called offline while the broker is warming"
    wait_until(lambda: watcher.statuses("lost")[-1:] == ["offline"], "it to be told")
    assert "offline" not in watcher.statuses("stays")
    for client in (lost, stays):
        client.close()
