#!/usr/bin/env bash
# The interop peers against each other, so that they are known to be right before they judge anything of ours: each client
# against node_server.js, as a transceiver and as a pair, over TCP and TLS; and what has to be refused: a wrong password,
# and a certificate that another authority has signed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
python=../../target/interop/venv/bin/python
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# against_node_server SERVER-OPTIONS CLIENT...: runs the client with the server's address appended; fails when either of
# them does.
against_node_server() {
  local options=$1 ready client=0 server=0 pid
  shift
  coproc SERVER { exec timeout 60 node node_server.js $options; }
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
  echo "$* $options: client exit $client, server exit $server"
  [ "$client" = 0 ] && [ "$server" = 0 ]
}

# refused CLIENT...: the same, and it must not work.
refused() {
  if against_node_server "$@"; then
    echo "self_check.sh: took for success what has to be refused: $*" >&2
    exit 1
  fi
}

for client in "$python python_smpplib.py" "node node_client.js" "$python kannel.py"; do
  for pair in "" --pair; do
    # This server's receipts come with the submit_sm_resp: too soon for Kannel to have read that on another connection.
    case $client$pair in *kannel*--pair) continue ;; esac
    against_node_server "" $client $pair
    against_node_server "--tls-ca-out $scratch/ca.pem" $client $pair --tls "$scratch/ca.pem"
  done
  refused "" $client --password wrong --timeout 3
  refused "--tls-ca-out $scratch/unused.pem" $client --tls "$scratch/ca.pem" --timeout 3
done
echo "interop peers agree with each other"
