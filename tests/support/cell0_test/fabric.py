"""A whole cell0 on free ports, in a directory of its own: one broker, gateways, emitters."""
import os
import uuid
from pathlib import Path

from .http import request
from .ports import free_ports
from .process import Process
from .waiting import wait_until
from .websocket import WebSocket

LISTENERS = ("http", "cell0d", "jsonrpc", "coda", "arcane", "neolith", "api")  # of gateway.listen


class Fabric:
    """Starts processes from `bin_dir` ($CELL0_BIN). Use as a context: leaving stops all, emitters first."""

    def __init__(self, directory, bin_dir=None):
        self.directory = Path(directory)
        self.bin_dir = Path(bin_dir or os.environ["CELL0_BIN"])
        self.state_dir = self.directory / "state"
        self.state_dir.mkdir(parents=True, exist_ok=True)
        names = ["ingest", "fanout", "control", "broker_admin", *LISTENERS, "gateway_admin0", "gateway_admin1"]
        self.ports = dict(zip(names, free_ports(len(names))))
        self.processes = []  # in the order of their start

    # --- processes

    def start_broker(self, config=None, **settings):
        """`settings`: further configuration, dots as double underscores (broker__limits__store_events_max=100).
        `config`: a TOML file for what cannot be said so, such as rules."""
        broker = self._start("broker", "cell0-broker", ["--config", config] if config else [], {
            **{f"broker.{s}": self.endpoint(s) for s in ("ingest", "fanout", "control")},
            "broker.admin": f"127.0.0.1:{self.ports['broker_admin']}",
        }, settings)
        wait_until(lambda: self._ready(broker, self.broker_admin_url), "the broker to be ready")
        return broker

    def start_gateway(self, instance=0, wait=True, config=None, **settings):
        """With wait=False it may not be ready yet (say, because there is no broker). `config`: as of start_broker."""
        flags = ["--instance", instance, *(["--config", config] if config else [])]
        gateway = self._start(f"gateway-{instance}", "cell0-gateway", flags, {
            **self._link(),
            **{f"gateway.listen.{n}": self.ports[n] for n in LISTENERS},
            "gateway.admin_port": self.ports[f"gateway_admin{instance}"] - instance,
        }, settings)
        if wait:
            wait_until(lambda: self._ready(gateway, self.gateway_admin_url(instance)),
                       f"gateway {instance} to be ready")
        return gateway

    def start_emitter(self, kind, *flags, **settings):
        return self._start(f"emit-{kind}", f"cell0-emit-{kind}", flags, self._link(), settings)

    def start_program(self, program, name=None, config=None, **settings):
        """Any other program of ours that talks to the broker, such as cell0-orchestrator. `name`: one of a kind."""
        return self._start(name or program, program, ["--config", config] if config else [], self._link(), settings)

    def run(self, program, *arguments, settings=None, within=30.0):
        """Runs a program of ours to its end: (exit status, everything it printed)."""
        process = self._start(f"run-{program}-{uuid.uuid4().hex[:6]}", program, arguments, settings or {}, {})
        status = process.wait(within)
        self.processes.remove(process)
        return status, process.log()

    def _start(self, name, program, flags, settings, more):
        settings = {"state.dir": self.state_dir, **settings, **{k.replace("__", "."): v for k, v in more.items()}}
        sets = [word for key, value in settings.items() for word in ("--set", f"{key}={_text(value)}")]
        env = {k: v for k, v in os.environ.items() if not k.startswith(("CELL0_", "CELL0D_", "NOTIFY_SOCKET"))}
        process = Process(name, [self.bin_dir / program, *flags, *sets], self.directory / f"{name}.log", env)
        self.processes.append(process)
        return process

    def _link(self):
        return {f"link.{s}": self.endpoint(s) for s in ("ingest", "fanout", "control")}

    @staticmethod
    def _ready(process, url):
        assert process.alive(), f"{process.name} ended with status {process.wait()}:\n{process.log()}"
        try:
            return request("GET", f"{url}/readyz").status == 200
        except OSError:
            return False

    # --- where things are

    def endpoint(self, socket):
        """Of the broker: ingest, fanout or control."""
        return f"tcp://127.0.0.1:{self.ports[socket]}"

    @property
    def broker_admin_url(self):
        return f"http://127.0.0.1:{self.ports['broker_admin']}"

    def gateway_admin_url(self, instance=0):
        return f"http://127.0.0.1:{self.ports[f'gateway_admin{instance}']}"

    @property
    def http_url(self):
        return f"http://127.0.0.1:{self.ports['http']}"

    @property
    def admin_token(self):
        return (self.state_dir / "admin.token").read_text(encoding="ascii").strip()

    # --- talking to it

    def get(self, path, **options):
        return request("GET", self.http_url + path, **options)

    def publish(self, *events, token=None, path="/api/v1/events"):
        """POST of one event, or of several as an array; the answer's JSON. Fails unless it is a 2xx."""
        body = events[0] if len(events) == 1 else list(events)
        headers = {"Authorization": f"Bearer {token or self.admin_token}"}
        answer = request("POST", self.http_url + path, body, headers)
        assert answer.status // 100 == 2, f"publish answered {answer.status}: {answer.text}"
        return answer.json()

    def connect(self, path="/cell0d", port="http", **options):
        return WebSocket(f"ws://127.0.0.1:{self.ports[port]}{path}", **options)

    # --- the end

    def logs(self):
        """The end of every process's output, for a failed test's report."""
        for log in sorted(self.directory.glob("*.log")):
            yield log.name, log.read_text(encoding="utf-8", errors="replace")[-6000:]

    def stop(self):
        """Emitters, gateways, broker: the order in which nothing is lost."""
        def rank(process):
            return 2 if process.name == "broker" else 1 if process.name.startswith("gateway") else 0
        problems = []
        for process in sorted(self.processes, key=rank):
            try:
                process.stop()
            except AssertionError as problem:
                problems.append(str(problem))
        assert not problems, "; ".join(problems)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def _text(value):
    """A value as --set takes it: texts without quotes, lists with commas."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(str(v) for v in value)
    return str(value)
