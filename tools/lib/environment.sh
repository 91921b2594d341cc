# shellcheck shell=bash
# The virtual environment .venv: made from the lock, stamped by what it was made from.

STAMP=$VENV/.appliance-setup

# What an environment depends on: both locks, the project's table, the interpreter, and where the checkout lies.
environment_key() {
  { system_python && printf '%s\n' "$ROOT" && cat "$ROOT"/requirements.lock "$ROOT"/requirements-test.lock "$ROOT"/pyproject.toml; } |
    sha256sum | cut -c1-32
}

stamp_value() { # NAME
  sed -n "s/^$1=//p" "$STAMP" 2>/dev/null || true
}

# Is .venv as this checkout wants it? An environment for tests serves runs as well.
environment_ready() { # LEVEL
  [[ -x $VENV/bin/appliance && -x $VENV/bin/python && -r $STAMP ]] || return
  local level
  level=$(stamp_value level)
  [[ $level == "$1" || $level == test ]] || return
  [[ $(stamp_value key) == "$(environment_key)" ]]
}

# Makes or mends .venv. One that was left half made is made anew; everything comes from uv's cache then.
sync_environment() { # LEVEL
  local level=$1 lock
  environment_ready "$level" && return
  find_uv
  if [[ $(stamp_value level) == test ]]; then level="test"; fi
  lock=$ROOT/requirements.lock
  if [[ $level == test ]]; then lock=$ROOT/requirements-test.lock; fi
  link_from_cache
  if ! environment_usable; then step "Python environment" "$UV" venv --clear --python "$PYTHON" "$VENV"; fi
  printf 'level=%s\nkey=unfinished\n' "$level" >"$STAMP"
  step "Python packages ($level)" "$UV" pip install --python "$VENV/bin/python" --compile-bytecode --require-hashes \
    --build-constraints "$ROOT/tools/build.txt" -r "$lock"
  step "The appliance itself" "$UV" pip install --python "$VENV/bin/python" --no-deps -e "$ROOT"
  printf 'level=%s\nkey=%s\n' "$level" "$(environment_key)" >"$STAMP.new"
  mv "$STAMP.new" "$STAMP"
}

# Stages see the sources read-only and cannot keep what they compile: compiled here once, each restart saves it.
compile_sources() {
  "$VENV/bin/python" -m compileall -q "$ROOT/appliance"
}

# Made by the interpreter that the stages will see, and not left unfinished.
environment_usable() {
  [[ $(readlink -f "$VENV/bin/python") == "$PYTHON" && -d $VENV/lib/${PYTHON##*/}/site-packages ]] || return
  [[ $(stamp_value key) != unfinished ]]
}

# Across file systems a hard link is impossible, and uv warns.
link_from_cache() {
  mkdir -p "$UV_CACHE_DIR"
  if [[ $(stat -c %d "$UV_CACHE_DIR") != "$(stat -c %d "$ROOT")" ]]; then export UV_LINK_MODE=${UV_LINK_MODE:-copy}; fi
}
