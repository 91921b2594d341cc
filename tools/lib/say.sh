# shellcheck shell=bash
# Messages and progress, all on standard error: a live line on a terminal, plain lines elsewhere.

if [[ -t 2 && ${TERM:-dumb} != dumb ]]; then LIVE=1; else LIVE=0; fi
if [[ $LIVE == 1 && -z ${NO_COLOR:-} ]]; then
  DIM=$'\e[2m' RED=$'\e[31m' GREEN=$'\e[32m' PLAIN=$'\e[0m'
else
  DIM='' RED='' GREEN='' PLAIN=''
fi

note() {
  printf '%s\n' "$*" >&2
}

# Ends the script. DIED keeps the sentence for an exit trap.
die() { # MESSAGE HINT
  # shellcheck disable=SC2034
  DIED="$1${2:+ → $2}"
  printf '%s%s: %s%s\n' "$RED" "${0##*/}" "$1" "$PLAIN" >&2
  [[ -n ${2:-} ]] && printf '  → %s\n' "$2" >&2
  exit 1
}

# Seconds as 12 s or 3 min 05 s.
duration() { # SECONDS
  if (($1 < 60)); then printf '%d s' "$1"; else printf '%d min %02d s' $(($1 / 60)) $(($1 % 60)); fi
}

# How far the command has come by its own account: the percentage of apt's status lines, of ninja's [n/m], or
# of the megabytes that uv has downloaded. Prints nothing while none of them is in the log.
percent_done() { # LOG
  [[ -r $1 ]] || return 0
  awk '
    /^dlstatus:/ { split($0, part, ":"); percent = part[3] * 0.4 }
    /^pmstatus:/ { split($0, part, ":"); percent = 40 + part[3] * 0.6 }
    match($0, /\[[0-9]+\/[0-9]+\] /) {
      split(substr($0, RSTART + 1, RLENGTH - 3), part, "/")
      if (part[2] > 0) percent = 100 * part[1] / part[2]
    }
    $1 == "Downloading" && /\([0-9.]+[KMG]iB\)/ {
      size = substr($3, 2) + 0; if ($3 ~ /KiB/) size /= 1024; if ($3 ~ /GiB/) size *= 1024
      sizes[$2] = size; total += size
    }
    $1 == "Downloaded" { got += sizes[$2] }
    END { if (total > 0) percent = 100 * got / total; if (percent != "") printf "%d", percent }
  ' "$1"
}

bar() { # PERCENT
  local full=$(($1 / 5)) out='' i
  for ((i = 0; i < 20; i++)); do if ((i < full)); then out+='━'; else out+='╌'; fi; done
  printf '%s %3d %%' "$out" "$1"
}

# Repeats until its parent shell is gone or kills it.
tick() { # TITLE LOG PARENT
  local begun=$SECONDS percent pause=0.2 plain_every=15 next=15
  while kill -0 "$3" 2>/dev/null; do
    percent=$(percent_done "$2")
    if [[ $LIVE == 1 ]]; then
      printf '\r\e[K  %s  %s%s' "$1" "${percent:+$(bar "$percent")  }" "$DIM$(duration $((SECONDS - begun)))$PLAIN" >&2
    elif ((SECONDS - begun >= next)); then
      note "  $1: ${percent:+$percent %, }$(duration $((SECONDS - begun)))"
      next=$((next + plain_every))
    fi
    sleep "$pause"
    pause=0.5
  done
}

log_of() { # TITLE
  printf '%s/log/%s.log\n' "$CACHE" "$(tr -cs 'A-Za-z0-9' '-' <<<"${1,,}" | sed 's/-$//' | cut -c1-40)"
}

# Runs a command in the foreground with its output in a log; shows title, progress and time. A failure ends
# the script, with the end of the log and the command to repeat it by hand.
step() { # TITLE COMMAND...
  local title=$1 begun=$SECONDS status=0 log ticker
  shift
  mkdir -p "$CACHE/log"
  log=$(log_of "$title")
  : >"$log"
  [[ $LIVE == 1 ]] || note "· $title"
  tick "$title" "$log" $$ 9>&- &
  ticker=$!
  "$@" >"$log" 2>&1 </dev/null || status=$?
  kill "$ticker" 2>/dev/null || true
  wait "$ticker" 2>/dev/null || true
  if [[ $LIVE == 1 ]]; then printf '\r\e[K' >&2; fi
  if ((status)); then explain_failure "$title" "$log" "$@"; fi
  note "${GREEN}✓${PLAIN} $title ${DIM}$(duration $((SECONDS - begun)))${PLAIN}"
}

explain_failure() { # TITLE LOG COMMAND...
  local title=$1 log=$2
  shift 2
  sed -n '/^\(dl\|pm\)status:/d; s/^/    /p' "$log" | tail -n 12 >&2
  if looks_like_no_network "$log"; then
    die "$title: the network or the package index cannot be reached" "when it is back: $(by_hand "$@")"
  fi
  die "$title: failed" "by hand: $(by_hand "$@")   (log: $log)"
}

# What a person can paste: BY_HAND where the step has one, this script again where the step is a function of ours.
by_hand() { # COMMAND...
  if [[ -n ${BY_HAND:-} ]]; then
    printf '%s\n' "$BY_HAND"
  elif declare -F "$1" >/dev/null; then
    printf '%s\n' "$0"
  else
    printf '%s\n' "${*@Q}"
  fi
}

looks_like_no_network() { # LOG
  grep -q -i -E 'temporary failure (in name resolution|resolving)|could not resolve|no route to host|network is unreachable|connection (refused|timed out)|dns error|error sending request|failed to establish a new connection|unable to connect to|cannot initiate the connection' "$1"
}
