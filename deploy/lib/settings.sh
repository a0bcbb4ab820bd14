# shellcheck shell=bash
# Where everything listens and lies: CELL0_* of the environment, else the configuration file ($CELL0_CONFIG), else
# the default. What is decided here is exported, so that every process that is started agrees. Sourced, not run.

# file_value SECTION KEY: the value of a key of the configuration file, without quotes; nothing if it is not there.
# Only for the plain one-line values that this script needs; the programs read the file properly.
file_value() {
  [[ ${CELL0_CONFIG:-} && -r ${CELL0_CONFIG:-} ]] || return 0
  awk -v section="$1" -v key="$2" '
    /^[ \t]*\[/ { gsub(/[][ \t]/, ""); here = ($0 == section); next }
    here { split($0, part, "="); name = part[1]; gsub(/[ \t]/, "", name)
           if (name == key) { sub(/^[^=]*=[ \t]*/, ""); sub(/[ \t]*#[^"]*$/, ""); gsub(/^"|"$/, ""); print; exit } }
  ' "$CELL0_CONFIG"
}

# decide VARIABLE SECTION KEY DEFAULT [ALIAS]: gives the exported VARIABLE its value.
decide() {
  local -n decided=$1
  [[ ${decided:-} ]] || decided=$([[ ${5:-} ]] && printf '%s' "${!5:-}")
  [[ ${decided:-} ]] || decided=$(file_value "$2" "$3")
  [[ ${decided:-} ]] || decided=$4
  export "${1?}"
}

default_state_dir() {
  if ((EUID == 0)); then echo /var/lib/cell0; else echo "${XDG_STATE_HOME:-$HOME/.local/state}/cell0"; fi
}

# decide_settings: all of it. CELL0_PORT_OFFSET moves every default port by that much.
decide_settings() {
  local offset=${CELL0_PORT_OFFSET:-0} socket bound
  [[ $offset =~ ^[0-9]+$ ]] && ((offset <= 40000)) ||
    die 2 "CELL0_PORT_OFFSET: $offset is not a number from 0 to 40000"
  decide CELL0_STATE_DIR state dir "$(default_state_dir)"
  decide CELL0_BROKER_INGEST broker ingest "tcp://127.0.0.1:$((5550 + offset))"
  decide CELL0_BROKER_FANOUT broker fanout "tcp://127.0.0.1:$((5551 + offset))"
  decide CELL0_BROKER_CONTROL broker control "tcp://127.0.0.1:$((5552 + offset))"
  decide CELL0_BROKER_ADMIN broker admin "127.0.0.1:$((9600 + offset))"
  decide CELL0_GATEWAY_LISTEN_HTTP gateway.listen http $((8080 + offset)) CELL0D_HTTP_PORT
  decide CELL0_GATEWAY_LISTEN_CELL0D gateway.listen cell0d $((8765 + offset)) CELL0D_WS_PORT
  decide CELL0_GATEWAY_LISTEN_JSONRPC gateway.listen jsonrpc $((18801 + offset))
  decide CELL0_GATEWAY_LISTEN_CODA gateway.listen coda $((8766 + offset))
  decide CELL0_GATEWAY_LISTEN_ARCANE gateway.listen arcane $((8000 + offset))
  decide CELL0_GATEWAY_LISTEN_NEOLITH gateway.listen neolith $((8787 + offset))
  decide CELL0_GATEWAY_LISTEN_API gateway.listen api $((18800 + offset))
  decide CELL0_GATEWAY_ADMIN_PORT gateway admin_port $((9610 + offset))
  decide CELL0_EMIT_ADMIN_PORT emit admin_port $((9640 + offset))  # and the seven after it, a kind of emitter each
  for socket in INGEST FANOUT CONTROL; do
    bound=CELL0_BROKER_$socket
    bound=${!bound//'*'/127.0.0.1}
    decide "CELL0_LINK_$socket" link "${socket,,}" "${bound//0.0.0.0/127.0.0.1}"
  done
}

# ports_to_bind GATEWAYS: "PORT SETTING VARIABLE" of each TCP port that this start will listen on.
ports_to_bind() {
  local variable n
  for variable in CELL0_BROKER_INGEST CELL0_BROKER_FANOUT CELL0_BROKER_CONTROL CELL0_BROKER_ADMIN; do
    [[ ${!variable} =~ :([0-9]+)$ ]] && echo "${BASH_REMATCH[1]} broker.$(lower_key "$variable") $variable"
  done
  for variable in CELL0_GATEWAY_LISTEN_HTTP CELL0_GATEWAY_LISTEN_CELL0D CELL0_GATEWAY_LISTEN_JSONRPC \
    CELL0_GATEWAY_LISTEN_CODA CELL0_GATEWAY_LISTEN_ARCANE CELL0_GATEWAY_LISTEN_NEOLITH CELL0_GATEWAY_LISTEN_API; do
    ((${!variable})) && echo "${!variable} gateway.listen.$(lower_key "$variable") $variable"
  done
  for ((n = 0; n < $1 && CELL0_GATEWAY_ADMIN_PORT; n++)); do
    echo "$((CELL0_GATEWAY_ADMIN_PORT + n)) gateway.admin_port CELL0_GATEWAY_ADMIN_PORT"
  done
  for ((n = 0; n < 8 && CELL0_EMIT_ADMIN_PORT; n++)); do
    echo "$((CELL0_EMIT_ADMIN_PORT + n)) emit.admin_port CELL0_EMIT_ADMIN_PORT"
  done
}
lower_key() { local key=${1##*_}; echo "${key,,}"; }

# need_free_ports GATEWAYS: stops with the first port that somebody else has.
need_free_ports() {
  local port setting variable
  while read -r port setting variable; do
    port_is_open "$port" || continue
    die 1 "port $port ($setting) is taken by another program" \
      "free it, or choose another: $variable=..., or move all ports at once: CELL0_PORT_OFFSET=1000"
  done < <(ports_to_bind "$1")
}

# log_files LOG_DIR: what the log emitter follows (globs, comma-separated): the system's own text logs, as far as they
# are there, and the output of cell0's other processes; not the log emitter's own, which would feed itself.
log_files() {
  local file
  for file in /var/log/syslog /var/log/messages; do [[ ! -e $file ]] || printf '%s,' "$file"; done
  printf '%s' "/var/log/*.log,$1/supervisor.log,$1/broker.log,$1/gateway-*.log,$1/emit-system.log,$1/emit-kernel.log"
  printf ',%s' "$1/daemons.log" "$1/orchestrator.log"
}
