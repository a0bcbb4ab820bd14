#!/usr/bin/env bash
# Many thousands of seeds, on all cores.
#
#   tests/sim/nightly.sh [FROM] [COUNT]     default: 1 10000; the simulator is build/release/bin/sim, or $CELL0_SIM
set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
sim=${CELL0_SIM:-${CELL0_BUILD_DIR:-$repo/build/release}/bin/sim}
from=${1:-1}
count=${2:-10000}
[[ -x $sim ]] || { echo "nightly.sh: no simulator at $sim; build the target sim" >&2; exit 2; }

jobs=$(nproc)
share=$(((count + jobs - 1) / jobs))
pids=()
for ((i = 0; i < jobs; ++i)); do
  first=$((from + i * share))
  last=$((first + share - 1 < from + count - 1 ? first + share - 1 : from + count - 1))
  ((first <= last)) || break
  "$sim" --seeds "$first..$last" &
  pids+=($!)
done
failed=0
for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
exit "$failed"
