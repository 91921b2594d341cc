# shellcheck shell=bash
# The llama-cpp-python wheel: it exists as source only, is compiled once and kept by version and flags.

# Portable over machines of one architecture; no image input.
LLM_CMAKE_FLAGS='-DGGML_NATIVE=OFF -DLLAVA_BUILD=OFF -DMTMD_BUILD=OFF'

llm_version() {
  sed -n 's/^llama-cpp-python==\([0-9.]*\).*/\1/p' "$ROOT/tools/llm.txt"
}

# Version, flags, ABI, architecture and C library: what a compiled wheel depends on.
llm_key() {
  local flags
  flags=$(sha256sum <<<"$LLM_CMAKE_FLAGS" | cut -c1-8)
  printf 'llama-cpp-python-%s-%s-py3-none-%s-%s\n' "$(llm_version)" "$flags" "$(uname -m)" "$(getconf GNU_LIBC_VERSION | tr ' ' '-')"
}

llm_folder() {
  printf '%s/wheels/%s\n' "$CACHE" "$(llm_key)"
}

# Path of the finished wheel; fails while there is none. Wheels are renamed into place, so one is whole.
llm_wheel() {
  local wheel
  for wheel in "$(llm_folder)"/*.whl; do
    [[ -e $wheel ]] && printf '%s\n' "$wheel" && return
  done
  return 1
}

site_packages() {
  printf '%s\n' "$VENV"/lib/python3.*/site-packages
}

llm_installed() {
  [[ -d $(site_packages)/llama_cpp && $(cat "$VENV/.appliance-llm" 2>/dev/null) == "$(llm_key)" ]]
}

# Puts the wheel into .venv so that a running appliance sees all of it or nothing: it is unpacked beside its
# place, and the package folder, which is what an import looks for, is renamed last. Headers and a second copy
# of the libraries, which the wheel would strew over site-packages, stay out.
install_llm_wheel() { # WHEEL
  local site new old part
  find_uv
  site=$(site_packages)
  new=$site/.llama-new old=$site/.llama-old
  rm -rf "$new" "$old"
  "$UV" pip install -q --python "$VENV/bin/python" --no-deps --no-index --target "$new" "$1" || return
  mkdir "$old" || return
  for part in "$site"/llama_cpp "$site"/llama_cpp_python-*.dist-info; do
    if [[ -e $part ]]; then mv "$part" "$old/" || return; fi
  done
  mv "$new"/llama_cpp_python-*.dist-info "$site/" && mv "$new/llama_cpp" "$site/" &&
    rm -rf "$new" "$old" && llm_key >"$VENV/.appliance-llm"
}

# What the running appliance shows while it waits: one small JSON object, replaced as a whole.
write_llm_status() { # STATE PERCENT MESSAGE
  local folder message
  folder=$(llm_folder)
  mkdir -p "$folder"
  message=$(tr -d '\000-\037' <<<"$3" | sed 's/[\\"]/\\&/g')
  printf '{"state":"%s","percent":%d,"since":%d,"updated":%d,"pid":%d,"log":"%s","message":"%s"}\n' \
    "$1" "$2" "${LLM_BUILD_BEGAN:-$EPOCHSECONDS}" "$EPOCHSECONDS" $$ "$CACHE/log/build-llm.log" "$message" \
    >"$folder/status.json.$BASHPID"
  mv "$folder/status.json.$BASHPID" "$folder/status.json"
  ln -sfn "${folder##*/}" "$CACHE/wheels/current"
}

# Installs the wheel when it is in the cache; fails when it is not. One that does not install is no wheel.
use_cached_llm() {
  local wheel
  llm_installed && return
  wheel=$(llm_wheel) || return
  (step "The language model's library" install_llm_wheel "$wheel") || { rm -f "$wheel"; return 1; }
}

# Builds in the background, behind everything else, and outlives this terminal. Its end is seen in the status.
start_llm_build() {
  mkdir -p "$CACHE/log"
  note "${DIM}The language model's library is being built in the background: tools/build-llm --status${PLAIN}"
  (
    trap '' INT HUP QUIT
    "$ROOT/tools/build-llm" --background </dev/null >"$CACHE/log/build-llm.log" 2>&1 9>&- &
  )
}
