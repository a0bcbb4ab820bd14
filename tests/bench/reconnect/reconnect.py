#!/usr/bin/python3
"""Ten thousand clients come back at once, each with 100 missed events: how long until all are complete, and who notices?

    tests/bench/reconnect/reconnect.py [--bin build/release/bin] [--clients 10000] [--rate 4000] [--missed 100]

Twice: the missed events are still in the gateway's ring, and they have left it, so that they come from the broker's log.
Meanwhile 100 other clients get 200 events a second; their p99 latency before and while the crowd returns is compared.
Prints a JSON line for each and fails if a client is not complete and in order, or a stated bound is broken.
Needs what tests/bench/fanout/run.py needs.
"""
import argparse
import json
import re
import sys
import tempfile
import time
import uuid
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "fanout"))

import run  # noqa: E402
import zmq  # noqa: E402
from cell0_test import Fabric  # noqa: E402
from cell0_test.http import request  # noqa: E402

MISSED, FILLER = "bench.missed", "bench.filler"
LIVE_CLIENTS, LIVE_RATE = 100, 200
SECONDS_MAX, REQUESTS_MAX = 10, 100


class Emitter:
    """Publishes events of a type, acknowledged, as fast as answers come."""

    def __init__(self, protos, endpoint):
        self.control, self.event = protos
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        self.socket.connect(endpoint)
        self.n, self.incarnation = 1, time.time_ns() // 1000

    def publish(self, kind, count, batch=500):
        """Their seqs."""
        seqs, open_requests = [], 0
        envelope = self.event.Envelope(type=kind, source="bench", json=b'{"pad":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}')
        for first in range(0, count, batch):
            message = self.control.Request(id=self.n)
            publish = message.publish
            publish.emitter_id, publish.incarnation, publish.first_n = "bench-filler", self.incarnation, self.n
            for _ in range(min(batch, count - first)):
                envelope.id, envelope.time_us = uuid.uuid4().bytes, time.time_ns() // 1000
                publish.envelopes.append(envelope.SerializeToString())
                self.n += 1
            self.socket.send(message.SerializeToString())
            open_requests += 1
            if open_requests == 4:
                seqs += self._answer()
                open_requests -= 1
        for _ in range(open_requests):
            seqs += self._answer()
        return seqs

    def _answer(self):
        answer = self.control.Response.FromString(self.socket.recv()).publish
        assert all(outcome.seq for outcome in answer.outcomes), answer.outcomes[:1]
        return [outcome.seq for outcome in answer.outcomes]


def metric(url, name):
    found = re.search(rf"^{name} (\S+)$", request("GET", url + "/metrics").text, re.MULTILINE)
    return float(found[1])


def live(bin_dir, fabric, protos, during):
    """The latencies that 100 clients see while during() runs, in ms: (p99, figures of during)."""
    load = run.Load(bin_dir, fabric.ports["cell0d"], LIVE_CLIENTS, "--path", f"/?types={run.TYPE}", "--match",
                    f'"type":"{run.TYPE}"')
    publisher = run.Publisher(protos, fabric.endpoint("control"), LIVE_RATE, "x" * 30)
    publisher.start()
    time.sleep(0.5)
    result = during()
    publisher.stopping = True
    publisher.join()
    time.sleep(0.5)
    figures = load.finish()
    return figures["latency_us"]["p99"] / 1000, result


def crowd(options, fabric, since):
    return run.Load(options.bin, fabric.ports["cell0d"], options.clients, "--path", f"/?types={MISSED}&since={since}",
                    "--match", f'"type":"{MISSED}"', "--latency", "", "--rate", str(options.rate), "--from-start", "1",
                    "--events", str(options.missed), "--ports-per-address", "2500", "--duration", "60", "--stay", "30")


def come_back(load, missed):
    """The crowd's figures, once all are complete; they stay connected, for their leaving is another matter."""
    figures = json.loads(load.process.stdout.readline())
    assert figures["failed"] == 0 and figures["duplicates"] == 0 and not figures["closed"], figures
    assert figures["events_per_connection_min"] == figures["events_per_connection_max"] == missed, figures
    assert figures["distinct_streams"] == 1, "not all saw the same events in the same order"
    return figures


def scenario(options, protos, fabric, gateway, name, fillers):
    emitter = Emitter(protos, fabric.endpoint("control"))
    since = emitter.publish("bench.before", 1)[0]
    emitter.publish(MISSED, options.missed)
    emitter.publish(FILLER, fillers)
    calm, _ = live(options.bin, fabric, protos, lambda: time.sleep(3))
    before = metric(fabric.broker_admin_url, "cell0_broker_history_pages_total")
    cpu = run.cpu_seconds(gateway.pid)
    crowds = []

    def return_of_the_crowd():
        crowds.append(crowd(options, fabric, since))
        return come_back(crowds[0], options.missed)
    busy, figures = live(options.bin, fabric, protos, return_of_the_crowd)
    crowds[0].process.terminate()
    crowds[0].process.communicate()
    cpu = run.cpu_seconds(gateway.pid) - cpu
    requests = metric(fabric.broker_admin_url, "cell0_broker_history_pages_total") - before
    row = {"missed": name, "clients": options.clients, "seconds": figures["seconds"], "history_requests": int(requests),
           "gateway_cpu_s": round(cpu, 2),
           "live_p99_ms": round(calm, 2), "live_p99_ms_meanwhile": round(busy, 2)}
    print(json.dumps(row), flush=True)
    assert figures["seconds"] < SECONDS_MAX and requests <= REQUESTS_MAX, row
    return busy <= max(2 * calm, calm + 5)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, default=run.ROOT / "build/release/bin", help="where the programs are")
    parser.add_argument("--clients", type=int, default=10_000)
    parser.add_argument("--rate", type=int, default=4_000, help="handshakes a second")
    parser.add_argument("--missed", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        protos = run.load_proto(directory)
        quiet = []
        for name, fillers in (("within the ring", 0), ("beyond the ring", 70_000)):
            with Fabric(Path(directory) / name.split()[0], options.bin) as fabric:
                fabric.start_broker()
                gateway = fabric.start_gateway()
                quiet.append(scenario(options, protos, fabric, gateway, name, fillers))
    if not all(quiet):
        sys.exit("the others noticed: their p99 is above twice what it was, and by more than 5 ms")


if __name__ == "__main__":
    main()
