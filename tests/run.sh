#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test of cell0; ends with a summary and fails if
# anything failed.
#
#   tests/run.sh            everything
#   tests/run.sh --quick    without the browser, the slow tests and the sanitizer build
#
# The unit tests are built once: with the sanitizers, or for release if it has to be quick.
# CELL0_BUILD_DIR moves the release build (default build/release); the sanitizer build lies beside it.
set -uo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$repo/deploy/lib/say.sh"
. "$repo/deploy/lib/packages.sh"
. "$repo/deploy/lib/build.sh"

quick=''
case ${1:-} in
  --quick) quick=1 ;;
  -h | --help) sed -n '2,/^set/{s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; exit 0 ;;
  '') ;;
  *) die 2 "unknown option $1; --quick and --help are known" ;;
esac
build=${CELL0_BUILD_DIR:-$repo/build/release}
asan=${build%/*}/asan-ubsan
export CTEST_OUTPUT_ON_FAILURE=1 NINJA_STATUS='[build %f/%t, %e s] '

# step NAME COMMAND...: runs it, remembers how it went and how long it took. A step runs in a subshell of
# its own, so that a `die` in it ends the step and not the run.
results=()
failed=()
step() {
  local name=$1 started=$SECONDS status=0
  shift
  printf '\n=== %s\n' "$name"
  ("$@") || status=$?
  note "$name" "$status" $((SECONDS - started))
}
note() { # NAME STATUS SECONDS
  if (($2)); then failed+=("$1"); fi
  results+=("$(printf '%-34s %-6s %4d s' "$1" "$( (($2)) && echo FAILED || echo ok)" "$3")")
  return "$2"
}

# begin NAME COMMAND...: a step in the background, beside those that follow; its output is kept for finish NAME, which
# shows it, waits for the end and counts the step.
declare -A begun
beside=$(mktemp -d)
leave() {
  local job
  for job in "${begun[@]}"; do kill -- "-${job%% *}" 2>/dev/null; done
  rm -rf "$beside"
}
trap leave EXIT
begin() {
  local name=$1 dir
  shift
  dir=$(mktemp -d "$beside/XXXX")
  set -m  # in a process group of its own, for leave()
  (
    status=0
    started=$SECONDS
    ("$@") || status=$?
    echo "$status $((SECONDS - started))" >"$dir/end"
  ) >"$dir/log" 2>&1 &
  set +m
  begun[$name]="$! $dir"
}
finish() {
  local name=$1 pid dir end
  read -r pid dir <<<"${begun[$name]}"
  printf '\n=== %s\n' "$name"
  if [[ -e $dir/end ]]; then cat "$dir/log"; else tail -n +1 -f --pid="$pid" "$dir/log"; fi
  read -r -a end 2>/dev/null <"$dir/end" || end=(1 0)  # somebody killed it
  unset "begun[$name]"
  note "$name" "${end[@]}"
}

# skip NAME REASON: a step that cannot run because another one failed, which has been counted.
skip() { results+=("$(printf '%-34s %s' "$1" "not run: $2")"); }

web_bundle() {
  npm_install "$repo/web" full
  npm_install "$repo/tests/system" full
  build_web "$repo"
}
release_build() { build_programs "$repo" "$build" "$([[ $quick ]] && echo all || echo all-but-units)"; }

run_ctest() { # DIR CTEST-OPTION...
  local dir=$1
  shift
  # One more than there are cores: system tests wait most of their time.
  ctest --test-dir "$dir" -j "$(($(nproc) + 1))" --no-tests=error --schedule-random "$@"
}
release_tests() {
  if [[ $quick ]]; then run_ctest "$build" -LE 'slow|browser|bench'; else run_ctest "$build" -LE bench; fi
}
web_typecheck() { cd "$repo/web" && npm run --silent typecheck; }
web_tests() { cd "$repo/web" && npm test --silent; }

asan_build() {
  local log=$asan/configure.log
  mkdir -p "$asan"
  cmake --preset asan-ubsan -S "$repo" -B "$asan" >"$log" 2>&1 || { tail -n 30 "$log"; return 1; }
  nice -n 19 ninja -C "$asan" -j "$(build_jobs)" cell0_tests cell0-broker cell0-gateway cell0_python  # what unit and conformance tests run
}
asan_tests() { run_ctest "$asan" -L '^(unit|conformance|sim)$'; }

# What waits for the network or for time runs beside what needs the cores: npm beside the compiler, and the second build,
# which gives way, beside the system tests.
step "Debian packages" install_packages "$repo/deploy/packages.txt" build web test || exit 1
begin "web bundle" web_bundle
built=ok
step "build (release)" release_build || built=''
finish "web bundle"
if [[ ! $quick ]]; then begin "build (address, undefined)" asan_build; fi
if [[ $built ]]; then
  step "ctest (release)" release_tests
else
  skip "ctest (release)" "the build failed"
fi
step "web: types" web_typecheck
step "web: vitest" web_tests
if [[ ! $quick ]]; then
  if finish "build (address, undefined)"; then
    step "ctest (address, undefined)" asan_tests
  else
    skip "ctest (address, undefined)" "the build failed"
  fi
fi

printf '\n=== summary after %d min %d s\n' $((SECONDS / 60)) $((SECONDS % 60))
printf '%s\n' "${results[@]}"
if ((${#failed[@]})); then
  echo "FAILED: ${#failed[@]} of ${#results[@]} steps"
  exit 1
fi
echo "all passed"
