# shellcheck shell=bash
# What tools/run, tools/test, tools/lock and tools/build-llm share. Source it; it only defines.

set -euo pipefail
shopt -s inherit_errexit

ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
CACHE=${XDG_CACHE_HOME:-${HOME:?is not set}/.cache}/appliance
VENV=$ROOT/.venv

# shellcheck source=tools/lib/say.sh
. "$ROOT/tools/lib/say.sh"
# shellcheck source=tools/lib/packages.sh
. "$ROOT/tools/lib/packages.sh"
# shellcheck source=tools/lib/python.sh
. "$ROOT/tools/lib/python.sh"
# shellcheck source=tools/lib/environment.sh
. "$ROOT/tools/lib/environment.sh"
# shellcheck source=tools/lib/models.sh
. "$ROOT/tools/lib/models.sh"
# shellcheck source=tools/lib/llm.sh
. "$ROOT/tools/lib/llm.sh"

# One set-up at a time on this machine. The lock is fd 9; release_setup_lock before anything that lives on.
take_setup_lock() {
  mkdir -p "$CACHE" 2>/dev/null || die "$CACHE cannot be written" "set XDG_CACHE_HOME to a folder of yours"
  exec 9>"$CACHE/setup.lock"
  flock -n 9 && return
  note "Another set-up is running; waiting for it"
  flock -w 3600 9 || die "another set-up has held $CACHE/setup.lock for an hour" "see who: fuser -v $CACHE/setup.lock"
}

release_setup_lock() {
  exec 9>&-
}

# Everything that the run or the test LEVEL needs; does nothing, in milliseconds, when it is there.
set_up() { # LEVEL
  local level=$1 missing
  missing=$(missing_packages "$level")
  if [[ -z $missing ]] && environment_ready "$level"; then
    compile_sources
    return
  fi
  take_setup_lock
  install_packages "$level"
  find_python
  sync_environment "$level"
  compile_sources
  release_setup_lock
}
