# shellcheck shell=bash
# System packages through apt: only what is missing, and only apt runs as root.

PACKAGES_RUN=(
  bubblewrap      # confines every stage
  ca-certificates # models fetched over TLS
  espeak-ng-data  # the offline voice
  libespeak-ng1
  libgomp1      # OpenMP, for llama.cpp
  libportaudio2 # sound cards
  libseccomp2   # compiles the system call filters
  libspeexdsp1  # takes the loudspeaker out of the microphone
  mosquitto     # the broker; the appliance starts an own one on loopback
)
PACKAGES_TEST=(
  espeak-ng          # tests make speech
  libasound2-plugins # with PulseAudio's null sinks, a sound card where there is none
  mtools             # reads and writes FAT without mounting it
  pulseaudio
  pulseaudio-utils
  restic # copies of backups elsewhere
  shellcheck
  zstd # images are packed with it
)
# Wanted where tests are all that the machine does, for some are servers that Debian starts at once. Else their tests
# are skipped.
PACKAGES_CI=(
  chromium # a real browser with a fake microphone at the page
  chromium-driver
  dosfstools # FAT partitions
  fish       # completion is tried in the shells themselves
  groff      # the manual page is set without a complaint
  man-db
  mandoc
  nftables   # the packet filter, in a network of its own
  prometheus # promtool reads our rules; a real one scrapes
  prometheus-alertmanager
  rauc # signed updates
  zsh
)
PACKAGES_BUILD=(build-essential ccache cmake ninja-build)

packages_of() { # LEVEL
  case $1 in
    run) printf '%s\n' "${PACKAGES_RUN[@]}" && python_packages ;;
    test)
      printf '%s\n' "${PACKAGES_RUN[@]}" "${PACKAGES_TEST[@]}" && python_packages
      if [[ ${CI:-} == true ]]; then printf '%s\n' "${PACKAGES_CI[@]}"; fi
      ;;
    build) printf '%s\n' "${PACKAGES_BUILD[@]}" ;;
    *) die "no such level: $1" "run, test or build" ;;
  esac
}

# Those of the given packages that dpkg does not have in order, one a line.
not_installed() { # PACKAGE...
  local present
  present=$(dpkg-query -W -f '${db:Status-Abbrev}|${Package}\n' "$@" 2>/dev/null | sed -n 's/^.i |//p' | sort -u) || true
  comm -23 <(printf '%s\n' "$@" | sort -u) <(printf '%s\n' "$present")
}

missing_packages() { # LEVEL
  local packages
  packages=$(packages_of "$1")
  # One word a package, on purpose.
  # shellcheck disable=SC2086
  not_installed $packages
}

# Installs the missing packages of the level, or ends with one sentence and the command that mends it.
install_packages() { # LEVEL
  local missing
  mapfile -t missing < <(missing_packages "$1")
  ((${#missing[@]})) || return 0
  require_supported_system "${missing[@]}"
  become_root_for "${missing[@]}"
  local BY_HAND="${AS_ROOT[*]:+${AS_ROOT[*]} }apt-get update && ${AS_ROOT[*]:+${AS_ROOT[*]} }apt-get install ${missing[*]}"
  if [[ " ${missing[*]} " == *' mosquitto '* ]]; then
    trap allow_broker_start EXIT
    forbid_broker_start
    step "System packages: ${missing[*]}" apt_install "${missing[@]}"
    keep_broker_off
    allow_broker_start
    trap - EXIT
  else
    step "System packages: ${missing[*]}" apt_install "${missing[@]}"
  fi
}

require_supported_system() { # PACKAGE...
  local architecture
  command -v apt-get >/dev/null ||
    die "this system has no apt-get" "install what corresponds to these Debian packages by hand: $*"
  architecture=$(dpkg --print-architecture)
  case $architecture in
    amd64 | arm64) ;;
    *) die "this is a $architecture system; the engines exist for 64 bit only" "install the 64-bit image (amd64 or arm64)" ;;
  esac
}

# Sets AS_ROOT; asks for sudo's password here, before any progress line is drawn.
become_root_for() { # PACKAGE...
  AS_ROOT=()
  if ((EUID == 0)); then return 0; fi
  local by_hand="as root: apt-get install $*"
  command -v sudo >/dev/null || die "system packages are missing and there is no sudo: $*" "$by_hand"
  AS_ROOT=(sudo)
  sudo -n true 2>/dev/null && return
  [[ -t 0 && -t 2 ]] || die "system packages are missing and sudo wants a password: $*" "$by_hand"
  note "Some system packages are missing: $*"
  sudo -v || die "sudo was refused" "$by_hand"
}

# A first start often meets the nightly upgrade: wait for its lock. Lines of progress go to the log.
apt_get() { # ARGUMENT...
  "${AS_ROOT[@]}" env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get -q \
    -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 -o APT::Status-Fd=1 "$@"
}

lists_are_fresh() {
  [[ -n $(find /var/lib/apt/lists -maxdepth 1 -name '*_Packages*' -mtime -1 -print -quit 2>/dev/null) ]]
}

# Lists older than the mirror name files that are gone: then once more with new ones.
apt_install() { # PACKAGE...
  if [[ -n $(ls -A /var/lib/dpkg/updates 2>/dev/null) ]]; then
    "${AS_ROOT[@]}" dpkg --configure -a || return
  fi
  if ! lists_are_fresh; then apt_get update || return; fi
  apt_get install -y --no-install-recommends "$@" ||
    { apt_get update && apt_get install -y --no-install-recommends "$@"; }
}

# Debian starts a freshly installed Mosquitto on port 1883, now and at every boot. Whoever wanted that had it
# before; our own broker runs as a child of the appliance. So its start is refused while it is installed, and
# its service is left disabled.
POLICY=/usr/sbin/policy-rc.d
POLICY_MARK='# set aside by the appliance set-up for one installation'

broker_policy() {
  printf '%s\n' '#!/bin/sh' "$POLICY_MARK" "case \$1 in mosquitto | mosquitto.service) exit 101 ;; esac" 'exit 0'
}

forbid_broker_start() {
  if [[ -e $POLICY ]]; then return 0; fi # a container's own, which refuses everything
  broker_policy | "${AS_ROOT[@]}" tee "$POLICY" >/dev/null
  "${AS_ROOT[@]}" chmod 755 "$POLICY"
}

allow_broker_start() {
  if grep -q -s -x -F "$POLICY_MARK" "$POLICY"; then "${AS_ROOT[@]}" rm -f "$POLICY"; fi
}

keep_broker_off() {
  if command -v systemctl >/dev/null; then
    "${AS_ROOT[@]}" systemctl disable mosquitto.service >/dev/null 2>&1 ||
      note "  mosquitto.service could not be disabled; by hand: sudo systemctl disable --now mosquitto"
  elif command -v update-rc.d >/dev/null; then
    "${AS_ROOT[@]}" update-rc.d mosquitto disable >/dev/null
  fi
}
