# shellcheck shell=bash
# The language model's library for a board of another architecture: compiled once in the tools root, with its
# cross-compiler, and kept by what decides its content. Emulating the other compiler would take hours.

cross_llm_key() { # BOARD
  { cat "$ROOT/image/boards/$1/toolchain.cmake" "$ROOT/tools/llm.txt" "$ROOT/tools/build.txt"; echo "$LLM_CMAKE_FLAGS $IMAGE_RELEASE"; } |
    sha256sum | cut -c1-16
}

cross_llm_folder() { # BOARD
  printf '%s/llm-%s-%s\n' "$IMAGE_CACHE" "$1" "$(cross_llm_key "$1")"
}

cross_llm_wheel() { # BOARD
  local wheel
  for wheel in "$(cross_llm_folder "$1")"/*.whl; do printf '%s\n' "$wheel"; done
}

# Leaves the wheel in its folder, which exists only when it is whole.
make_cross_llm() { # BOARD
  local folder
  folder=$(cross_llm_folder "$1")
  if [[ -d $folder ]]; then return 0; fi
  find_python
  find_uv
  rm -rf "$folder.new"
  mkdir -p "$folder.new"
  step "Tools of the language model's library" cross_llm_tools "$folder.new/tools"
  step "llama-cpp-python's source" cross_llm_source "$folder.new"
  step "Compiling llama-cpp-python for $1" cross_compile_llm "$1" "$folder.new"
  rm -rf "$folder.new"/{tools,build,source}
  mv "$folder.new" "$folder"
}

cross_llm_tools() { # FOLDER
  "$UV" pip install --target "$1" --python-version "$IMAGE_PYTHON" --require-hashes --only-binary :all: -r "$ROOT/tools/build.txt"
}

cross_llm_source() { # FOLDER
  PYTHONPATH=$1/tools "$PYTHON" -m pip download --disable-pip-version-check --no-deps --no-build-isolation --require-hashes \
    --no-binary :all: --cache-dir "$CACHE/pip" -d "$1/source" -r "$ROOT/tools/llm.txt" &&
    tar -xzf "$1"/source/llama_cpp_python-*.tar.gz -C "$1/source" --strip-components 1
}

cross_compile_llm() { # BOARD FOLDER
  in_tools env PYTHONPATH="$2/tools" CMAKE_GENERATOR=Ninja CMAKE_BUILD_PARALLEL_LEVEL="$(nproc)" \
    CMAKE_ARGS="$LLM_CMAKE_FLAGS -DCMAKE_TOOLCHAIN_FILE=$ROOT/image/boards/$1/toolchain.cmake" \
    _PYTHON_HOST_PLATFORM="linux-$(kernel_architecture "$1")" \
    python3 -m pip wheel --disable-pip-version-check -v --no-deps --no-index --no-build-isolation \
    -C build-dir="$2/build" -w "$2" "$2/source"
}
