# shellcheck shell=bash
# Debian packages: which of deploy/packages.txt are missing, and their installation. Sourced, not run.
# Needs lib/say.sh; nothing but bash, dpkg and apt.

# packages_of FILE SECTION...: the lines "package" or "package = command" of these sections.
packages_of() {
  local file=$1 section='' line wanted
  shift
  wanted=" $* "
  while IFS= read -r line; do
    line=${line%%#*}
    [[ $line =~ [^[:space:]] ]] || continue
    if [[ $line == \[*\]* ]]; then
      section=${line//[][ ]/}
    elif [[ $wanted == *" $section "* ]]; then
      printf '%s\n' "$line"
    fi
  done <"$file"
}

package_is_installed() {
  [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# missing_packages FILE SECTION...: names of those that are neither installed nor provided as a command.
missing_packages() {
  local package equals command
  while read -r package equals command; do
    [[ $equals == '=' ]] && command -v "$command" >/dev/null && continue
    package_is_installed "$package" || printf '%s\n' "$package"
  done < <(packages_of "$@")
}

apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 \
    -o Dpkg::Use-Pty=0 "$@" </dev/null
}

# install_packages FILE SECTION...: installs what is missing; says what, and stops with a reason if it cannot.
install_packages() {
  local missing log
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  command -v apt-get >/dev/null ||
    die 1 "this system has no apt-get (Debian 12 is expected); these are missing: ${missing[*]}"
  can_be_root ||
    die 1 "these Debian packages are missing: ${missing[*]}" \
      "installing them needs root, or sudo without a password; or install them yourself and start again"
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  log=$(mktemp)
  if ! { apt_get update && apt_get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    explain_apt_failure "$log"
  fi
  rm -f "$log"
}

# explain_apt_failure LOG: the likely reason, then stop.
explain_apt_failure() {
  local reason="apt-get failed, its last lines are above"
  if grep -qiE 'no space left|enough free space' "$1"; then
    reason="the disk is full: apt-get needs about 1.5 GB under /usr and /var"
  elif grep -qiE 'could not resolve|temporary failure|could not connect|network is unreachable|timed out' "$1"; then
    reason="no network: apt-get could not reach the Debian archive (see /etc/apt/sources.list and the proxy settings)"
  elif grep -qiE 'unable to locate package|no installation candidate' "$1"; then
    reason="the archive lacks a package: is this Debian 12 with its 'main' component enabled?"
  elif grep -qi 'lock' "$1"; then
    reason="another package manager holds the lock for more than five minutes"
  fi
  rm -f "$1"
  die 1 "$reason"
}
