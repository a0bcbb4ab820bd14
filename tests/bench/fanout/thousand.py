#!/usr/bin/python3
"""A thousand clients, a thousand events a second: did every client get every event, once and in order?

    tests/bench/fanout/thousand.py [--bin build/release/bin] [--clients 1000] [--rate 1000] [--seconds 60] [--kill-broker]

The demo emitter publishes acknowledged. --kill-broker ends the broker with SIGKILL after a third of the time and starts
it again two seconds later: nobody's connection may close, and still every event must arrive once. Prints the load client's
figures as JSON and fails if a client missed an event, got one twice or in another order, or was closed.
"""
import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import run
from cell0_test import Fabric


def measure(fabric, options):
    broker = fabric.start_broker()
    fabric.start_gateway()
    events = options.rate * options.seconds
    load = run.Load(options.bin, fabric.ports["cell0d"], options.clients, "--path", f"/?types={run.TYPE}", "--match",
                    f'"type":"{run.TYPE}"', "--latency", "timestamp", "--events", str(events))
    emitter = fabric.start_emitter("demo", "--rate", options.rate, "--count", events, "--type", run.TYPE)
    if options.kill_broker:
        time.sleep(options.seconds / 3)
        broker.kill()
        time.sleep(2)
        broker.restart()
    try:
        load.process.wait(2 * options.seconds + 60)
    except subprocess.TimeoutExpired:
        pass  # the figures say what is missing
    emitter.stop()
    return events, load.finish()


def faults(events, clients, figures):
    checks = {
        "a client missed events": figures["events_per_connection_min"] < events,
        "a client got more than was published": figures["events_per_connection_max"] > events,
        "an event came twice": figures["duplicates"] > 0,
        "clients saw different orders": figures["distinct_streams"] != 1,
        "connections were closed": figures["open"] < clients or bool(figures["closed"]),
    }
    return [text for text, wrong in checks.items() if wrong]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, default=run.ROOT / "build/release/bin")
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--rate", type=int, default=1000, help="events per second")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--kill-broker", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory, Fabric(directory, options.bin) as fabric:
        events, figures = measure(fabric, options)
    print(json.dumps(figures))
    wrong = faults(events, options.clients, figures)
    print("; ".join(wrong) if wrong else f"{options.clients} clients got each of {events} events once, in order")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
