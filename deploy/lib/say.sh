# shellcheck shell=bash
# How the scripts of this project speak, and how they stop. Sourced, not run.

say() { printf '[cell0] %s\n' "$*"; }

# die STATUS TEXT...: 2 for bad usage, 1 for everything else.
die() {
  local status=$1
  shift
  printf '[cell0] error: %s\n' "$@" >&2
  exit "$status"
}

# As root, or through sudo. REQUIRES: can_be_root.
as_root() { if ((EUID == 0)); then "$@"; else sudo -n "$@"; fi; }
can_be_root() { ((EUID == 0)) || { command -v sudo >/dev/null && sudo -n true 2>/dev/null; }; }
