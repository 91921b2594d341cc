# shellcheck shell=bash
# Where the appliance writes, and the models that it starts with.

# An ordinary user's data folder, unless the caller has chosen one.
use_data_folder() {
  export APPLIANCE__PATHS__DATA=${APPLIANCE__PATHS__DATA:-${XDG_DATA_HOME:-$HOME/.local/share}/appliance}
  mkdir -p "$APPLIANCE__PATHS__DATA" 2>/dev/null ||
    die "$APPLIANCE__PATHS__DATA cannot be written" "name another folder: APPLIANCE__PATHS__DATA=/some/folder $0"
}

# So that .venv/bin/appliance finds the appliance that tools/run started: the environment's own configuration.
remember_data_folder() {
  local setting="paths.data = '$APPLIANCE__PATHS__DATA'"
  if [[ $(cat "$VENV/appliance.toml" 2>/dev/null) != "$setting" ]]; then printf '%s\n' "$setting" >"$VENV/appliance.toml"; fi
}

# The models that the configuration needs, through the appliance's own command: it resumes, verifies and shows
# its progress. Without a network the appliance starts all the same, with what arrived inside packages.
fetch_models() {
  export APPLIANCE_MODEL_CACHE=${APPLIANCE_MODEL_CACHE:-$CACHE/models}
  models_stamp_holds && return
  find_python
  find_uv
  if UV=$UV "$VENV/bin/appliance" models fetch >&2; then
    models_stamp >"$APPLIANCE__PATHS__DATA/.models-fetched"
  else
    note "Some models could not be fetched; starting without them. Again later: .venv/bin/appliance models fetch"
  fi
}

# What decides which models are wanted, and which are there: a removed one comes back, a newly chosen one comes.
models_stamp() {
  {
    cat "$ROOT/etc/models.toml"
    cat /etc/appliance/appliance.toml "$APPLIANCE__PATHS__DATA/appliance.toml" 2>/dev/null || true
    env | grep '^APPLIANCE__' | sort || true
    ls -1R "$APPLIANCE__PATHS__DATA/models"
  } | sha256sum
}

models_stamp_holds() {
  local stamp=$APPLIANCE__PATHS__DATA/.models-fetched
  [[ -r $stamp && -d $APPLIANCE__PATHS__DATA/models && $(cat "$stamp") == "$(models_stamp)" ]]
}

# Tests take models from a folder of their own in the cache, so that they neither need nor touch a user's data.
fetch_test_models() {
  local APPLIANCE__PATHS__DATA=$CACHE/test-data
  export APPLIANCE__PATHS__DATA
  mkdir -p "$APPLIANCE__PATHS__DATA"
  fetch_models
  export APPLIANCE_TEST_MODELS=$APPLIANCE__PATHS__DATA/models
}
