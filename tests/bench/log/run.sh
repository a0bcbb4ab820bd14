#!/usr/bin/env bash
# The broker's log beside plain SQLite, in the same run on this machine.
#
#   tests/bench/log/run.sh [--dir DIR] [--repetitions N] [--seconds N] [--events N] [--commits N]
#
# CELL0_BUILD_DIR is an optimised build (default build/release); what is missing in it is built. DIR is on the disk to
# measure (default: the temporary directory; a tmpfs measures no disk).
#
# What is compared. Events of 200 encoded bytes; the baseline is one thread with one SQLite connection on the same tables
# and indexes, synced, which does nothing else.
#   durable    events that 4 emitters have an acknowledgement for, through the whole broker (checked, numbered, stored,
#              published to a gateway), beside transactions of 1000 events. The load shares the machine's cores
#   commit     how long the log takes for a batch of 1 and of 100, the way to its thread and back included
#   replay     all events, as encoded pages of 256 KiB, beside a SELECT over them
#   last 50    of one of 20 types, as a page, with 10 k events and with all: it should not grow
#   bytes per event, and how long it takes to open the log
#
# Prints a JSON object and the ratios; fails below 0.7 of plain SQLite's durable events per second, or if the last 50 take
# more than 3 times as long with all events as with 10 k.
set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
build=${CELL0_BUILD_DIR:-$repo/build/release}
if [[ ! -f $build/build.ninja ]]; then
  cmake -G Ninja -S "$repo" -B "$build" -DCMAKE_BUILD_TYPE=RelWithDebInfo >&2
fi
ninja -C "$build" cell0-broker log_bench >&2
exec "$build/bin/log_bench" "$@"
