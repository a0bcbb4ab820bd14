#!/usr/bin/python3
"""Do clients that stop reading disturb the others? 10 MB/s to 20 clients, of which 5 stop, or none: pairs in turn.

    tests/bench/fanout/slow.py [--bin build/release/bin] [--pairs 5]

Prints for each pair the p99 latency (publish to receive, ms) of those that read, without and with stalled clients, and the
gateway's memory; then the medians. Needs what run.py needs.
"""
import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

import run
from cell0_test import Fabric

CLIENTS, STALLED = 20, 5
EVENT_BYTES, EVENTS_PER_S = 10_000, 1_000


def measure(fabric, bin_dir, protos, stalled, seconds):
    load = run.Load(bin_dir, fabric.ports["cell0d"], CLIENTS, "--path", f"/?types={run.TYPE}", "--match",
                    f'"type":"{run.TYPE}"', "--stalled", str(stalled))
    publisher = run.Publisher(protos, fabric.endpoint("control"), EVENTS_PER_S, "x" * EVENT_BYTES)
    publisher.start()
    memory = 0
    for _ in range(int(seconds)):
        time.sleep(1)
        memory = max(memory, run.rss_bytes(fabric.gateway.pid))
    publisher.stopping = True
    publisher.join()
    time.sleep(1)
    figures = load.finish()
    return figures["latency_us"]["p99"] / 1000, memory / 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, default=run.ROOT / "build/release/bin", help="where the programs are")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=8)
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as directory:
        protos = run.load_proto(directory)
        with Fabric(Path(directory) / "fabric", options.bin) as fabric:
            # A log that is full, as it is in the long run, from the first pair on: deleting costs time on the disk.
            fabric.start_broker(broker__limits__store_events_max=EVENTS_PER_S)
            fabric.gateway = fabric.start_gateway()
            for _ in range(options.pairs):
                calm, calm_mb = measure(fabric, options.bin, protos, 0, options.seconds)
                slow, slow_mb = measure(fabric, options.bin, protos, STALLED, options.seconds)
                rows.append((calm, slow))
                print(json.dumps({"p99_ms": round(calm, 2), "p99_ms_with_stalled": round(slow, 2),
                                  "gateway_mb": round(max(calm_mb, slow_mb), 1)}), flush=True)
    print(json.dumps({"median_p99_ms": round(statistics.median(a for a, _ in rows), 2),
                      "median_p99_ms_with_stalled": round(statistics.median(b for _, b in rows), 2),
                      "median_ratio": round(statistics.median(b / a for a, b in rows), 2)}))


if __name__ == "__main__":
    main()
