"""Runs the conformance tables of every dialect; the tables say what is expected, README.md how they are read."""
import contextlib
import json
import re
from pathlib import Path

import pytest

from cell0_test import Fabric
from cell0_test.acknowledged_emitter import load_proto
from cell0_test.sessions_worker import SessionsWorker
from cell0_test.tokens import claims, jwt

HERE = Path(__file__).parent
NOISE = ("client_connect", "client_disconnect", "heartbeat")
# What cases need beside the defaults: a type of which only the newest event is kept.
RULES = "[[rule]]\ntype = 'conf.keep1'\ncount = 1\n"
KINDS = {
    "<uuid>": lambda v: isinstance(v, str) and re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", v),
    "<iso>": lambda v: isinstance(v, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", v),
    "<seq>": lambda v: isinstance(v, int) and 0 < v < 2**53,
    "<unix>": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool) and 1.7e9 < v < 4e9,
    "<int>": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "<text>": lambda v: isinstance(v, str) and v != "",
    "<list>": lambda v: isinstance(v, list),
    "<any>": lambda v: True,
}


def cases():
    for table in sorted(HERE.glob("*/*.json")):
        document = json.loads(table.read_text(encoding="utf-8"))
        defaults = {"path": document.get("path", "/"), "port": document.get("port", "http"), "first": document.get("first", []),
                    "also": document.get("also", {})}
        for case in document["cases"]:
            name = f"{table.parent.name}/{table.stem}: {case['name']}"
            yield pytest.param({**defaults, **case}, id=name)


@pytest.fixture(scope="module")
def fabric(tmp_path_factory):
    directory = tmp_path_factory.mktemp("conformance")
    (directory / "broker.toml").write_text(RULES, encoding="ascii")
    with Fabric(directory) as fabric:
        fabric.start_broker(directory / "broker.toml")
        fabric.start_gateway(gateway__auth__failures_max=1000)  # a row is no guess
        orchestrator = SessionsWorker(fabric.endpoint("control"), load_proto(directory))
        yield fabric
        orchestrator.stop()


class Values:
    """What `$...` stands for in a case: `$1`: the seq of the first published event; `$name`: what `<kind as name>`
    matched; `$token`: the admin token; `$token(entity scope,...)`: one with these scopes, issued for the case;
    `$repeat(n text)`: the text n times; `$nested(n)`: n arrays in one another."""

    def __init__(self, fabric):
        self.fabric = fabric
        self.seqs = []
        self.named = {}

    def one(self, match):
        name, arguments = match[1], match[2]
        if name.isdigit():
            return self.seqs[int(name) - 1]
        if name == "token":
            return self.token(*arguments.split(" ", 1)) if arguments else self.fabric.admin_token
        if name == "repeat":
            count, text = arguments.split(" ", 1)
            return text * int(count)
        if name == "nested":
            return "[" * int(arguments) + "]" * int(arguments)
        return self.named[name]

    def token(self, entity, scopes):
        """`expired` or `foreign` in place of the scopes: such a one, which would permit everything."""
        key = (self.fabric.state_dir / "signing.key").read_text(encoding="ascii").strip()
        if scopes == "expired":
            return jwt(claims(entity, ["*"], seconds=-1), key)
        if scopes == "foreign":
            return jwt(claims(entity, ["*"]), "another key of at least 32 bytes " * 2)
        return jwt(claims(entity, scopes.split(",")), key)

    def fill(self, value):
        if isinstance(value, str):
            whole = VALUE.fullmatch(value)
            if whole and self.known(whole):
                return self.one(whole)
            return VALUE.sub(lambda m: str(self.one(m)) if self.known(m) else m[0], value)
        if isinstance(value, list):
            return [self.fill(item) for item in value]
        if isinstance(value, dict):
            return {key: self.fill(item) for key, item in value.items()}
        return value

    def known(self, match):
        name = match[1]
        return int(name) <= len(self.seqs) if name.isdigit() else name in ("token", "repeat", "nested") or name in self.named


VALUE = re.compile(r"\$(\d|[a-z_]+)(?:\(([^)]*)\))?")
KIND = re.compile(r"(<[a-z]+)(?: as ([a-z_]+))?>")


def difference(expected, actual, named, where="message"):
    """None if it fits, else what does not."""
    kind = KIND.fullmatch(expected) if isinstance(expected, str) else None
    if kind and kind[1] + ">" in KINDS:
        if kind[2]:
            named[kind[2]] = actual
        return None if KINDS[kind[1] + ">"](actual) else f"{where}: {actual!r} is not {expected}"
    if isinstance(expected, dict) and isinstance(actual, dict):
        wanted = {k: v for k, v in expected.items() if k != "..."}
        missing = wanted.keys() - actual.keys()
        surplus = set() if "..." in expected else actual.keys() - wanted.keys()
        if missing or surplus:
            return f"{where}: missing {sorted(missing)}, not expected {sorted(surplus)}"
        return next((d for k in wanted if (d := difference(wanted[k], actual[k], named, f"{where}.{k}"))), None)
    if isinstance(expected, list) and isinstance(actual, list):
        if len(expected) != len(actual):
            return f"{where}: {len(actual)} items, expected {len(expected)}"
        return next((d for i, e in enumerate(expected) if (d := difference(e, actual[i], named, f"{where}[{i}]"))), None)
    same = expected == actual and isinstance(expected, bool) == isinstance(actual, bool)
    return None if same else f"{where}: {actual!r}, expected {expected!r}"


def event_type(message):
    return (message.get("event") or {}).get("type") if isinstance(message, dict) else None


def is_noise(message):
    return event_type(message) in NOISE or (isinstance(message, dict) and message.get("method") == "heartbeat")


def next_message(client, expected):
    while True:
        message = client.next()
        wanted = event_type(message) is not None and event_type(message) == event_type(expected)
        if wanted or not is_noise(message):
            return message


def publish(fabric, events):
    answer = fabric.publish(*[{"source": "conformance", **event} for event in events])
    answers = answer if isinstance(answer, list) else [answer]
    assert all("seq" in one for one in answers), answers
    return [one["seq"] for one in answers]


def expect_all(client, expected, named):
    """As many messages, in any order."""
    left = list(expected)
    while left:
        message = next_message(client, left[0])
        fitting = next((one for one in left if difference(one, message, named) is None), None)
        assert fitting is not None, f"{json.dumps(message)} is none of {json.dumps(left)}"
        left.remove(fitting)


def take(step, client, fabric, values):
    if "send" in step:
        client.send(values.fill(step["send"]))
    elif "send_text" in step:
        client.send(values.fill(step["send_text"]))
    elif "send_binary" in step:
        client.send(step["send_binary"].encode())
    elif "send_bytes" in step:
        client.send(bytes.fromhex(step["send_bytes"]))
    elif "publish" in step:
        values.seqs += publish(fabric, step["publish"])
    elif "close" in step:
        client.close()
    elif "closed" in step:
        assert client.until_closed().code == step["closed"]
    elif "expect_text" in step:
        assert client.next_text() == values.fill(step["expect_text"])
    elif "expect_all" in step:
        expect_all(client, values.fill(step["expect_all"]), values.named)
    else:
        expected = values.fill(step["expect"])
        message = next_message(client, expected)
        problem = difference(expected, message, values.named)
        assert problem is None, f"{problem}\nin {json.dumps(message)}"


@pytest.mark.parametrize("case", cases())
def test_case(case, fabric):
    values = Values(fabric)
    if "before" in case:
        values.seqs += publish(fabric, case["before"])
    with contextlib.ExitStack() as stack:
        clients = {}

        def client(name):
            if name not in clients:
                options = {"extra_headers": values.fill(case["headers"])} if "headers" in case and not name else {}
                opened = fabric.connect(values.fill(case["also"].get(name, case["path"])), port=case["port"], **options)
                clients[name] = stack.enter_context(opened)
                for step in case["first"]:
                    take(step, opened, fabric, values)
            return clients[name]

        for name in ["", *case["also"]]:
            client(name)
        for step in case["steps"]:
            take(step, client(step.get("on", "")), fabric, values)
