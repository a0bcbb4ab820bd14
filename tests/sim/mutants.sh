#!/usr/bin/env bash
# Does the simulator find defects? Each patch in mutations/ is one, put into a copy of the tree: builds the simulator
# with it and runs seeds until one catches it. Ends with a table; fails if a mutation survives or does not apply.
#
#   tests/sim/mutants.sh [NAME...]     all, or those whose name begins so
#
# CELL0_MUTANTS_DIR keeps copy and build for the next time (default: a temporary directory); SEEDS is how many are
# tried (default 3000).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo=$(cd "$here/../.." && pwd)
seeds=${SEEDS:-3000}
if [[ ${CELL0_MUTANTS_DIR:-} ]]; then
  work=$CELL0_MUTANTS_DIR
  mkdir -p "$work"
else
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
fi
tree=$work/tree
build=$work/build

patches=()
for patch in "$here"/mutations/*.patch; do
  name=$(basename "$patch" .patch)
  wanted=$((!$#))
  for prefix in "$@"; do if [[ $name == "$prefix"* ]]; then wanted=1; fi; done
  if ((wanted)); then patches+=("$patch"); fi
done
((${#patches[@]})) || { echo "mutants.sh: no mutation is called $*" >&2; exit 2; }
/usr/bin/python3 "$here/mutate.py" check "$repo" "${patches[@]}"

# Only what has changed is copied anew, so that only that is built anew.
refresh() { # PATH...
  local path
  for path in "$@"; do
    if ! cmp -s "$repo/$path" "$tree/$path"; then
      mkdir -p "$(dirname "$tree/$path")"
      cp "$repo/$path" "$tree/$path"
    fi
  done
}
all_sources() {
  cd "$repo"
  find CMakeLists.txt cmake proto common broker gateway emitters cli tests -type f \
    -not -path '*/node_modules/*' -not -path '*/__pycache__/*' -not -path '*/build/*' -not -name '*.patch'
}
mapfile -t sources < <(all_sources)
refresh "${sources[@]}"

export CCACHE_BASEDIR=$work CCACHE_NOHASHDIR=1
build_sim() { ninja -C "$build" sim >"$work/build.log" 2>&1 || { tail -n 20 "$work/build.log"; return 1; }; }
[[ -f $build/build.ninja ]] || cmake -G Ninja -S "$tree" -B "$build" -DCMAKE_BUILD_TYPE=RelWithDebInfo \
  -DCELL0_BENCH=OFF >"$work/configure.log"
build_sim
"$build/bin/sim" --seeds 1..100 >"$work/clean.log" || { cat "$work/clean.log"; echo "it fails without a mutation"; exit 1; }

rows=()
survivors=0
for patch in "${patches[@]}"; do
  name=$(basename "$patch" .patch)
  mapfile -t files < <(sed -n 's|^+++ b/||p' "$patch")
  log=()  # a defect of the real log shows only where that is used
  if grep -q '^+++ b/broker/log/' "$patch"; then log=(--log sqlite); fi
  /usr/bin/python3 "$here/mutate.py" apply "$tree" "$patch"
  if ! build_sim; then
    row='does not build'
    survivors=$((survivors + 1))
  elif timeout 600 "$build/bin/sim" --seeds "1..$seeds" "${log[@]}" >"$work/$name.log" 2>&1; then
    row="SURVIVED $seeds seeds"
    survivors=$((survivors + 1))
  else
    row=$(sed -n 's/^sim: seed \([0-9]*\), step [0-9]*: \(.*\)/caught by seed \1 (\2)/p' "$work/$name.log" | head -n 1)
    [[ $row ]] || { row='ended without a verdict'; survivors=$((survivors + 1)); }
  fi
  refresh "${files[@]}"
  rows+=("$(printf '%-42s -> %s' "$name" "$row")")
  echo "${rows[-1]}"
done

echo
printf '%s\n' "${rows[@]}"
if ((survivors)); then
  echo "$survivors of ${#rows[@]} mutations were not caught"
  exit 1
fi
echo "all ${#rows[@]} mutations were caught"
