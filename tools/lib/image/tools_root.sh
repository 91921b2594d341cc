# shellcheck shell=bash
# The tools root: a Debian trixie in the cache, with mkosi, systemd 257, erofs-utils and QEMU, entered by pivot_root.

IMAGE_RELEASE=trixie
IMAGE_CACHE=$CACHE/image

# Names of a package list, one a line: the first word of each line that is no comment.
packages_listed() { # FILE...
  sed -e 's/#.*//' -e 's/[[:space:]]*$//' -e '/^$/d' "$@" | sort -u
}

# The Debian mirror that this machine uses, without a slash at its end. Where it uses none, the one that mmdebstrap took
# for the tools root; nothing while there is neither.
debian_mirror() {
  local mirror
  # shellcheck disable=SC2016 # apt's own placeholders
  mirror=$(apt-get indextargets --format '$(ORIGIN) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
    sed -n 's|^Debian \(.*/debian\)/*$|\1|p' | head -n 1)
  if [[ -z $mirror && -e ${TOOLS_ROOT:-}/etc/apt/sources.list ]]; then
    mirror=$(sed -n 's|^deb \(.*/debian\)/* .*|\1|p' "$TOOLS_ROOT/etc/apt/sources.list" | head -n 1)
  fi
  printf '%s\n' "$mirror"
}

# The same mirror's security archive: by habit it lies beside the main one.
security_mirror() {
  local mirror
  mirror=$(debian_mirror)
  printf '%s-security\n' "$mirror"
}

# Lists of what the tools root holds; IMAGE_BOARD may want more than the others do.
tools_lists() {
  printf '%s\n' "$ROOT/image/tools.txt"
  if [[ -e $ROOT/image/boards/${IMAGE_BOARD:-n100}/tools.txt ]]; then printf '%s\n' "$ROOT/image/boards/$IMAGE_BOARD/tools.txt"; fi
}

tools_listed() {
  local lists
  mapfile -t lists < <(tools_lists)
  packages_listed "${lists[@]}"
}

tools_root_key() {
  { tools_listed && cat "$ROOT/image/mkosi.sed"; } | sha256sum | cut -c1-16
}

# Sets TOOLS_ROOT; makes it where it is missing (two minutes).
make_tools_root() {
  TOOLS_ROOT=$IMAGE_CACHE/tools-$(tools_root_key)
  if [[ -d $TOOLS_ROOT ]]; then return 0; fi
  require_root "a tools root can only be made by root"
  local BY_HAND="$0 tools"
  mkdir -p "$IMAGE_CACHE"
  rm -rf "$TOOLS_ROOT.new"
  step "Tools: Debian $IMAGE_RELEASE with mkosi" bootstrap_tools "$TOOLS_ROOT.new"
  mv "$TOOLS_ROOT.new" "$TOOLS_ROOT"
}

bootstrap_tools() { # FOLDER
  local packages mirror
  mirror=$(debian_mirror)
  packages=$(tools_listed | paste -sd,)
  mmdebstrap --variant=minbase --include="$packages" --aptopt='Apt::Install-Recommends "false"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    "$IMAGE_RELEASE" "$1" ${mirror:+"$mirror"} && mend_mkosi "$1/usr/lib/python3/dist-packages/mkosi/__init__.py"
}

mend_mkosi() { # FILE
  sed -i -f "$ROOT/image/mkosi.sed" "$1"
  (($(grep -c -e 'normalize_mtime(root, context.config' -e 'in sorted(\(amd\|intel\).iterdir' "$1") == 3)) ||
    { echo "image/mkosi.sed does not fit this mkosi"; return 1; }
}

require_root() { # WHY
  ((EUID == 0)) || die "$1" "sudo $0"
}

# Runs a command in the tools root, in a mount namespace of its own. The checkout and the image cache lie at the same
# paths as outside; everything else of this machine is out of sight.
in_tools() { # COMMAND...
  unshare --mount --propagation private -- bash "$ROOT/tools/lib/image/enter" "$TOOLS_ROOT" "$ROOT" "$IMAGE_CACHE" ${IMAGE_OUT:+"$IMAGE_OUT"} -- "$@"
}

PACKAGES_IMAGE=(mmdebstrap)

# What this machine itself has to have.
prepare_host() {
  local missing
  require_root "images are built and booted by root: namespaces, file systems with other owners"
  mapfile -t missing < <(not_installed "${PACKAGES_IMAGE[@]}")
  ((${#missing[@]})) || return 0
  require_supported_system "${missing[@]}"
  become_root_for "${missing[@]}"
  local BY_HAND="apt-get install ${missing[*]}"
  step "System packages: ${missing[*]}" apt_install "${missing[@]}"
}
