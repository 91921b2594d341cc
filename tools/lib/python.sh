# shellcheck shell=bash
# The system's Python (3.11 or newer) and uv. The interpreter must lie under /usr: stages see nothing else.

# The newest usable interpreter's path, or nothing. Judged by its name, without starting it.
system_python() {
  local candidate resolved
  for candidate in "${APPLIANCE_PYTHON:-}" /usr/bin/python3 /usr/bin/python3.{14,13,12,11}; do
    [[ -n $candidate && -x $candidate ]] || continue
    resolved=$(readlink -f "$candidate")
    if [[ $resolved =~ /python3\.([0-9]+)$ ]] && ((BASH_REMATCH[1] >= 11)); then
      printf '%s\n' "$resolved"
      return
    fi
  done
}

# Packages that bring Python: the distribution's default, or the newer one that Ubuntu 22.04 has beside its 3.10.
python_packages() {
  local python name=python3
  python=$(system_python)
  if [[ -n $python ]]; then
    [[ $python == "$(readlink -f /usr/bin/python3)" ]] || name=${python##*/}
  elif grep -q -s -x 'VERSION_ID="22.04"' /etc/os-release; then
    name=python3.11
  fi
  printf '%s\n' "$name" "$name-venv"
}

# Sets PYTHON, or ends with what to do.
find_python() {
  PYTHON=$(system_python)
  [[ -n $PYTHON ]] && return
  local system have
  system=$(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release 2>/dev/null)
  have=$(/usr/bin/python3 --version 2>/dev/null || echo 'no Python')
  die "Python 3.11 or newer is needed; ${system:-this system} has ${have}" \
    "use Debian 12, Ubuntu 24.04 or newer; or install one under /usr and name it: APPLIANCE_PYTHON=/usr/local/bin/python3.12 ${0}"
}

# Sets UV: the one on PATH when it is new enough, else an own one from the package index, pinned with its hash.
find_uv() {
  export UV_CACHE_DIR=${UV_CACHE_DIR:-$CACHE/uv-cache} UV_PYTHON_DOWNLOADS=never
  local own=$CACHE/uv
  UV=$(command -v uv || true)
  [[ -n $UV ]] && uv_is_new_enough "$UV" && return
  UV=$own/bin/uv
  if ! uv_is_new_enough "$UV"; then
    step "uv, the package installer" install_uv "$own"
  fi
  adopt_pip_settings "$own/bin/python"
}

uv_is_new_enough() { # UV
  local version
  version=$("$1" --version 2>/dev/null) || return
  [[ $version =~ ^uv\ ([0-9]+)\.([0-9]+)\. ]] && ((BASH_REMATCH[1] > 0 || BASH_REMATCH[2] >= 11))
}

install_uv() { # FOLDER
  "$PYTHON" -m venv --clear "$1" &&
    "$1/bin/python" -m pip install --disable-pip-version-check --require-hashes --only-binary :all: -r "$ROOT/tools/uv.txt"
}

# uv does not read pip.conf. A machine whose index, proxy certificate or mirror is set only there keeps it.
# Extra indexes are left out: Raspberry Pi OS names one whose rebuilt wheels have other hashes than the lock.
adopt_pip_settings() { # PYTHON_WITH_PIP
  local settings value
  settings=$("$1" -m pip config list 2>/dev/null) || return 0
  value=$(sed -n "s/^\(global\|:env:\|install\)\.index-url='\(.*\)'$/\2/p" <<<"$settings" | tail -n 1)
  if [[ -n $value && -z ${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-} ]]; then export UV_DEFAULT_INDEX=$value; fi
  value=$(sed -n "s/^\(global\|:env:\|install\)\.cert='\(.*\)'$/\2/p" <<<"$settings" | tail -n 1)
  if [[ -n $value && -z ${SSL_CERT_FILE:-} ]]; then export SSL_CERT_FILE=$value; fi
}
