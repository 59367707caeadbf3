#!/usr/bin/env bash
# Installs the other SMPP implementations that the interop tests talk to, under target/interop: python-smpplib into a
# venv and node-smpp into node_modules, at the versions pinned beside this script, and Kannel out of Debian's package,
# which is unpacked there and not installed, so that nothing of it starts by itself. Does nothing when they are already
# there. Needs python3, openssl, and node with npm; whatever of these is missing comes from Debian's packages, as do the
# libraries that Kannel links to.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache="$(cd "$here/../.." && pwd)/target/interop"
mkdir -p "$cache"

# Two test processes may come here at the same time; the second finds the work done.
exec 9>"$cache/lock"
flock -w 300 9 || { echo "setup.sh: another setup holds $cache/lock" >&2; exit 1; }

# from_debian install|satisfy|download PACKAGE...: as root, apt would download as a user who may not write everywhere.
updated=
from_debian() {
  echo "setup.sh: $* from Debian's packages" >&2
  [ "$updated" ] || apt-get update -q >&2
  updated=yes
  DEBIAN_FRONTEND=noninteractive apt-get "$1" -q -y --no-install-recommends -o APT::Sandbox::User=root "${@:2}" >&2
}

pinned() { cat "$@" | sha256sum | cut -d' ' -f1; }

python_pin=$(pinned "$here/requirements.txt")
if [ "$(cat "$cache/venv/pinned" 2>/dev/null)" != "$python_pin" ]; then
  rm -rf "$cache/venv"
  python=python3
  # Debian ships python3 without the half of venv that installs pip: only making one tells.
  if ! "$python" -m venv "$cache/venv" >&2; then
    from_debian install python3 python3-venv
    python=/usr/bin/python3
    rm -rf "$cache/venv"
    "$python" -m venv "$cache/venv" >&2
  fi
  "$cache/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input -r "$here/requirements.txt" >&2
  echo "$python_pin" >"$cache/venv/pinned"
fi

command -v node >/dev/null && command -v npm >/dev/null || from_debian install nodejs npm
command -v openssl >/dev/null || from_debian install openssl
node_pin=$(pinned "$here/package.json" "$here/package-lock.json")
if [ "$(cat "$cache/node_modules/pinned" 2>/dev/null)" != "$node_pin" ]; then
  cp "$here/package.json" "$here/package-lock.json" "$cache/"
  npm ci --prefix "$cache" --ignore-scripts --no-audit --no-fund --loglevel=error >&2
  echo "$node_pin" >"$cache/node_modules/pinned"
fi

# It runs only where its libraries are, whatever an earlier machine left in the directory.
kannel_version() { "$cache/kannel/usr/sbin/bearerbox" --version 2>/dev/null | sed -n 's/^Kannel bearerbox version `\(.*\)'"'.*/\1/p"; }
if [ -z "$(kannel_version)" ]; then
  rm -rf "$cache/kannel"
  mkdir "$cache/kannel"
  cd "$cache/kannel"
  from_debian download kannel
  dpkg-deb --extract kannel_*.deb .
  [ -n "$(kannel_version)" ] || from_debian satisfy "$(dpkg-deb --field kannel_*.deb Depends)"
  [ -n "$(kannel_version)" ] || { "$cache/kannel/usr/sbin/bearerbox" --version >&2; exit 1; }
fi

# Wireshark's dissector judges what the simulator sends. Where it cannot be had, the test says so and passes.
command -v tshark >/dev/null || from_debian install tshark || echo "setup.sh: !!! tshark cannot be installed" >&2

smpplib=$("$cache/venv/bin/python" -c 'import importlib.metadata as m; print(m.version("smpplib"))')
node_smpp=$(node -p 'require(process.argv[1]).version' "$cache/node_modules/smpp/package.json")
echo "interop peers ready: python-smpplib $smpplib, node-smpp $node_smpp, Kannel $(kannel_version)"
