#!/usr/bin/env bash
# What a CI job in any language can do with smsc-sim, by the command line alone:
#   tests/cli.sh SMSC_SIM      the path of the program
set -euo pipefail
sim=$1
unset SMSC_SIM_HTTP SMSC_SIM_CONFIG SMSC_SIM_CONFIG_YAML
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export sim work

fail() { echo "cli.sh: $*" >&2; exit 1; }
# Runs a command and expects an exit code of it.
expect() {
  local wanted=$1 code=0
  shift
  "$@" >"$work/out.$$" 2>"$work/err.$$" || code=$?
  [ "$code" = "$wanted" ] || { cat "$work/out.$$" "$work/err.$$" >&2; fail "$* ended with $code, not $wanted"; }
}
has() { grep -qF -- "$1" "$work/out.$$" "$work/err.$$" || { cat "$work/out.$$" "$work/err.$$" >&2; fail "\`$1\` is missing"; }; }
hasnt() { if grep -qF -- "$1" "$work/out.$$" "$work/err.$$"; then cat "$work/out.$$" "$work/err.$$" >&2; fail "\`$1\` is there"; fi; }
text() { "$sim" send --addr "$SMSC_SIM_ADDR" --system-id alice "$@"; }
export -f fail expect has hasnt text

# The exit code of the command is that of exec, and the command knows where the simulator is.
expect 0 "$sim" exec -- true
expect 7 "$sim" exec -- bash -c 'exit 7'
expect 2 "$sim" exec -- "$work/no-such-command"
expect 2 "$sim" exec --dlr-mix nonsense -- true
expect 0 "$sim" exec -- bash -c 'echo "$SMSC_SIM_URL $SMSC_SIM_ADDR $SMSC_SIM_HTTP"'
has "smpp://127.0.0.1:"
has "http://127.0.0.1:"
# When it fails, what went over the wire is told, but for passwords.
expect 1 "$sim" exec -u alice:hunter2 -- bash -c 'text --password hunter2 --to 447700900123 --text lost >&2; exit 1'
has "submit_sm"
hasnt "hunter2"

# Messages are sent, waited for and shown.
cat >"$work/messages" <<'END'
set -euo pipefail
expect 0 "$sim" wait --timeout 10s
expect 0 "$sim" healthcheck
expect 0 text --to 447700900123 --text "your code is 4711"
expect 0 "$sim" messages 'to:4477*' --wait --count 1 --timeout 10s
has "your code is 4711"
expect 0 "$sim" messages --json
has '"your code is 4711"'
# Nothing of the kind comes: near misses are told.
expect 1 "$sim" messages 'to:4488*' --wait --timeout 10ms
has "447700900123"
# A message whose outcome is put off for a day gets another one by hand.
expect 0 text --to 447700900199 --text "on its way"
expect 0 "$sim" messages 'to:447700900199 state:ENROUTE' --wait --timeout 10s
id=$("$sim" messages to:447700900199 | cut -f1)
expect 0 "$sim" receipt "$id" UNDELIV --err 021
has "$id"
expect 0 "$sim" messages "to:447700900199 state:UNDELIV" --wait --timeout 10s
expect 1 "$sim" receipt no-such-id UNDELIV
# The other one is on its way until the clock has moved on.
expect 1 "$sim" messages 'to:447700900123 state:DELIVRD' --wait --timeout 10ms
expect 0 "$sim" clock advance 25h
expect 0 "$sim" messages 'to:447700900123 state:DELIVRD' --wait --timeout 10s
# Nobody is bound who could be sent anything.
expect 1 "$sim" mo --from 447700900123 --to 12345 --text STOP --timeout 10ms
expect 0 "$sim" reset
expect 0 "$sim" messages
[ ! -s "$work/out.$$" ]
expect 2 "$sim" reset everything
END
expect 0 "$sim" exec --clock manual --dlr-delay 24h -u alice: -- bash "$work/messages"

# Rules: from a file, by hand, and gone again; each with its effect.
cat >"$work/rules.yaml" <<'END'
version: 1
rules:
  - name: throttle
    when: {pdu: submit_sm, dest: "4477*"}
    then: [{status: ESME_RTHROTTLED}]
END
expect 0 "$sim" check "$work/rules.yaml"
cat >"$work/rules" <<'END'
set -euo pipefail
expect 1 text --to 447700900123 --text no
has ESME_RTHROTTLED
expect 0 "$sim" rules
has throttle
expect 0 "$sim" rules remove throttle
expect 1 "$sim" rules remove throttle
expect 0 text --to 447700900123 --text yes
expect 0 "$sim" rules add '{name: full, when: {pdu: submit_sm}, pick: {times: 1}, then: [{status: ESME_RMSGQFUL}]}'
has full
expect 1 text --to 447700900123 --text no
has ESME_RMSGQFUL
expect 0 text --to 447700900123 --text yes
expect 0 "$sim" rules list --json
has '"hits":1'
# All or none.
expect 2 "$sim" rules add '[{name: one, when: {pdu: submit_sm}, then: [hold]}, {name: two, when: {pdu: submit}, then: [hold]}]'
has 'rule 2 `two`'
expect 0 "$sim" rules clear
expect 0 "$sim" rules
hasnt one
# An answer that is held until it is released.
expect 0 "$sim" rules add '{name: later, when: {pdu: submit_sm}, then: [hold]}'
text --to 447700900123 --text held >"$work/held" 2>&1 &
held=$!
for _ in $(seq 200); do
  [ "$("$sim" rules release later)" = 1 ] && break
  sleep 0.05
done
wait "$held"
expect 1 "$sim" rules release nobody
expect 0 "$sim" rules clear
# The network as a whole.
expect 0 "$sim" chaos submit_sm=ESME_RSYSERR@100%
expect 1 text --to 447700900123 --text no
has ESME_RSYSERR
expect 0 "$sim" chaos off
expect 2 "$sim" profile helthy
has healthy
expect 0 "$sim" profile healthy
expect 0 text --to 447700900123 --text yes
END
expect 0 "$sim" exec -c "$work/rules.yaml" -- bash "$work/rules"

# An ESME that stays bound, by whatever program is tested; here it is the one that loads an SMSC.
cat >"$work/sessions" <<'END'
set -euo pipefail
"$sim" tail submit_sm --count 3 >"$work/tail" &
tail=$!
"$sim" load --addr "$SMSC_SIM_ADDR" --system-id bob --rate 5/s --duration 60s >"$work/load" 2>&1 &
load=$!
expect 0 "$sim" messages system_id:bob --wait --count 5 --timeout 30s
wait "$tail"
[ "$(grep -c '< submit_sm' "$work/tail")" = 3 ]
expect 0 "$sim" sessions
has bob
has BOUND
expect 0 "$sim" toxic bob --latency 1ms
expect 2 "$sim" toxic bob --latency 1parsec
expect 2 "$sim" sessions kick bob --how softly
expect 1 "$sim" sessions kick nobody
expect 0 "$sim" sessions kick bob --how rst
# The program under test has lost its connection, and says so.
code=0
wait "$load" || code=$?
[ "$code" = 1 ] || [ "$code" = 3 ] || fail "load ended with $code"
END
expect 0 "$sim" exec -- bash "$work/sessions"

# What is found at the end is told, in a file too, and has a code.
expect 1 "$sim" exec --profile hostile --fail-on hostile --report "$work/report.json" -- true
has "no ESME was taken through the hostile catalogue"
grep -q '"hostile": \[\]' "$work/report.json"
expect 1 "$sim" exec --fail-on unacked -- bash -c 'text --to 447700900123 --text x --registered-delivery 1 2>&1; "$sim" messages receipt:held --wait'
has "receipts that were not taken: of 1"
expect 0 "$sim" exec --fail-on unacked -- bash -c 'text --to 447700900123 --text x --wait-receipt 10s 2>&1'
expect 2 "$sim" exec --fail-on luck -- true

# What happens is told, without texts unless they are asked for; a journal has all of it.
code() { expect 0 text --to 447700900123 --text "the code is 4711" --wait-receipt 10s; }
export -f code
expect 0 "$sim" exec --log text -v -- bash -c code
has 'is bound: "alice" as'
has " > submit_sm_resp "
has "message 1 of \"alice\" is DELIVRD"
hasnt 4711
hasnt 447700900123
expect 0 "$sim" exec --log text -- bash -c code
hasnt submit_sm
expect 0 "$sim" exec --log text -v --show-text -- bash -c code
has 'short_message="the code is 4711"'
expect 0 "$sim" exec --log json -v -- bash -c code
has '"command":"deliver_sm"'
has '"event":"session_closed"'
hasnt octets
expect 0 "$sim" exec --journal "$work/journal" -u alice:hunter2 -- bash -c 'text --password hunter2 --to 4477 --text 4711 >/dev/null'
hasnt session_bound
grep -q '"event":"session_bound"' "$work/journal"
grep -q 34373131 "$work/journal" # 4711 in hexadecimal
if grep -q "$(printf hunter2 | od -An -tx1 | tr -d ' \n')" "$work/journal"; then fail "the journal has a password"; fi
expect 1 "$sim" exec --journal "$work/no/such/folder" -- true
expect 1 "$sim" exec --profile hostile --fail-on hostile --report "$work/report.xml" -- bash -c 'text --to 4477 --text x || true'
grep -q '<testcase classname="receipts" name="every receipt is taken"/>' "$work/report.xml"
grep -q '<testcase classname="hostile.alice" name=".*"><failure message=".*"/></testcase>' "$work/report.xml"
python3 -c 'import sys, xml.dom.minidom as d; s = d.parse(sys.argv[1]).documentElement
assert int(s.getAttribute("tests")) == len(s.getElementsByTagName("testcase")) > 1' "$work/report.xml"

# SIGTERM ends what serves, in good order.
"$sim" --listen 127.0.0.1:0 --http 127.0.0.1:0 --ports-file "$work/ports" >"$work/served" &
served=$!
for _ in $(seq 200); do [ -e "$work/ports" ] && break; sleep 0.05; done
kill -TERM "$served"
wait "$served" || fail "serve ended with $?"
grep -q '^smsc-sim ready smpp=127.0.0.1:' "$work/served"

# exec hands it on to its command, and ends as that does.
"$sim" exec -- bash -c 'trap "exit 9" TERM; touch "$work/up"; while :; do sleep 0.05; done' 2>"$work/told" &
running=$!
for _ in $(seq 200); do [ -e "$work/up" ] && break; sleep 0.05; done
kill -TERM "$running"
code=0
wait "$running" || code=$?
[ "$code" = 9 ] || fail "exec ended with $code after SIGTERM"
# A port that is taken.
expect 0 "$sim" exec -- bash -c 'expect 3 "$sim" --listen "$SMSC_SIM_ADDR"'

# What is wrong has a code and a place.
echo 'sed: 1' >"$work/wrong.yaml"
expect 2 "$sim" check "$work/wrong.yaml"
has "wrong.yaml:1:1"
has 'did you mean `seed`?'
expect 2 "$sim" --no-such-flag
expect 2 "$sim" tail no_such_command
expect 3 "$sim" messages --http http://127.0.0.1:1

echo "cli.sh: all is well"
