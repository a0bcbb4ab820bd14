#!/usr/bin/env bash
# Events per second through cell0-broker, beside zmq_proxy's, in the same run on this machine.
#
#   tests/bench/broker/run.sh [--repetitions N] [--seconds N] [--publishers N] [--subscribers N] ...
#
# CELL0_BUILD_DIR is an optimised build (default build/release); what is missing in it is built.
#
# What is compared. Events of 200 encoded bytes (log_stream), published by 4 emitters and taken whole by each of
# 2 gateways, over loopback tcp. 8,192 events are under way at a time, so that nothing is dropped anywhere (a gap in the
# chain would be counted and shown). Events per second are what each subscriber receives, after a warm-up.
#   proxy              PUB -> XSUB|zmq_proxy|XPUB -> SUB: a message an event; it looks at nothing and keeps nothing. It has
#                      two I/O threads, as the broker has (with one it is as fast)
#   broker_unbatched   PUB -> broker -> SUB: a message an event in. Out come the broker's Batches, which form by load
#   broker_batched_16  DEALER -> broker -> SUB: PublishRequests of 16 events in, each acknowledged
# The broker checks every event and numbers it; by a rule all of them are ephemeral, so that the message path is measured
# and not the disk (tests/bench/log measures that). The three run one after the other, again and again; the ratio is the
# median of each repetition's ratio. The load shares the machine's cores with what is measured: with two cores
# everything is CPU-bound, and with one emitter and one gateway (--publishers 1 --subscribers 1) the load generator's own
# share, the same for all three, flattens the ratios.
#
# Prints a JSON object and the ratios; fails below 0.8 (unbatched) or 2.0 (batched).
set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
build=${CELL0_BUILD_DIR:-$repo/build/release}
if [[ ! -f $build/build.ninja ]]; then
  cmake -G Ninja -S "$repo" -B "$build" -DCMAKE_BUILD_TYPE=RelWithDebInfo >&2
fi
ninja -C "$build" cell0-broker broker_bench >&2
exec "$build/bin/broker_bench" "$@"
