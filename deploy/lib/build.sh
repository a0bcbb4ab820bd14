# shellcheck shell=bash
# Builds the programs (cmake, ninja) and the web bundle (npm, vite). Sourced, not run; needs lib/say.sh.

# Compiler jobs: one a core, but no more than the free memory takes at ~700 MB each.
build_jobs() {
  local cores kb jobs
  cores=$(nproc)
  kb=$(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo)
  jobs=$((${kb:-4000000} / 700000))
  ((jobs > cores)) && jobs=$cores
  ((jobs < 1)) && jobs=1
  echo "$jobs"
}

# need_disk DIR MB PURPOSE: stops if the file system of DIR has less.
need_disk() {
  local free_kb
  mkdir -p "$1" || die 1 "cannot create $1 (for $3)"
  free_kb=$(df -Pk "$1" | awk 'NR == 2 { print $4 }')
  ((free_kb >= $2 * 1024)) || die 1 "$1 has $((free_kb / 1024)) MB free, $3 needs $2 MB: free some space or move it"
}

# build_programs REPO BUILD_DIR TARGET...: configures the release preset and builds these targets. Tests need more
# packages, so they are configured only for the target "all", and without the unit tests for "all-but-units"; a
# directory that has them keeps them.
build_programs() {
  local repo=$1 dir=$2 log=$2/configure.log
  local -a tests=()
  shift 2
  need_disk "$dir" 1000 "the build (CELL0_BUILD_DIR)"
  [[ -f $dir/CMakeCache.txt ]] || tests=(-DCELL0_TESTS=OFF -DCELL0_BENCH=OFF)
  case $1 in
    all) tests=(-DCELL0_TESTS=ON -DCELL0_BENCH=ON -DCELL0_UNIT_TESTS=ON) ;;
    all-but-units)
      tests=(-DCELL0_TESTS=ON -DCELL0_BENCH=ON -DCELL0_UNIT_TESTS=OFF)
      set -- all
      ;;
  esac
  if ! cmake --preset release -S "$repo" -B "$dir" "${tests[@]}" >"$log" 2>&1; then
    tail -n 30 "$log" >&2
    die 1 "cmake could not configure the build, see above and $log"
  fi
  NINJA_STATUS='[build %f/%t, %e s] ' ninja -C "$dir" -j "$(build_jobs)" "$@" ||
    die 1 "the build failed; the compiler's message is above"
}

# npm_install DIR KIND [NPM-OPTION...]: npm ci, unless the same lock file is installed in that kind already
# ("full" includes "prod"). One retry, since a registry may hiccup.
npm_install() {
  local dir=$1 kind=$2 stamp=$1/node_modules/.cell0-installed sum
  shift 2
  sum=$(sha256sum <"$dir/package-lock.json")
  [[ -f $stamp && $(<"$stamp") == @("$kind"|full)" $sum" ]] && return 0
  npm_ci "$dir" "$@" || { say "npm ci failed in $dir, once more in 5 s"; sleep 5; npm_ci "$dir" "$@"; } ||
    die 1 "npm ci failed in $dir: no network to the npm registry? (npm config get registry)"
  echo "$kind $sum" >"$stamp"
}
# npm 11 refuses a lock file without the builds of optional packages for other platforms (npm 9 does not): then the same
# lock file is installed without that question.
npm_ci() {
  (
    cd "$1" && shift
    npm ci --no-audit --no-fund --loglevel=error "$@" ||
      npm install --no-save --no-audit --no-fund --loglevel=error "$@"
  )
}

# web_is_built REPO: the bundle is there and newer than everything it is made from.
web_is_built() {
  local web=$1/web
  [[ -f $web/dist/index.html ]] &&
    [[ -z $(find "$web" \( -name node_modules -o -name dist \) -prune -o -type f -newer "$web/dist/index.html" -print -quit) ]]
}

# build_web REPO: the dashboard's bundle in web/dist. Two builds at once wait for each other.
build_web() {
  local repo=$1 lock
  exec {lock}<"$repo/web"
  flock "$lock"
  if ! web_is_built "$repo"; then
    npm_install "$repo/web" prod --omit=dev
    (cd "$repo/web" && npm run --silent build) || die 1 "the web bundle failed to build; see above"
    # vite may leave an unchanged file alone: the stamp is what web_is_built compares with
    touch "$repo/web/dist/index.html"
  fi
  exec {lock}<&-
  say "web bundle ready"
}
