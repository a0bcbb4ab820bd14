"""A gateway is killed: those who were connected to it alone are offline everywhere within 10 seconds."""
import time

from cell0_test import wait_until
from cell0_test.presence import Gateways, Watcher


def test_entities_of_a_killed_gateway_are_offline_everywhere_within_ten_seconds(fabric):
    gateways = Gateways(fabric)
    watcher = Watcher(gateways, 0)
    lost = [gateways.connect(1, f"lost{n}") for n in range(5)]
    stays = gateways.connect(0, "stays")
    both = [gateways.connect(0, "both"), gateways.connect(1, "both")]
    names = ["stays", "both", *(f"lost{n}" for n in range(5))]
    everyone = " ".join(f"{name}=online" for name in names)
    for gateway in range(2):
        wait_until(lambda g=gateway: gateways.statuses(g, *names) == everyone, "everyone to be online")

    killed = time.monotonic()
    gateways.processes[1].kill()
    gone = " ".join(f"{name}={'offline' if name.startswith('lost') else 'online'}" for name in names)
    wait_until(lambda: gateways.statuses(0, *names) == gone, "its entities to be offline", 12)
    took = time.monotonic() - killed
    assert 4 < took < 10, f"{took:.1f} s"
    for name in names:
        expected = ["online", "offline"] if name.startswith("lost") else ["online"]
        wait_until(lambda n=name, e=expected: watcher.statuses(n) == e, f"{name} to be told rightly")

    gateways.restart(1)
    again = gateways.connect(1, "lost0")
    for gateway in range(2):
        wait_until(lambda g=gateway: gateways.statuses(g, "lost0", "lost1") == "lost0=online lost1=offline", "it to be back")
    for client in (*lost, stays, *both, again):
        client.close()
