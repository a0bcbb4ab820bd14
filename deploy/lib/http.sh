# shellcheck shell=bash
# The least of HTTP and TCP, without curl: bash's own /dev/tcp. Sourced, not run.

# port_is_open PORT: somebody listens there on loopback, on IPv4 or IPv6.
port_is_open() {
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null || (exec 3<>"/dev/tcp/::1/$1") 2>/dev/null
}

# http_get PORT PATH: prints the status line's number and the body's first line; fails if nobody answers in 2 s.
http_get() {
  local status body='' line
  exec {http_fd}<>"/dev/tcp/127.0.0.1/$1" || return 1
  printf 'GET %s HTTP/1.1\r\nHost: localhost:%s\r\nConnection: close\r\n\r\n' "$2" "$1" >&"$http_fd"
  read -r -t 2 -u "$http_fd" _ status _ || { exec {http_fd}<&-; return 1; }
  while read -r -t 2 -u "$http_fd" line && [[ ${line%$'\r'} ]]; do :; done
  read -r -t 2 -u "$http_fd" body || true
  exec {http_fd}<&-
  printf '%s %s\n' "$status" "${body%$'\r'}"
} 2>/dev/null

# is_ready PORT: /readyz there answers 200.
is_ready() { [[ $(http_get "$1" /readyz) == 200* ]]; }
