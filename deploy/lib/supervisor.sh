#!/usr/bin/env bash
# Keeps the processes of one cell0 running. Started by deploy/up.sh, stopped by TERM; not meant to be run by hand.
#
#   supervisor.sh STATE_DIR
#
# STATE_DIR/run/services says what to run, one process a line, words separated by tabs: name, program, arguments.
# They are started in that order and stopped in the opposite one, by groups (emitters, gateways, the rest). One that
# ends is started again after 1, 2, 4 ... 30 s; after a minute of life it begins at 1 s again. One that refuses its
# configuration (status 2) before everything was ready once (STATE_DIR/run/ready) ends the whole start.
# Output: STATE_DIR/logs/NAME.log, at most twice LOG_BYTES_MAX each (NAME.log.1 is the older half).
# If this script is killed, its processes get a TERM from the kernel.
set -uo pipefail

readonly LOG_BYTES_MAX=$((8 * 1024 * 1024)) DELAY_S_MAX=30 STABLE_S=60 STATUS_EVERY_S=30
readonly STOP_S_MAX=15  # per group, then KILL

state=$1 run=$1/run logs=$1/logs
mkdir -p "$run" "$logs"
exec {lock}>"$run/lock"
flock -n "$lock" || { echo "another supervisor has $run/lock" >&2; exit 1; }
echo $$ >"$run/supervisor.pid"
exec 2>>"$logs/supervisor.log"  # what bash itself has to say, such as "line 9: 1234 Killed ..."

# A nap without a child process: reading from a pipe that nobody writes to.
rm -f "$run/nap"
mkfifo -m 600 "$run/nap"
exec {nap_fd}<>"$run/nap"
rm -f "$run/nap"
nap() { read -r -t "$1" -u "$nap_fd" _ || true; }

note() { printf '%(%Y-%m-%dT%H:%M:%S%z)T %s %s\n' -1 "$1" "${*:2}" >>"$logs/supervisor.log"; }
say() { # LEVEL TEXT...: to the log and to the console
  note "$@"
  printf '[cell0] %s\n' "${*:2}" 2>/dev/null || true
}

names=()
declare -A command_of pid_of started_at due_at delay_of restarts
stopping=''
trap 'stopping=1' TERM INT
trap '' HUP

load_services() {
  local name rest
  while IFS=$'\t' read -r name rest; do
    names+=("$name")
    command_of[$name]=$rest
    delay_of[$name]=1
    restarts[$name]=0
    due_at[$name]=0
  done <"$run/services"
}

start() {
  local name=$1 words
  IFS=$'\t' read -r -a words <<<"${command_of[$name]}"
  # The shell between looks whether we are still there: we may be killed before setpriv has asked for the signal.
  # shellcheck disable=SC2016
  setpriv --pdeathsig TERM -- bash -c '[[ $PPID == "$0" ]] && exec "$@"' $$ "${words[@]}" </dev/null >>"$logs/$name.log" 2>&1 {lock}>&- {nap_fd}>&- &
  pid_of[$name]=$!
  started_at[$name]=$SECONDS
  unset "due_at[$name]"
  echo "${pid_of[$name]}" >"$run/$name.pid"
  note INFO "$name: started, pid ${pid_of[$name]}"
}

how_it_ended() { if (($1 > 128)); then echo "killed by signal $(($1 - 128))"; else echo "ended with status $1"; fi; }

# A process has ended: say so, and decide when it comes back.
buried() {
  local name=$1 status=$2 age=$((SECONDS - started_at[$1]))
  unset "pid_of[$name]"
  rm -f "$run/$name.pid"
  if ((status == 2)) && [[ ! -e $run/ready ]]; then
    say ERROR "$name refuses its configuration (status 2): $(tail -n 1 "$logs/$name.log")"
    stopping=1
    return
  fi
  ((age >= STABLE_S)) && delay_of[$name]=1
  say WARN "$name $(how_it_ended "$status") after $age s; starting it again in ${delay_of[$name]} s (log: $logs/$name.log)"
  due_at[$name]=$((SECONDS + delay_of[$name]))
  delay_of[$name]=$((delay_of[$name] * 2 > DELAY_S_MAX ? DELAY_S_MAX : delay_of[$name] * 2))
  restarts[$name]=$((restarts[$name] + 1))
}

bury_the_dead() {
  local name status
  for name in "${!pid_of[@]}"; do
    kill -0 "${pid_of[$name]}" 2>/dev/null && continue
    status=0
    wait "${pid_of[$name]}" || status=$?
    buried "$name" "$status"
  done
}

start_the_due() {
  local name
  for name in "${names[@]}"; do
    [[ ${due_at[$name]:-} ]] && ((SECONDS >= due_at[$name])) && start "$name"
  done
}

# Copy and truncate: the processes append, so they go on at the start of the emptied file. Lines written between
# the two steps are lost, which a log of this kind may.
bound_the_logs() {
  local file
  for file in "$logs"/*.log; do
    (($(stat -c %s "$file") <= LOG_BYTES_MAX)) && continue
    cp "$file" "$file.1" && : >"$file"
  done
}

note_status() {
  local name text='' pages
  for name in "${names[@]}"; do
    if [[ ${pid_of[$name]:-} ]] && read -r _ pages _ 2>/dev/null <"/proc/${pid_of[$name]}/statm"; then
      text+=" $name=$((pages * 4))KiB/${restarts[$name]}"
    else
      text+=" $name=down/${restarts[$name]}"
    fi
  done
  note INFO "memory/restarts:$text"
}

# stop_group PATTERN: TERM to all of them at once, then wait; who does not stop is killed.
stop_group() {
  local name until=$((SECONDS + STOP_S_MAX)) alive
  local -a group=()
  for name in "${!pid_of[@]}"; do
    # shellcheck disable=SC2053  # a pattern on purpose
    [[ $name == $1 ]] && group+=("$name")
  done
  for name in "${group[@]}"; do kill -TERM "${pid_of[$name]}" 2>/dev/null || true; done
  while :; do
    alive=()
    for name in "${group[@]}"; do kill -0 "${pid_of[$name]}" 2>/dev/null && alive+=("$name"); done
    ((${#alive[@]} == 0)) && break
    if ((SECONDS >= until)); then
      say WARN "${alive[*]}: no end within $STOP_S_MAX s, killing"
      for name in "${alive[@]}"; do kill -KILL "${pid_of[$name]}" 2>/dev/null || true; done
    fi
    nap 0.1
  done
  for name in "${group[@]}"; do
    wait "${pid_of[$name]}" 2>/dev/null
    note INFO "$name: stopped, status $?"
    unset "pid_of[$name]"
    rm -f "$run/$name.pid"
  done
}

load_services
note INFO "supervisor started, pid $$, ${#names[@]} processes, state $state"
turn=0
while [[ ! $stopping ]]; do
  bury_the_dead
  start_the_due
  ((turn % 10 == 0)) && bound_the_logs
  ((turn % (STATUS_EVERY_S * 2) == STATUS_EVERY_S)) && note_status
  turn=$((turn + 1))
  nap 0.5
done
say INFO "stopping: emitters, gateways, broker"
stop_group '@(emit-*|daemons|orchestrator)'
stop_group 'gateway-*'
stop_group '*'
rm -f "$run"/*.pid "$run/ready" "$run/urls"
say INFO "stopped"
