"""Runs the conformance tables of every dialect; the tables say what is expected, README.md how they are read."""
import json
import re
from pathlib import Path

import pytest

from cell0_test import Fabric

HERE = Path(__file__).parent
NOISE = ("client_connect", "client_disconnect", "heartbeat")
# What cases need beside the defaults: a type of which only the newest event is kept.
RULES = "[[rule]]\ntype = 'conf.keep1'\ncount = 1\n"
KINDS = {
    "<uuid>": lambda v: isinstance(v, str) and re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", v),
    "<iso>": lambda v: isinstance(v, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", v),
    "<seq>": lambda v: isinstance(v, int) and 0 < v < 2**53,
    "<int>": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "<text>": lambda v: isinstance(v, str) and v != "",
    "<list>": lambda v: isinstance(v, list),
    "<any>": lambda v: True,
}


def cases():
    for table in sorted(HERE.glob("*/*.json")):
        document = json.loads(table.read_text(encoding="utf-8"))
        for case in document["cases"]:
            name = f"{table.parent.name}/{table.stem}: {case['name']}"
            yield pytest.param({"path": document.get("path", "/"), "port": document.get("port", "http"), **case}, id=name)


@pytest.fixture(scope="module")
def fabric(tmp_path_factory):
    directory = tmp_path_factory.mktemp("conformance")
    (directory / "broker.toml").write_text(RULES, encoding="ascii")
    with Fabric(directory) as fabric:
        fabric.start_broker(directory / "broker.toml")
        fabric.start_gateway()
        yield fabric


def fill(value, seqs):
    """`$1` becomes the seq of the first published event, alone as a number, within a text as digits."""
    if isinstance(value, str):
        if re.fullmatch(r"\$\d", value) and int(value[1]) <= len(seqs):
            return seqs[int(value[1]) - 1]
        return re.sub(r"\$(\d)", lambda m: str(seqs[int(m[1]) - 1]), value)
    if isinstance(value, list):
        return [fill(item, seqs) for item in value]
    if isinstance(value, dict):
        return {key: fill(item, seqs) for key, item in value.items()}
    return value


def difference(expected, actual, where="message"):
    """None if it fits, else what does not."""
    if isinstance(expected, str) and expected in KINDS:
        return None if KINDS[expected](actual) else f"{where}: {actual!r} is not {expected}"
    if isinstance(expected, dict) and isinstance(actual, dict):
        wanted = {k: v for k, v in expected.items() if k != "..."}
        missing = wanted.keys() - actual.keys()
        surplus = set() if "..." in expected else actual.keys() - wanted.keys()
        if missing or surplus:
            return f"{where}: missing {sorted(missing)}, not expected {sorted(surplus)}"
        return next((d for k in wanted if (d := difference(wanted[k], actual[k], f"{where}.{k}"))), None)
    if isinstance(expected, list) and isinstance(actual, list):
        if len(expected) != len(actual):
            return f"{where}: {len(actual)} items, expected {len(expected)}"
        return next((d for i, e in enumerate(expected) if (d := difference(e, actual[i], f"{where}[{i}]"))), None)
    same = expected == actual and isinstance(expected, bool) == isinstance(actual, bool)
    return None if same else f"{where}: {actual!r}, expected {expected!r}"


def event_type(message):
    return (message.get("event") or {}).get("type") if isinstance(message, dict) else None


def next_message(client, expected):
    while True:
        message = client.next()
        if event_type(message) not in NOISE or event_type(message) == event_type(expected):
            return message


def publish(fabric, events):
    answer = fabric.publish(*[{"source": "conformance", **event} for event in events])
    answers = answer if isinstance(answer, list) else [answer]
    assert all("seq" in one for one in answers), answers
    return [one["seq"] for one in answers]


def take(step, client, fabric, seqs):
    if "send" in step:
        client.send(fill(step["send"], seqs))
    elif "send_text" in step:
        client.send(step["send_text"])
    elif "send_binary" in step:
        client.send(step["send_binary"].encode())
    elif "publish" in step:
        seqs += publish(fabric, step["publish"])
    elif "closed" in step:
        assert client.until_closed().code == step["closed"]
    else:
        expected = fill(step["expect"], seqs)
        message = next_message(client, expected)
        problem = difference(expected, message)
        assert problem is None, f"{problem}\nin {json.dumps(message)}"


@pytest.mark.parametrize("case", cases())
def test_case(case, fabric):
    seqs = []
    if "before" in case:
        seqs += publish(fabric, case["before"])
    with fabric.connect(fill(case["path"], seqs), port=case["port"]) as client:
        for step in case["steps"]:
            take(step, client, fabric, seqs)
