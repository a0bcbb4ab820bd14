#!/usr/bin/env bash
# Lets each fuzz target search, and ends with what it found; fails if something was.
#
#   tests/fuzz/run.sh [SECONDS [NAME...]]     60 seconds each, all targets
#
# Builds with clang, sanitizers and coverage in build/fuzz (CELL0_BUILD_DIR moves it). What is worth keeping stays there
# for the next time; an input that fails is named, and `fuzz_NAME FILE` runs it again.
set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
case ${1:-} in -h | --help) sed -n '2,/^set/{s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; exit 0 ;; esac
build=${CELL0_BUILD_DIR:-$repo/build/fuzz}
seconds=${1:-60}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || { echo "run.sh: $seconds is not a number of seconds" >&2; exit 2; }
shift $(($# > 0))
names=("$@")
((${#names[@]})) || names=($(cd "$repo/tests/fuzz/seeds" && echo *))

cmake --preset asan-ubsan -S "$repo" -B "$build" -DCELL0_FUZZ=ON >/dev/null
ninja -C "$build" "${names[@]/#/fuzz_}"
failed=0
for name in "${names[@]}"; do
  found=$build/tests/fuzz/found/$name
  mkdir -p "$found"
  log=$build/tests/fuzz/$name.log
  status=0
  "$build/bin/fuzz_$name" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=2048 \
    -artifact_prefix="$build/tests/fuzz/$name." "$found" "$repo/tests/fuzz/seeds/$name" >"$log" 2>&1 || status=$?
  if ((status)); then
    failed=1
    printf '%-14s FAILED, see %s\n' "$name" "$log"
  else
    printf '%-14s %s\n' "$name" "$(grep -a 'Done' "$log" | tail -n 1)"
  fi
done
exit "$failed"
