#!/bin/sh
# The main job: a history is imported, replayed and answered. Called by `make demo`; each command is shown as it runs.
#
# A simulated month always; then the history in HISTORY, by the mapping in MAP, or, where neither is given and the
# public Boston 311 file stands beside the project, that one.
set -eu

run() {
    printf '\n$ %s\n' "$*"
    "$@"
}

answer() { # NAME HISTORY MAP ZONE TITLE
    export VENTANILLA_DESK="sqlite:///demo/$1.db"
    rm -f "demo/$1".db* "demo/$1".views.db*
    run ventanilla init
    run ventanilla import "$2" --map "$3"
    run ventanilla report --zone "$4" --title "$5"
    run ventanilla report --zone "$4" --title "$5" --html "demo/$1.html"
    run ventanilla ask on_time --by month --zone "$4"
}

mkdir -p demo
run ventanilla simulate --tickets 5000 --seed 1 --out demo/month.csv
answer month demo/month.csv demo/month.toml Europe/Madrid "A simulated month at a service desk"
run ventanilla explain simulated:S-000009

if [ -n "${HISTORY:-}" ]; then
    [ -n "${MAP:-}" ] || { echo "make demo HISTORY=FILE needs MAP=FILE too: what its columns mean" >&2; exit 2; }
    answer history "$HISTORY" "$MAP" "${ZONE:-UTC}" "$(basename "$HISTORY")"
elif [ -f "${BOSTON:-}" ]; then
    answer boston311 "$BOSTON" examples/boston311.toml America/New_York "City of Boston, 311 requests of 2015"
    run ventanilla explain boston311:101001240736
fi
printf '\nThe pages are in demo/*.html.\n'
