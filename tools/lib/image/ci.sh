# shellcheck shell=bash
# The image as one section of the tests before a release: built and booted when what it is made of has changed.

IMAGE_CI_SECONDS=1200
IMAGE_CI_ROOM_KB=15000000
IMAGE_CI_CHECKS=(listening units writes root memory)

# What the image is made of, beside the appliance's own sources, which have tests of their own.
image_ci_key() {
  (cd "$ROOT" && find image etc systemd tools/image* tools/lib/image requirements.lock -type f -not -path '*/__pycache__/*' \
    -not -path '*pi5*' -not -path '*arm64*' -not -path 'image/kernel/*' -not -path '*/module.sh' -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -c1-32)
}

# Whatever this machine lacks is no fault of the image: it is said, and the section has passed.
left_out() { # WHY
  printf 'left out: %s\n' "$1"
}

mirror_answers() {
  local mirror answer status=0
  mirror=$(debian_mirror)
  answer=$(mktemp)
  timeout 60 /usr/lib/apt/apt-helper -q download-file "$mirror/dists/$IMAGE_RELEASE/InRelease" "$answer" >/dev/null 2>&1 || status=$?
  rm -f "$answer"
  return "$status"
}

image_ci() {
  local key passed=$IMAGE_CACHE/ci.passed log
  key=$(image_ci_key)
  if [[ -e $passed && $(<"$passed") == "$key" ]]; then
    left_out "nothing in image/, etc/, systemd/, tools/image and requirements.lock has changed since the last success"
    return 0
  fi
  if ((EUID != 0)); then left_out "only root can build and boot images"; return 0; fi
  if ! unshare --mount --pid --fork true 2>/dev/null; then left_out "this machine gives no mount namespaces"; return 0; fi
  if (($(df --output=avail -k "$HOME" | tail -n 1) < IMAGE_CI_ROOM_KB)); then left_out "an image takes 15 GB of room"; return 0; fi
  if ! command -v mmdebstrap >/dev/null && ! apt-get install -qq -y mmdebstrap >/dev/null 2>&1; then
    left_out "mmdebstrap is not here and cannot be installed"
    return 0
  fi
  if ! mirror_answers; then left_out "no Debian mirror answers"; return 0; fi
  mkdir -p "$IMAGE_CACHE/ci"
  log=$IMAGE_CACHE/ci/log
  image_ci_run "$log" || return
  if [[ -e $log.done ]]; then printf '%s\n' "$key" >"$passed"; fi
}

# Leaves LOG.done when all of it was done and is well. The status tells a fault of the image from a lack of this machine.
image_ci_run() { # LOG
  local status=0 deadline=$((SECONDS + IMAGE_CI_SECONDS)) out=$IMAGE_CACHE/ci
  rm -f "$1.done" "$out"/appliance-*
  if ! within "$deadline" "$ROOT/tools/image" tools >"$1" 2>&1; then
    tail -n 20 "$1"
    left_out "the tools that build images cannot be made on this machine; see above"
    return 0
  fi
  within "$deadline" "$ROOT/tools/image" build --board n100 --version "$(image_version).ci" --out "$out" 2>&1 | tee "$1" || status=$?
  if ((status == 0)); then
    within "$deadline" "$ROOT/tools/image" test --board n100 --image "$(echo "$out"/appliance-n100-*.img.zst)" "${IMAGE_CI_CHECKS[@]}" || status=$?
  fi
  rm -rf "$out"/appliance-*
  if ((status == 124)); then
    left_out "not done after $((IMAGE_CI_SECONDS / 60)) minutes on this machine; what was seen until then is above"
  elif ((status)) && grep -q 'the mirror no longer has' "$1"; then
    left_out "the mirror has other packages by now: tools/image lock --board n100"
  elif ((status)); then
    return "$status"
  else
    touch "$1.done"
  fi
}

# 124 when the time is up.
within() { # DEADLINE COMMAND...
  local left=$(($1 - SECONDS))
  shift
  ((left > 0)) || return 124
  APPLIANCE_IMAGE_LEVEL=1 timeout --kill-after=60 "$left" "$@"
}
