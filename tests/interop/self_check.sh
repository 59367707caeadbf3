#!/usr/bin/env bash
# The interop peers against each other, so that they are known to be right before they judge anything of ours:
# each client against node_server.js, as a transceiver and as a pair; and a wrong password, which has to be refused.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
python=../../target/interop/venv/bin/python

# against_node_server CLIENT...: runs the client with the server's address appended; fails when either of them does.
against_node_server() {
  local ready client=0 server=0 pid
  coproc SERVER { exec timeout 60 node node_server.js; }
  pid=$SERVER_PID
  read -r -t 30 -u "${SERVER[0]}" ready
  exec 8<&"${SERVER[0]}"
  "$@" 127.0.0.1 "${ready#ready }" || client=$?
  if [ "$client" != 0 ]; then
    kill "$pid" 2>/dev/null || true
  fi
  sed 's/^/    /' <&8
  wait "$pid" || server=$?
  exec 8<&-
  echo "$*: client exit $client, server exit $server"
  [ "$client" = 0 ] && [ "$server" = 0 ]
}

for client in "$python python_smpplib.py" "node node_client.js"; do
  against_node_server $client
  against_node_server $client --pair
  if against_node_server $client --password wrong; then
    echo "self_check.sh: $client took a refused bind for success" >&2
    exit 1
  fi
done
echo "interop peers agree with each other"
