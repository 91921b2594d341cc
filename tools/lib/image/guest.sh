# shellcheck shell=bash
# Images in virtual machines, with the tools root's QEMU and firmware.

# The plain image behind a name: unpacked into the cache when it is compressed, once for each content.
plain_image() { # FILE
  local plain
  case $1 in
    *.zst)
      plain=$IMAGE_CACHE/plain/$(stat -c '%i-%Y-%s' "$1")-$(basename "$1" .zst)
      if [[ ! -e $plain ]]; then
        mkdir -p "$IMAGE_CACHE/plain"
        find "$IMAGE_CACHE/plain" -name "*-$(basename "$1" .zst)" -delete
        step "Unpacking $(basename "$1")" zstd -q -d --sparse -o "$plain.new" "$1"
        mv "$plain.new" "$plain"
      fi
      printf '%s\n' "$plain"
      ;;
    *) readlink -f "$1" ;;
  esac
}

newest_image() { # BOARD
  local file newest=''
  for file in "$OUT_DEFAULT/appliance-$1"-*.img.zst; do
    if [[ -e $file && ( -z $newest || $file -nt $newest ) ]]; then newest=$file; fi
  done
  printf '%s\n' "$newest"
}

# The board that an image is for, by its name.
board_of() { # IMAGE
  if [[ ${1##*/} == *appliance-pi5-* ]]; then echo pi5; else echo n100; fi
}

image_boot() { # IMAGE|--board BOARD [QEMU ARGUMENTS]
  local image=${1:-} board
  if [[ -z $image ]]; then usage >&2; exit 2; fi
  shift
  board=$(board_of "$image")
  if [[ $image == --board ]]; then
    board=${1:-}
    architecture_of "$board" >/dev/null
    image=$(newest_image "$board")
    shift
  fi
  [[ -e $image ]] || die "there is no image to start${image:+: $image}" "tools/image build --board $board"
  prepare_host
  IMAGE_BOARD=$board make_tools_root
  image=$(plain_image "$image")
  mkdir -p "$IMAGE_CACHE/guests"
  IMAGE_OUT=$(dirname "$image") in_tools python3 "$ROOT/tools/image_test.py" boot --board "$board" --image "$image" --work "$IMAGE_CACHE/guests" -- "$@"
}

# Checks that install an update; without a name all are meant.
wants_bundle() { # CHECK...
  (($# == 0)) || grep -q -x -e update -e rollback -e writing <(printf '%s\n' "$@")
}

# An update for an image: its own slot under a newer version, signed with the keys that it trusts. In the cache, once
# for each image; nothing when the slot's parts or the keys are not there.
bundle_of() { # BOARD IMAGE
  local slot=${2%.img.zst}.slot version folder=$IMAGE_CACHE/plain/bundles file
  if [[ $1 != n100 || ! -d $slot || ! -e $UPDATE_KEYS/../bundles.key ]]; then return 0; fi
  version=${slot##*/appliance-"$1"-}
  version=${version%.slot}.1
  file=$folder/appliance-$1-$version.raucb
  if [[ ! -e $file || $file -ot $slot/rootfs.img ]]; then
    mkdir -p "$folder"
    find "$folder" -mindepth 1 -name "appliance-$1-*" -delete
    step "An update to $version" "$ROOT/tools/bundle" make --board "$1" --version "$version" --slot "$slot" --out "$folder" >&2
  fi
  printf '%s\n' "$file"
}

image_test() {
  local board=n100 image='' checks=() options=() bundle
  while (($#)); do
    case $1 in
      --board) board=${2:-}; shift ;;
      --image) image=${2:-}; shift ;;
      --tries | --kind) options+=("$1" "${2:-}"); shift ;;
      -*) usage >&2; exit 2 ;;
      *) checks+=("$1") ;;
    esac
    shift
  done
  architecture_of "$board" >/dev/null
  [[ -n $image ]] || image=$(newest_image "$board")
  [[ -n $image && -e $image ]] || die "there is no image to test" "tools/image build --board $board"
  prepare_host
  IMAGE_BOARD=$board make_tools_root
  if wants_bundle "${checks[@]}"; then
    bundle=$(bundle_of "$board" "$image")
    options+=(${bundle:+--bundle "$bundle"})
  fi
  image=$(plain_image "$image")
  mkdir -p "$IMAGE_CACHE/guests"
  IMAGE_OUT=$(dirname "$image") in_tools python3 "$ROOT/tools/image_test.py" test --board "$board" --image "$image" \
    --work "$IMAGE_CACHE/guests" "${options[@]}" -- "${checks[@]}"
}
