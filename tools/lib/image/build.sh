# shellcheck shell=bash
# From the checkout to files that people flash.

OUT_DEFAULT=$ROOT/build/image

words_of() { # FILE...
  packages_listed "$@" | paste -sd' '
}

# Words without a value twice, and boards without a file of their own, are fine.
command_line() { # BOARD
  local file files=()
  for file in "$ROOT"/image/cmdline/{common,"$1"}.conf "$ROOT/image/boards/$1/cmdline.conf"; do
    if [[ -e $file ]]; then files+=("$file"); fi
  done
  # One word a line, in the order of the files: a later one wins.
  sed -e 's/#.*//' -e 's/[[:space:]]*$//' -e '/^$/d' "${files[@]}" | paste -sd' '
}

board_packages() { # BOARD
  packages_listed "$ROOT"/image/packages/*.txt "$ROOT/image/boards/$1/packages.txt"
}

suites_of() { # BOARD
  if [[ $1 == pi5 ]]; then echo "trixie trixie-updates trixie-backports"; else echo "trixie trixie-updates"; fi
}

# apt's settings for mkosi: the machine's own mirror, and the locked versions, above everything else.
write_sandbox() { # BOARD LOCK FOLDER
  local apt=$3/etc/apt suites
  rm -rf "$3"
  mkdir -p "$apt"/{sources.list.d,preferences.d,apt.conf.d}
  suites=$(suites_of "$1")
  printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main non-free-firmware\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n\nTypes: deb\nURIs: %s\nSuites: trixie-security\nComponents: main non-free-firmware\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' \
    "$(debian_mirror)" "$suites" "$(security_mirror)" >"$apt/sources.list.d/mkosi.sources"
  if [[ $2 != - ]]; then
    sed -n 's/^\([^#= ]*\)=\([^ ]*\).*/Package: \1\nPin: version \2\nPin-Priority: 1001\n/p' "$2" >"$apt/preferences.d/lock"
  fi
}

image_build() {
  local board='' out=$OUT_DEFAULT lock=locked version=''
  while (($#)); do
    case $1 in
      --board) board=${2:-}; shift ;;
      --out) out=${2:-}; shift ;;
      --version) version=${2:-}; shift ;;
      --unlocked) lock=- ;;
      *) usage >&2; exit 2 ;;
    esac
    shift
  done
  architecture_of "$board" >/dev/null
  prepare_host
  IMAGE_BOARD=$board make_tools_root
  [[ -n $version ]] || version=$(image_version)
  mkdir -p "$out"
  out=$(cd "$out" && pwd -P)
  take_build_lock "$board"
  local begun=$SECONDS
  if [[ $lock == locked ]]; then lock=$ROOT/image/packages.$board.lock; fi
  build_image "$board" "$version" "$out" "$lock"
  note "${GREEN}✓${PLAIN} $out/appliance-$board-$version.img.zst  ${DIM}$(duration $((SECONDS - begun)))${PLAIN}"
}

build_image() { # BOARD VERSION OUT LOCK
  local board=$1 version=$2 out=$3 lock=$4 name stage work
  name=appliance-$board-$version
  stage=$IMAGE_CACHE/stage-$board
  work=$IMAGE_CACHE/out-$board
  export SOURCE_DATE_EPOCH
  SOURCE_DATE_EPOCH=$(git -C "$ROOT" log -1 --format=%ct)
  rm -rf "$stage" "$work"
  mkdir -p "$stage/tree" "$work" "$IMAGE_CACHE"/{incremental,packages,workspace}
  stage_appliance "$board" "$version" "$stage"
  if [[ $lock != - && ! -e $lock ]]; then
    die "there is no ${lock#"$ROOT/"} to pin the packages" "tools/image lock --board $board, or build with --unlocked"
  fi
  if [[ $board == n100 ]]; then
    step "What tells the kernel its slot" in_tools "$ROOT/image/bundle/addons" "$stage/addons"
    mkdir -p "$stage/tree/efi/EFI/Linux/appliance-a.efi.extra.d"
    cp "$stage/addons/slot-a.addon.efi" "$stage/tree/efi/EFI/Linux/appliance-a.efi.extra.d/slot.addon.efi"
  fi
  write_sandbox "$board" "$lock" "$stage/sandbox"
  if [[ $lock != - ]]; then check_mirror "$board" "$lock" "$stage"; fi
  if has_module "$board"; then stage_module "$board" "$lock" "$stage"; fi
  step "Image $name (mkosi)" run_mkosi "$board" "$version" "$name" "$stage" "$work"
  if [[ $lock != - ]]; then
    in_tools python3 "$ROOT/tools/image_lock.py" compare "$lock" "$work"/*.manifest ||
      die "the image's packages are not those of ${lock#"$ROOT/"}" "tools/image lock --board $board, look at the difference, commit it"
  fi
  finish_image "$board" "$version" "$name" "$stage" "$work" "$out"
}

run_mkosi() { # BOARD VERSION NAME STAGE WORK
  local package arguments=() runner=()
  if [[ $(kernel_architecture "$1") != "$(uname -m)" ]]; then runner=(python3 "$ROOT/tools/lib/image/foreign" "$(kernel_architecture "$1")"); fi
  while IFS= read -r package; do arguments+=("--package=$package"); done < <(board_packages "$1")
  in_tools "${runner[@]}" mkosi --directory "$ROOT/image" --profile "$1" --image-version "$2" --output "$3" \
    --sandbox-tree "$4/sandbox" --extra-tree "$4/tree" --source-date-epoch "$SOURCE_DATE_EPOCH" \
    --kernel-command-line "$(command_line "$1")" --output-directory "$5" \
    --cache-directory "$IMAGE_CACHE/incremental" --package-cache-dir "$IMAGE_CACHE/packages" \
    --workspace-directory "$IMAGE_CACHE/workspace" "${arguments[@]}" --force build
}

# Leaves in OUT: the image for people (compressed, with block map), the slot's parts for bundles, bill of materials,
# licences, sizes, and the checksums of all of them.
finish_image() { # BOARD VERSION NAME STAGE WORK OUT
  local name=$3 work=$5 out=$6 part
  rm -rf "$out/$name".*
  mv "$work/$name.raw" "$out/$name.img"
  mkdir -p "$out/$name.slot"
  if [[ $1 == pi5 ]]; then
    step "Boot partitions" fill_boot_partitions "$1" "$name" "$work" "$out"
  else
    cp "$work/$name.efi" "$out/$name.slot/kernel.efi"
  fi
  if [[ -d $4/addons ]]; then cp "$4"/addons/* "$out/$name.slot/"; fi
  for part in root verity; do
    mv "$work/$name.$(partition_suffix "$1" "$part").raw" "$out/$name.slot/$(bundle_name "$part")"
  done
  step "Bill of materials" in_tools python3 "$ROOT/tools/image_bom.py" --name "$name" --version "$2" --epoch "$SOURCE_DATE_EPOCH" \
    --status "$work/dpkg-status" --copyright "$work/copyright.tar" --site "$4/tree/opt/appliance/lib/python$IMAGE_PYTHON/site-packages" \
    --models "$4/tree/usr/share/appliance/models" --manifest "$ROOT/etc/appliance/models.toml" \
    --modules "$4/tree/usr/lib/modules" --out "$out"
  step "Compressing $name" "$ROOT/tools/flash" bmap --level "${APPLIANCE_IMAGE_LEVEL:-19}" "$out/$name.img"
  rm "$out/$name.img"
  (cd "$out" && find . -maxdepth 2 -path "./$name*" -not -name '*.SHA256SUMS' -type f -printf '%P\n' | sort | xargs sha256sum >"$name.SHA256SUMS")
  sums_of_images "$out"
  show_sizes "$name" "$out"
}

# Kernel, initrd, device trees and command lines, which name the root's hash, so that they come after it.
fill_boot_partitions() { # BOARD NAME WORK OUT
  IMAGE_OUT=$4 in_tools python3 "$ROOT/tools/image_arm64.py" --image "$4/$2.img" --board "$ROOT/image/boards/$1" \
    --kernel "$3/$2.vmlinuz" --initrd "$3/$2.initrd" --trees "$3/device-trees" --setup "$ROOT/image/tree/usr/share/appliance/setup" --words "$(command_line "$1")" \
    --boot "$4/$2.slot/boot.img" --epoch "$SOURCE_DATE_EPOCH"
}

# As tools/bundle names them.
bundle_name() { # PART
  if [[ $1 == root ]]; then echo rootfs.img; else echo verity.img; fi
}

partition_suffix() { # BOARD PART
  local architecture
  architecture=$(architecture_of "$1")
  if [[ $2 == verity ]]; then printf 'root-%s-verity\n' "$architecture"; else printf 'root-%s\n' "$architecture"; fi
}

# One list for whoever downloads several: it is what tools/flash looks for.
sums_of_images() { # OUT
  (cd "$1" && cat -- *.SHA256SUMS | sort -k 2 >SHA256SUMS)
}

show_sizes() { # NAME OUT
  local compressed
  compressed=$(stat -c %s "$2/$1.img.zst")
  if [[ -e $2/$1.sizes.txt ]]; then head -n 12 "$2/$1.sizes.txt" >&2; fi
  note "$(awk -v n="$compressed" 'BEGIN { printf "%8.1f MB  compressed", n / 1e6 }')"
}

# Builds once with what the mirror has now, and writes down what that was.
image_lock() {
  local board='' stage work name=lock
  if [[ ${1:-} == --board ]]; then board=${2:-}; fi
  architecture_of "$board" >/dev/null
  prepare_host
  IMAGE_BOARD=$board make_tools_root
  take_build_lock "$board"
  stage=$IMAGE_CACHE/stage-$board-lock
  work=$IMAGE_CACHE/out-$board-lock
  export SOURCE_DATE_EPOCH
  SOURCE_DATE_EPOCH=$(git -C "$ROOT" log -1 --format=%ct)
  rm -rf "$stage" "$work"
  mkdir -p "$stage/tree" "$work" "$IMAGE_CACHE"/{incremental,packages,workspace}
  write_sandbox "$board" - "$stage/sandbox"
  step "Packages of $board as the mirror has them" run_mkosi "$board" 0 "$name" "$stage" "$work"
  in_tools python3 "$ROOT/tools/image_lock.py" write "$ROOT/image/packages.$board.lock" "$board" "$work"/*.manifest
  rm -rf "$stage" "$work"
  note "${GREEN}✓${PLAIN} image/packages.$board.lock: look at the difference, and commit it"
}

# One build of a board at a time; boards do not disturb each other.
take_build_lock() { # BOARD
  exec 7>"$IMAGE_CACHE/build-$1.lock"
  flock -n 7 && return
  note "Another image of $1 is being built; waiting for it"
  flock 7
}

# Ends when the mirror has lost one of the locked versions, with what it has instead.
check_mirror() { # BOARD LOCK STAGE
  step "Package lists of the mirror" in_tools bash "$ROOT/tools/lib/image/offered" "$3/sandbox/etc/apt" "$2" \
    "$(dpkg_architecture "$1")" "$3/offered" "$ROOT/tools/image_lock.py"
  in_tools python3 "$ROOT/tools/image_lock.py" gone "$2" "$3/offered" ||
    die "the mirror no longer has every package of ${2#"$ROOT/"}" "tools/image lock --board $1, look at the difference, commit it"
}

# As uname calls it.
kernel_architecture() { # BOARD
  if [[ $1 == pi5 ]]; then echo aarch64; else echo x86_64; fi
}

dpkg_architecture() { # BOARD
  if [[ $1 == pi5 ]]; then echo arm64; else echo amd64; fi
}
