"""Several gateways of one fabric, and those who are on them: for tests of presence."""
import threading
import time

from .fabric import LISTENERS
from .http import request
from .ports import free_ports
from .rpc import Rpc
from .waiting import wait_until


class Gateways:
    """Gateway n of the fabric has the ports `ports[n]`, by listener. The first one is the fabric's."""

    def __init__(self, fabric, count=2):
        self.fabric = fabric
        self.ports = [{name: fabric.ports[name] for name in LISTENERS}]
        self.processes = [fabric.gateway]
        for instance in range(1, count):
            ports = dict(zip(LISTENERS, free_ports(len(LISTENERS))))
            self.ports.append(ports)
            self.processes.append(fabric.start_gateway(
                instance, **{f"gateway__listen__{name}": port for name, port in ports.items()}))

    def token(self, entity):
        """Makes who shows it `entity`, which may do everything."""
        status, printed = self.fabric.run("cell0", "token", "issue", "--entity", entity, "--scope", "*", "--hours", "1")
        assert status == 0, printed
        return printed.split()[-1]

    def connect(self, gateway, entity):
        """A jsonrpc client there, as `entity`."""
        return Rpc(f"ws://127.0.0.1:{self.ports[gateway]['jsonrpc']}/",
                   extra_headers={"Authorization": f"Bearer {self.token(entity)}"})

    def restart(self, gateway):
        """Until it is ready."""
        self.processes[gateway].restart()
        url = f"{self.fabric.gateway_admin_url(gateway)}/readyz"

        def ready():
            try:
                return request("GET", url).status == 200
            except OSError:
                return False
        wait_until(ready, f"gateway {gateway} to be ready again")

    def statuses(self, gateway, *entities):
        """What a gateway says of them: "a=online b=offline c=-" (nobody knows c)."""
        url = f"http://127.0.0.1:{self.ports[gateway]['http']}/api/v1/presence?limit=1000"
        answer = request("GET", url, headers={"Authorization": f"Bearer {self.fabric.admin_token}"})
        assert answer.status == 200, answer.text
        known = {entry["entity_id"]: entry["status"] for entry in answer.json()["presence"]}
        return " ".join(f"{entity}={known.get(entity, '-')}" for entity in entities)


class Watcher:
    """Everything that one gateway's clients are told of presence, with the times: (time, entity, status)."""

    def __init__(self, gateways, gateway):
        self.client = gateways.connect(gateway, f"watcher{gateway}")
        self.client.call("events.subscribe", topics=["presence.>"])
        self.told = []
        self.closed = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while True:
            try:
                message = self.client.next(1.0)
            except AssertionError as end:
                if type(end) is not AssertionError:  # Closed
                    self.closed = True
                    return
                continue
            if message.get("method") == "event":
                changed = message["params"]["data"]
                self.told.append((time.monotonic(), changed["entity_id"], changed["status"]))

    def statuses(self, entity):
        """As told one after the other; the same again (something else of the entity has changed) counts once."""
        told = [status for _, of, status in self.told if of == entity]
        return [status for n, status in enumerate(told) if n == 0 or told[n - 1] != status]
