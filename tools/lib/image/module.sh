# shellcheck shell=bash
# The kernel's module of our own (image/kernel), for the board that has one: compiled against the headers of the very
# kernel that the image takes, and kept by what decides its content.

has_module() { # BOARD
  [[ $1 == pi5 ]]
}

# Release and package version of the image's kernel, like "7.3.4+deb13-arm64 7.3.4-1~bpo13+1": of the lock, or without one
# as the mirror has it now.
image_kernel() { # BOARD LOCK STAGE
  if [[ $2 == - ]]; then
    in_tools "$ROOT/image/kernel/build" kernel "$3/sandbox/etc/apt" "$(dpkg_architecture "$1")"
  else
    sed -n 's/^linux-image-\([0-9][^=]*\)=\(.*\)$/\1 \2/p' "$2"
  fi
}

module_key() { # BOARD KERNEL
  { cat "$ROOT"/image/kernel/{build,Makefile,*.c,*.h}; IMAGE_BOARD=$1 tools_listed; echo "$2"; } | sha256sum | cut -c1-16
}

module_folder() { # BOARD KERNEL
  printf '%s/module-%s-%s\n' "$IMAGE_CACHE" "$1" "$(module_key "$1" "$2")"
}

# Puts the module where depmod finds it, into the tree that mkosi copies over the root.
stage_module() { # BOARD LOCK STAGE
  local kernel folder release version
  kernel=$(image_kernel "$1" "$2" "$3")
  read -r release version <<<"$kernel"
  [[ -n $release && -n $version ]] || die "which kernel the image of $1 has is not known" "tools/image lock --board $1"
  folder=$(module_folder "$1" "$kernel")
  if [[ ! -d $folder ]]; then
    rm -rf "$folder.new"
    mkdir -p "$folder.new"
    step "The kernel's module for $release" in_tools "$ROOT/image/kernel/build" module "$3/sandbox/etc/apt" \
      "$(dpkg_architecture "$1")" "$release" "$version" "$ROOT/image/kernel" "$folder.new"
    mv "$folder.new" "$folder"
  fi
  install -D -m 644 "$folder/appliance-tryboot.ko" "$3/tree/usr/lib/modules/$release/updates/appliance-tryboot.ko"
}
