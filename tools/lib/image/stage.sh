# shellcheck shell=bash
# What goes into an image beside Debian's packages: the appliance's environment, its models, units and settings.

IMAGE_PYTHON=3.13 # trixie's
# Only the public half: what the image trusts. Made by tools/bundle keys.
UPDATE_KEYS=${APPLIANCE_UPDATE_KEYS:-${XDG_CONFIG_HOME:-$HOME/.config}/appliance/update-keys/public}

python_platform() { # BOARD
  case $1 in
    n100) echo x86_64-manylinux_2_40 ;;
    pi5) echo aarch64-manylinux_2_40 ;;
    *) die "no such board: $1" "n100 or pi5" ;;
  esac
}

architecture_of() { # BOARD
  case $1 in
    n100) echo x86-64 ;;
    pi5) echo arm64 ;;
    *) die "no such board: $1" "n100 or pi5" ;;
  esac
}

# Ours are numbered by commits, so that every build has a place in the order; a tag v1.2.3 is 1.2.3 itself.
image_version() {
  local version tag count
  version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$ROOT/pyproject.toml" | head -n 1)
  tag=$(git -C "$ROOT" describe --tags --exact-match --match 'v[0-9]*' 2>/dev/null || true)
  if [[ -n $tag ]]; then printf '%s\n' "${tag#v}"; return; fi
  count=$(git -C "$ROOT" rev-list --count HEAD) || die "an image is built from a git checkout" "git clone …"
  printf '%s-dev.%s\n' "$version" "$count"
}

# Packages of the lock for the image's Python, in the cache by what decides them.
locked_site() { # BOARD
  local key
  key=$({ cat "$ROOT/requirements.lock" "$ROOT/tools/build.txt"; python_platform "$1"; echo "$IMAGE_PYTHON"; } | sha256sum | cut -c1-16)
  printf '%s/site-%s-%s\n' "$IMAGE_CACHE" "$1" "$key"
}

make_locked_site() { # BOARD
  local site
  site=$(locked_site "$1")
  if [[ -d $site ]]; then return 0; fi
  find_python
  find_uv
  rm -rf "$site.new"
  step "Python packages of the lock for $1" install_locked "$1" "$site.new"
  mv "$site.new" "$site"
}

# Only the pure Python ones come as sources: nothing is compiled for another machine here.
install_locked() { # BOARD FOLDER
  "$UV" pip install --target "$2" --link-mode copy --python-version "$IMAGE_PYTHON" \
    --python-platform "$(python_platform "$1")" --require-hashes --only-binary :all: --no-binary sdnotify --no-binary srt \
    --build-constraints "$ROOT/tools/build.txt" -r "$ROOT/requirements.lock"
}

# The appliance itself, as the wheel that a release is.
build_own_wheel() { # FOLDER
  rm -rf "$1"
  "$UV" build --wheel --out-dir "$1" "$ROOT"
}

# The wake words and whatever else the default configuration needs, verified against the manifest.
make_models() {
  local key
  key=$(sha256sum "$ROOT/etc/appliance/models.toml" | cut -c1-16)
  IMAGE_MODELS=$IMAGE_CACHE/models-$key
  if [[ -d $IMAGE_MODELS ]]; then return 0; fi
  [[ -x $VENV/bin/appliance ]] || die "models are fetched by the appliance itself, and there is no environment" "tools/test --help && tools/run --once"
  rm -rf "$IMAGE_MODELS.new"
  mkdir -p "$IMAGE_MODELS.new"
  find_python
  find_uv
  export APPLIANCE_MODEL_CACHE=${APPLIANCE_MODEL_CACHE:-$CACHE/models}
  step "Models" env UV="$UV" APPLIANCE__PATHS__DATA="$IMAGE_MODELS.new" "$VENV/bin/appliance" models fetch
  mv "$IMAGE_MODELS.new" "$IMAGE_MODELS"
}

# Path of the language model's library for the board, or nothing. tools/build-llm compiles it on a machine of the
# board's architecture whose C library is not newer than the image's; for the other architecture: llm.sh.
llm_wheel_for() { # BOARD
  if [[ $(uname -m) == "$(kernel_architecture "$1")" ]]; then llm_wheel || true; else cross_llm_wheel "$1"; fi
}

# Fills STAGE/tree, which mkosi copies over the root.
stage_appliance() { # BOARD VERSION STAGE
  local llm
  make_locked_site "$1"
  make_models
  find_python
  find_uv
  step "The appliance's wheel" build_own_wheel "$3/wheel"
  if [[ $(uname -m) != "$(kernel_architecture "$1")" ]]; then make_cross_llm "$1"; fi
  llm=$(llm_wheel_for "$1")
  if [[ -n $llm ]]; then
    mkdir -p "$3/llm"
    cp "$llm" "$3/llm/"
    llm=$3/llm/${llm##*/}
  else
    note "  The language model's library is left out: tools/build-llm has not made it for this board"
  fi
  rm -rf "$3/keys"
  mkdir -p "$3/keys"
  if [[ -e $UPDATE_KEYS/keyring.pem ]]; then
    cp "$UPDATE_KEYS"/{keyring,channel}.pem "$3/keys/"
  else
    note "  No update keys in $UPDATE_KEYS: the image will take no updates. Once: tools/bundle keys"
  fi
  step "What the image carries" in_tools python3 "$ROOT/tools/image_stage.py" --board "$1" --version "$2" \
    --root "$ROOT" --site "$(locked_site "$1")" --wheel "$3"/wheel/*.whl --models "$IMAGE_MODELS/models" \
    --llm "$llm" --keys "$3/keys" --out "$3/tree"
}
