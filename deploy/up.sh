#!/usr/bin/env bash
# Builds and starts cell0 on this machine: broker, gateway, the emitters system, log and kernel, and the services
# daemons and orchestrator.
#
#   deploy/up.sh [--detach] [--gateways N] [--demo] [--state-dir DIR]
#
#   --detach         return as soon as everything is ready; deploy/down.sh stops it
#   --gateways N     N gateway processes (1-16) that share the public ports; default 1
#   --demo           also the demo emitter: a scripted scene with every type of event
#   --state-dir DIR  where token, logs and locks lie; default /var/lib/cell0 for root,
#                    ~/.local/state/cell0 for others
#
# Needs Debian 12 and root or password-less sudo for the packages that are missing; nothing else.
# Without --detach it stays, and Ctrl-C stops all in order. Ports and directories are moved by CELL0_*
# variables (deploy/README.md): CELL0_PORT_OFFSET, CELL0_GATEWAY_LISTEN_HTTP, CELL0_BUILD_DIR, ...
set -uo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$repo/deploy/lib/say.sh"
. "$repo/deploy/lib/packages.sh"
. "$repo/deploy/lib/build.sh"
. "$repo/deploy/lib/http.sh"
. "$repo/deploy/lib/settings.sh"

readonly READY_S_MAX=60
detach='' gateways=1 demo=''

parse_options() {
  while (($#)); do
    case $1 in
      --detach) detach=1 ;;
      --demo) demo=1 ;;
      --gateways) gateways=${2:-}; shift ;;
      --gateways=*) gateways=${1#*=} ;;
      --state-dir) export CELL0_STATE_DIR=${2:-}; need_directory_name; shift ;;
      --state-dir=*) export CELL0_STATE_DIR=${1#*=}; need_directory_name ;;
      -h | --help) sed -n '2,/^set/{s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; exit 0 ;;
      *) die 2 "unknown option $1; --help names the options" ;;
    esac
    shift || break
  done
  [[ $gateways =~ ^[0-9]+$ ]] && ((gateways >= 1 && gateways <= 16)) ||
    die 2 "--gateways: '$gateways' is not a number from 1 to 16"
}
need_directory_name() { [[ $CELL0_STATE_DIR ]] || die 2 "--state-dir needs a directory"; }

# Prepares the state directory and stops here if a supervisor has it already.
claim_state_dir() {
  mkdir -p -m 0750 "$CELL0_STATE_DIR" 2>/dev/null && [[ -w $CELL0_STATE_DIR ]] ||
    die 1 "cannot write to the state directory $CELL0_STATE_DIR: choose another with --state-dir"
  CELL0_STATE_DIR=$(cd "$CELL0_STATE_DIR" && pwd)
  run=$CELL0_STATE_DIR/run logs=$CELL0_STATE_DIR/logs
  mkdir -p "$run" "$logs"
  if ! flock -n "$run/lock" true; then
    say "cell0 runs already (state $CELL0_STATE_DIR, supervisor $(cat "$run/supervisor.pid" 2>/dev/null))"
    [[ ! -f $run/urls ]] || cat "$run/urls"
    exit 0
  fi
  exec {up_lock}>"$run/up.lock"
  flock -n "$up_lock" || die 1 "another up.sh is starting cell0 in $CELL0_STATE_DIR right now"
}

# The programs and, beside them, the web bundle.
build() {
  need_disk "$CELL0_STATE_DIR" 100 "the state directory (--state-dir)"
  say "building the programs in $build_dir and the web bundle in $repo/web/dist"
  (build_web "$repo") &
  web=$!
  trap 'kill "$web" 2>/dev/null' EXIT  # not left behind when the programs fail
  build_programs "$repo" "$build_dir" cell0_programs
  wait "$web" || die 1 "the web bundle failed to build; its message is above"
  trap - EXIT
}

# One process a line, words separated by tabs, in the order of their start (lib/supervisor.sh).
write_services() {
  local bin=$build_dir/bin n kind
  local -a emitters=(system log kernel)
  [[ ! $demo ]] || emitters+=(demo)
  {
    printf 'broker\t%s\n' "$bin/cell0-broker"
    for ((n = 0; n < gateways; n++)); do printf 'gateway-%d\t%s\t--instance\t%d\n' "$n" "$bin/cell0-gateway" "$n"; done
    for kind in "${emitters[@]}"; do printf 'emit-%s\t%s\n' "$kind" "$bin/cell0-emit-$kind"; done
    for kind in daemons orchestrator; do printf '%s\t%s\n' "$kind" "$bin/cell0-$kind"; done
  } >"$run/services"
}

# What the processes shall know beyond decide_settings; what is only for this script they need not see.
export_process_environment() {
  export CELL0_GATEWAY_WEB_DIR=${CELL0_GATEWAY_WEB_DIR:-$repo/web/dist}
  if [[ ! ${CELL0_EMIT_LOG_FILES:-} && ! $(file_value emit.log files) ]]; then
    CELL0_EMIT_LOG_FILES=$(log_files "$logs")
    export CELL0_EMIT_LOG_FILES
  fi
  unset CELL0_BUILD_DIR CELL0_PORT_OFFSET CELL0D_HTTP_PORT CELL0D_WS_PORT NOTIFY_SOCKET
}

# The supervisor gets a session of its own, so that Ctrl-C reaches this script alone and the order is kept. In the
# foreground it is told by the kernel when this script is killed.
start_supervisor() {
  rm -f "$run/ready"
  if [[ $detach ]]; then
    setsid bash "$repo/deploy/lib/supervisor.sh" "$CELL0_STATE_DIR" </dev/null >/dev/null 2>&1 {up_lock}>&- &
  else
    setpriv --pdeathsig TERM -- setsid bash "$repo/deploy/lib/supervisor.sh" "$CELL0_STATE_DIR" </dev/null {up_lock}>&- &
  fi
  supervisor=$!
}

# all_ready: the broker, every gateway and the services answer /readyz with 200.
all_ready() {
  local n
  [[ ! $CELL0_BROKER_ADMIN =~ :([0-9]+)$ ]] || is_ready "${BASH_REMATCH[1]}" || return 1
  for ((n = 0; n < gateways && CELL0_GATEWAY_ADMIN_PORT; n++)); do
    is_ready $((CELL0_GATEWAY_ADMIN_PORT + n)) || return 1
  done
  for n in 6 7; do  # daemons, orchestrator (emitters/runtime/admin.h)
    ((CELL0_EMIT_ADMIN_PORT == 0)) || is_ready $((CELL0_EMIT_ADMIN_PORT + n)) || return 1
  done
  ((CELL0_GATEWAY_LISTEN_HTTP == 0)) || is_ready "$CELL0_GATEWAY_LISTEN_HTTP"
}

wait_until_ready() {
  local until=$((SECONDS + READY_S_MAX))
  say "starting; ready when the broker, $gateways gateway(s) and the services say so"
  until all_ready; do
    if ! kill -0 "$supervisor" 2>/dev/null || ((SECONDS >= until)); then give_up; fi
    sleep 0.2
  done
  : >"$run/ready"
}

give_up() {
  local log
  kill -TERM "$supervisor" 2>/dev/null && wait "$supervisor"
  for log in supervisor broker gateway-0 daemons orchestrator; do
    printf -- '--- the end of %s\n' "$logs/$log.log" >&2
    tail -n 8 "$logs/$log.log" >&2
  done
  die 1 "cell0 did not become ready within $READY_S_MAX s; the logs above and in $logs say why"
}

print_urls() {
  local how_to_stop="deploy/down.sh --state-dir $CELL0_STATE_DIR"
  [[ $detach ]] || how_to_stop="Ctrl-C, or $how_to_stop"
  {
    echo "[cell0] ready"
    ((CELL0_GATEWAY_LISTEN_HTTP == 0)) || echo "  dashboard    http://localhost:$CELL0_GATEWAY_LISTEN_HTTP/"
    ((CELL0_GATEWAY_LISTEN_CELL0D == 0)) || echo "  WebSocket    ws://localhost:$CELL0_GATEWAY_LISTEN_CELL0D/"
    ((CELL0_GATEWAY_LISTEN_API == 0)) || echo "  HTTP         http://localhost:$CELL0_GATEWAY_LISTEN_API/api/v1/events"
    echo "  admin token  $CELL0_STATE_DIR/admin.token (publishing needs it)"
    echo "  logs         $logs"
    echo "  stop         $how_to_stop"
  } | tee "$run/urls"
}

# Stays until the supervisor has ended; Ctrl-C and TERM are passed on to it, which stops all in order.
stay() {
  trap 'kill -TERM "$supervisor" 2>/dev/null' INT TERM HUP
  while kill -0 "$supervisor" 2>/dev/null; do wait "$supervisor"; done
}

parse_options "$@"
decide_settings
build_dir=${CELL0_BUILD_DIR:-$repo/build/release}
claim_state_dir
need_free_ports "$gateways"
install_packages "$repo/deploy/packages.txt" build web
build
need_free_ports "$gateways"
write_services
export_process_environment
start_supervisor
trap 'kill -TERM "$supervisor" 2>/dev/null; wait "$supervisor"; exit 130' INT TERM
wait_until_ready
print_urls
if [[ $detach ]]; then disown "$supervisor"; else stay; fi
