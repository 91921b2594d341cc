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

image_boot() { # IMAGE [QEMU ARGUMENTS]
  local image=${1:-}
  if [[ -z $image ]]; then usage >&2; exit 2; fi
  shift
  [[ -e $image ]] || die "there is no $image" "tools/image build --board n100"
  prepare_host
  make_tools_root
  image=$(plain_image "$image")
  mkdir -p "$IMAGE_CACHE/guests"
  IMAGE_OUT=$(dirname "$image") in_tools python3 "$ROOT/tools/image_test.py" boot --image "$image" --work "$IMAGE_CACHE/guests" -- "$@"
}

image_test() {
  local board=n100 image='' checks=()
  while (($#)); do
    case $1 in
      --board) board=${2:-}; shift ;;
      --image) image=${2:-}; shift ;;
      -*) usage >&2; exit 2 ;;
      *) checks+=("$1") ;;
    esac
    shift
  done
  if [[ $board != n100 ]]; then die "only the n100 image can be booted here: there is no virtual Raspberry Pi 5" "docs/boards.md says what is tested how"; fi
  [[ -n $image ]] || image=$(newest_image "$board")
  [[ -n $image && -e $image ]] || die "there is no image to test" "tools/image build --board $board"
  prepare_host
  make_tools_root
  image=$(plain_image "$image")
  mkdir -p "$IMAGE_CACHE/guests"
  IMAGE_OUT=$(dirname "$image") in_tools python3 "$ROOT/tools/image_test.py" test --board "$board" --image "$image" \
    --work "$IMAGE_CACHE/guests" -- "${checks[@]}"
}
