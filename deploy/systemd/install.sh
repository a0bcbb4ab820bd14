#!/usr/bin/env bash
# Installs cell0 as systemd services: programs and web bundle to /usr/local, units to /etc/systemd/system, the
# configuration to /etc/cell0/cell0.toml (an existing one is kept), the users cell0 and cell0-run.
#
#   deploy/systemd/install.sh [--start]     --start: enable and start cell0.target
#   deploy/systemd/install.sh --remove      stops and removes it all but /etc/cell0, /var/lib/cell0 and cell0-run
#
# Needs root. Run again it updates; running services are restarted only with --start.
set -uo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$repo/deploy/lib/say.sh"
. "$repo/deploy/lib/packages.sh"
. "$repo/deploy/lib/build.sh"

readonly PREFIX=/usr/local UNITS=/etc/systemd/system
here=$repo/deploy/systemd
build_dir=${CELL0_BUILD_DIR:-$repo/build/release}

install_programs() {
  install_packages "$repo/deploy/packages.txt" build web
  (build_web "$repo") &
  web=$!
  trap 'kill "$web" 2>/dev/null' EXIT  # not left behind when the programs fail
  build_programs "$repo" "$build_dir" cell0_programs
  wait "$web" || die 1 "the web bundle failed to build; its message is above"
  trap - EXIT
  cmake --install "$build_dir" --prefix "$PREFIX" >/dev/null || die 1 "cannot install to $PREFIX: is the disk full?"
  rm -rf "$PREFIX/share/cell0/web.new"
  mkdir -p "$PREFIX/share/cell0"
  cp -r "$repo/web/dist" "$PREFIX/share/cell0/web.new" || die 1 "cannot copy the web bundle to $PREFIX/share/cell0"
  rm -rf "$PREFIX/share/cell0/web"
  mv "$PREFIX/share/cell0/web.new" "$PREFIX/share/cell0/web"
}

install_units() {
  local unit version
  install -D -m 0644 "$here/cell0.sysusers" /usr/local/lib/sysusers.d/cell0.conf
  systemd-sysusers /usr/local/lib/sysusers.d/cell0.conf || die 1 "cannot create the users cell0 and cell0-run"
  [[ -e /etc/cell0/cell0.toml ]] || install -D -m 0644 "$repo/deploy/config/cell0.toml" /etc/cell0/cell0.toml
  install -m 0644 "$here"/*.service "$here"/*.target "$UNITS/"
  for unit in "$here"/*.d; do
    mkdir -p "$UNITS/${unit##*/}"
    install -m 0644 "$unit"/*.conf "$UNITS/${unit##*/}/"
  done
  version=$(systemctl --version | awk 'NR == 1 { print $2 }')
  if ((${version%%.*} >= 254)); then
    for unit in cell0-broker cell0-gateway@ cell0-emitter@ cell0-daemons cell0-orchestrator; do
      install -D -m 0644 "$here/backoff.conf" "$UNITS/$unit.service.d/backoff.conf"
    done
  fi
  systemctl daemon-reload
}

start() {
  systemctl enable --quiet cell0.target
  systemctl restart cell0.target || die 1 "cell0.target did not start; see: journalctl -u 'cell0*'"
  # The target is up when its services have been asked for; each of them is ready when it said so (Type=notify).
  for unit in cell0-broker cell0-gateway@0 cell0-emitter@{system,log,kernel} cell0-daemons cell0-orchestrator; do
    timeout 60 systemctl start "$unit" || die 1 "$unit did not start; see: journalctl -u $unit"
  done
  say "cell0 runs: http://localhost:8080/, admin token in /var/lib/cell0/admin.token, logs: journalctl -u 'cell0*'"
}

remove() {
  systemctl disable --quiet --now cell0.target 2>/dev/null
  systemctl stop 'cell0-*' 2>/dev/null
  rm -rf "$UNITS"/cell0* /usr/local/lib/sysusers.d/cell0.conf "$PREFIX/share/cell0" "$PREFIX"/bin/cell0 "$PREFIX"/bin/cell0-*
  systemctl daemon-reload
  say "removed; /etc/cell0, /var/lib/cell0, /var/lib/cell0-run and the users cell0 and cell0-run are left"
}

case ${1:-} in
  '' | --start | --remove) ;;
  -h | --help) sed -n '2,/^set/{s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; exit 0 ;;
  *) die 2 "unknown option $1; --start, --remove and --help are known" ;;
esac
((EUID == 0)) || die 1 "needs root: sudo $0 ${1:-}"
command -v systemctl >/dev/null || die 1 "this system has no systemd; deploy/up.sh works without"
if [[ ${1:-} == --remove ]]; then remove; exit 0; fi
install_programs
install_units
if [[ ${1:-} == --start ]]; then start; else say "installed; start it with: systemctl enable --now cell0.target"; fi
