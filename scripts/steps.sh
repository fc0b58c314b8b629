# Named and timed steps, for the scripts beside this file. Source it; it runs nothing by itself.
# shellcheck shell=bash

step_name=""
step_remedy=""
step_started=0
step_report=()

# die MESSAGE: says what is wrong and stops.
die() {
  printf '%s\n' "$*" >&2
  exit 1
}

# step NAME REMEDY COMMAND...: runs the command under a name; the remedy is printed if it fails.
# The command runs outside of any condition, so `set -e` also holds inside of functions.
step() {
  step_name=$1
  step_remedy=$2
  shift 2
  step_started=$SECONDS
  printf '\n==> %s\n' "$step_name"
  "$@"
  step_report+=("$(printf '%5d s  %s' $((SECONDS - step_started)) "$step_name")")
  step_name=""
}

# The trap of a script that runs steps: names the step that failed, and what to do.
explain_failure() {
  local status=$?
  if ((status != 0)) && [[ -n $step_name ]]; then
    printf '\nFAILED: %s (after %d s)\n' "$step_name" $((SECONDS - step_started)) >&2
    printf 'What to do: %s\n' "$step_remedy" >&2
  fi
  return "$status"
}

# summary: the steps that ran and their times.
summary() {
  printf '\nAll steps passed.\n'
  printf '%s\n' "${step_report[@]}"
  printf '%5d s  in all\n' "$SECONDS"
}

# need COMMAND PACKAGE...: installs Debian packages when the command is missing and we may, else says how.
need() {
  local command=$1
  shift
  command -v "$command" >/dev/null && return
  if ((EUID == 0)) && command -v apt-get >/dev/null; then
    printf '%s is missing: installing %s\n' "$command" "$*"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
  else
    die "$command is missing. Install it, on Debian with: sudo apt-get install $*"
  fi
}

# at_least WANTED FOUND: whether a version is new enough.
at_least() {
  [[ $(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1) == "$1" ]]
}

# install PACKAGE: installs a package of Debian without starting what it serves; fails when we may not.
install() {
  ((EUID == 0)) && command -v apt-get >/dev/null || return 1
  printf 'installing %s\n' "$1" >&2
  local policy=/usr/sbin/policy-rc.d made="" status=0
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    made=yes
  fi
  {
    apt-get update -qq &&
      DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1"
  } >&2 || status=$?
  [[ -z $made ]] || rm -f "$policy"
  return "$status"
}
