#!/usr/bin/env bash
# cell0-healthcheck PORT: the container's health, 0 if /readyz on that port of this container answers 200.
set -uo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../lib/cell0/http.sh"
is_ready "$1"
