"""Daemons of ArcaneOS as tests use them: by REST on any gateway, served by cell0-daemons."""
from .http import request
from .waiting import wait_until

# gemini's tasks take half a minute; the others' are done at once.
CONFIG = """
[[orchestrator.runner]]
name = "slow"
kind = "demo"
interval_ms = 30000
[[orchestrator.runner]]
name = "demo"
interval_ms = 0
[[daemons.daemon]]
name = "gemini"
runner = "slow"
"""


class Realm:
    """The arcane listeners of the gateways, and processes that serve the daemons."""

    def __init__(self, fabric, gateways):
        self.fabric, self.gateways, self.count = fabric, gateways, 0
        self.token = None

    def serve(self, **settings):
        self.count += 1
        config = self.fabric.directory / "daemons.toml"
        config.write_text(CONFIG, encoding="ascii")
        return self.fabric.start_program("cell0-daemons", name=f"daemons-{self.count}", config=config, **settings)

    def serve_first(self, **settings):
        process = self.serve(**settings)
        wait_until(lambda: self.get("/daemons").status == 200, "the daemons to be served")
        return process

    def url(self, path, gateway=0, port="arcane"):
        return f"http://127.0.0.1:{self.gateways.ports[gateway][port]}{path}"

    def get(self, path, gateway=0, port="arcane"):
        return request("GET", self.url(path, gateway, port))

    def post(self, path, body, gateway=0, within=15.0):
        headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {self.token}"} if self.token else {})}
        return request("POST", self.url(path, gateway), body, headers, within)

    def count_of(self, name):
        answer = self.get(f"/daemon/{name}/state")
        return answer.json()["daemon_state"]["statistics"]["total_invocations"] if answer.status == 200 else None
