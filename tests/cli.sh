#!/usr/bin/env bash
# What a CI job in any language can do with smsc-sim, by the command line alone:
#   tests/cli.sh SMSC_SIM      the path of the program
set -euo pipefail
sim=$1
unset SMSC_SIM_HTTP SMSC_SIM_CONFIG SMSC_SIM_CONFIG_YAML
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() { echo "cli.sh: $*" >&2; exit 1; }
# Runs a command and expects an exit code of it.
expect() {
  local wanted=$1 code=0
  shift
  "$@" >"$work/out" 2>"$work/err" || code=$?
  [ "$code" = "$wanted" ] || { cat "$work/out" "$work/err" >&2; fail "$* ended with $code, not $wanted"; }
}
has() { grep -qF -- "$1" "$work/out" "$work/err" || { cat "$work/out" "$work/err" >&2; fail "\`$1\` is missing"; }; }

# The exit code of the command is that of exec, and the command knows where the simulator is.
expect 0 "$sim" exec -- true
expect 7 "$sim" exec -- bash -c 'exit 7'
expect 2 "$sim" exec -- "$work/no-such-command"
expect 2 "$sim" exec --dlr-mix nonsense -- true
expect 0 "$sim" exec -- bash -c 'echo "$SMSC_SIM_URL $SMSC_SIM_ADDR $SMSC_SIM_HTTP"'
has "smpp://127.0.0.1:"
has "http://127.0.0.1:"

# Messages are sent, waited for and shown.
cat >"$work/conversation" <<'END'
set -euo pipefail
sim=$1
"$sim" wait --timeout 10s
"$sim" healthcheck
"$sim" send --addr "$SMSC_SIM_ADDR" --system-id alice --to 447700900123 --text "your code is 4711" >&2
"$sim" messages 'to:4477*' --wait --count 1 --timeout 10s
"$sim" messages --json | grep -q '"your code is 4711"'
# Nothing of the kind comes: near misses are told.
code=0
"$sim" messages 'to:4488*' --wait --timeout 10ms || code=$?
[ "$code" = 1 ]
# The clock.
"$sim" clock advance 72h
# Nobody is bound who could be sent anything.
code=0
"$sim" mo --from 447700900123 --to 12345 --text STOP || code=$?
[ "$code" = 1 ]
END
expect 0 "$sim" exec --clock manual -u alice: -- bash "$work/conversation" "$sim"
has "447700900123"
has "your code is 4711"

# Rules come in a file; what they do is what the command sees.
cat >"$work/rules.yaml" <<'END'
version: 1
rules:
  - name: throttle
    when: {pdu: submit_sm, dest: "4477*"}
    then: [{status: ESME_RTHROTTLED}]
END
expect 0 "$sim" check "$work/rules.yaml"

# What is wrong has a code and a place.
echo 'sed: 1' >"$work/wrong.yaml"
expect 2 "$sim" check "$work/wrong.yaml"
has "wrong.yaml:1:1"
has 'did you mean `seed`?'
expect 2 "$sim" --no-such-flag
expect 3 "$sim" messages --http http://127.0.0.1:1

echo "cli.sh: all is well"
