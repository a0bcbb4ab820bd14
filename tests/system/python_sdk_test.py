"""The Python SDK as its users have it: a program of its own, Debian's own modules, a real broker."""
import json
import os
import re
import subprocess
import sys
from pathlib import Path



from cell0_test import wait_until

ROOT = Path(__file__).resolve().parents[2]
SDK = Path(os.environ["CELL0_BIN"]).parent / "python"

# Publishes from two threads until its input ends, then tells what was promised: {text: seq}.
PUBLISHER = """
import json, sys, threading, time
import cell0

receipts, stop = {}, threading.Event()

def publish(emit, thread):
    n = 0
    while not stop.is_set():
        n += 1
        receipts[f"{thread}:{n}"] = emit.chat_message(f"{thread}:{n}", sender="sdk")
        time.sleep(0.001)

with cell0.Emitter("sdk-test", block_s=60, limits=cell0.Limits(held_events=500)) as emit:
    threads = [threading.Thread(target=publish, args=(emit, t)) for t in "ab"]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    stop.set()
    for thread in threads:
        thread.join()
    assert emit.flush(60), emit.stats()
    print(json.dumps({"seqs": {text: receipt.result(0) for text, receipt in receipts.items()}, "stats": emit.stats()}))
"""


def python(fabric, code, **options):
    env = {**os.environ, "PYTHONPATH": str(SDK), "CELL0_LINK_CONTROL": fabric.endpoint("control")}
    return subprocess.Popen([sys.executable, "-c", code], env=env, text=True, stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


def output_of(process, within=90, text=""):
    out, error = process.communicate(text, timeout=within)
    assert process.returncode == 0, error
    return out


def history(fabric, *flags):
    """Of the chat messages: [(seq, text)]."""
    cell0 = [fabric.bin_dir / "cell0", "--control", fabric.endpoint("control"), "--set",
             f"state.dir={fabric.state_dir}", "history", "--types", "chat_message", "--limit", "0", *flags]
    done = subprocess.run([str(c) for c in cell0], capture_output=True, text=True, check=True, timeout=60)
    return [(e["seq"], e["data"]["message"]) for e in map(json.loads, done.stdout.splitlines())]


def test_a_broker_that_is_killed_loses_nothing(fabric):
    publisher = python(fabric, PUBLISHER)
    for _ in range(5):
        before = len(history(fabric))
        wait_until(lambda: len(history(fabric)) > before + 20, "events to come")  # noqa: B023 (called at once)
        fabric.broker.kill()
        fabric.broker.restart()
        wait_until(lambda: fabric.get("/readyz").status == 200, "the broker to be back", within=30)
    told = json.loads(output_of(publisher))
    stored = history(fabric)
    texts = [text for _, text in stored]
    assert sorted(texts) == sorted(told["seqs"]), "each that was promised is there once"
    for thread in "ab":
        mine = [int(text[2:]) for text in texts if text.startswith(thread)]
        assert mine == list(range(1, len(mine) + 1)), "in order"
    known = {text: seq for text, seq in told["seqs"].items() if seq}
    assert {text: seq for seq, text in stored if text in known} == known
    assert told["stats"]["dropped"] == told["stats"]["rejected"] == told["stats"]["held"] == 0


def test_without_a_broker_calls_do_not_wait_and_the_queue_is_bounded(empty_fabric):
    out = output_of(python(empty_fabric, """
import cell0, time
began = time.monotonic()
emit = cell0.Emitter("sdk-test", limits=cell0.Limits(held_events=10))
receipts = [emit.chat_message(str(n), sender="sdk") for n in range(10)]
try:
    emit.chat_message("one too many", sender="sdk")
except cell0.QueueFull as error:
    print(error)
assert time.monotonic() - began < 1 and not emit.connected
print(emit.close(0.1), repr(receipts[0].exception(0)))
"""))
    assert "10 events" in out and "10 Dropped" in out



def test_the_readmes_programs_work(fabric):
    text = (ROOT / "emitters/sdk/python/README.md").read_text(encoding="utf-8")
    code = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert code
    with fabric.connect("/cell0d?types=chat_message,stt_*,llm_*,tts_*,latency_trace,component_timing,my.*") as client:
        client.until_type("connection_established")
        for block in code:
            output_of(python(fabric, block))
        for kind in ("chat_message", "my.own.type", "stt_start", "stt_result", "llm_start", "llm_result", "tts_start",
                     "tts_result"):
            if not any(e["type"] == kind for e in client.events()):
                client.until_event(lambda e: e["type"] == kind, kind)  # noqa: B023 (called at once)
        traces = [e["data"] for e in client.events() if e["type"] == "latency_trace"]
        while len(traces) < 2:
            traces.append(client.until_event(lambda e: e["type"] == "latency_trace")["data"])
        assert {(t["component"], t["operation"]) for t in traces} == {("stt", "transcribe"), ("llm", "generate")}
        client.until_event(lambda e: e["type"] == "component_timing" and e["data"]["component"] == "stt")
