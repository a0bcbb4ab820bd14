#!/usr/bin/env bash
# Stops what deploy/up.sh started, in order: emitters, gateways (which say goodbye to their clients), broker.
#
#   deploy/down.sh [--state-dir DIR]      DIR as given to up.sh
set -uo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$repo/deploy/lib/say.sh"
. "$repo/deploy/lib/settings.sh"

readonly STOP_S_MAX=60

case ${1:-} in
  --state-dir) CELL0_STATE_DIR=${2:-} ;;
  --state-dir=*) CELL0_STATE_DIR=${1#*=} ;;
  -h | --help) sed -n '2,/^set/{s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; exit 0 ;;
  '') ;;
  *) die 2 "unknown option $1; --state-dir and --help are known" ;;
esac
decide CELL0_STATE_DIR state dir "$(default_state_dir)"
lock=$CELL0_STATE_DIR/run/lock

if [[ ! -e $lock ]] || flock -n "$lock" true; then
  say "cell0 does not run (state $CELL0_STATE_DIR)"
  exit 0
fi
pid=$(<"$CELL0_STATE_DIR/run/supervisor.pid")
kill -TERM "$pid" || die 1 "cannot stop the supervisor $pid: is it another user's?"
flock -w "$STOP_S_MAX" "$lock" true || die 1 "the supervisor $pid did not stop within $STOP_S_MAX s"
say "stopped"
