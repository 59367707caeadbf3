#!/usr/bin/env bash
# What depending on an SMPP library costs: the wall time of a clean debug build of a crate that depends on it alone, and
# the number of crates that it brings. Prints a Markdown table.
#
#   benches/peers/build-cost.sh [--rounds N] [--release] [DEPENDENCY...]
#
# A DEPENDENCY is a line of a [dependencies] table. Without any: our smpp by path and the two peers below. Downloads are
# not counted; every build starts from an empty target directory; the rounds take the dependencies in turn, so that a
# slow moment of the machine does not hit one of them alone; the time is the median.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

rounds=3
profile=()
dependencies=()
while [ $# -gt 0 ]; do
  case $1 in
    --rounds) rounds=$2; shift 2 ;;
    --release) profile=(--release); shift ;;
    -*) sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
    *) dependencies+=("$1"); shift ;;
  esac
done
[ ${#dependencies[@]} -gt 0 ] || dependencies=("smpp = { path = \"$root/smpp\" }" 'rusmppc = "0.4"' 'smpp34 = "=1.5.1"')

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export CARGO_TERM_COLOR=never CARGO_INCREMENTAL=0
unset CARGO_TARGET_DIR RUSTFLAGS

for i in "${!dependencies[@]}"; do
  mkdir -p "$scratch/$i/src"
  cat >"$scratch/$i/Cargo.toml" <<TOML
[package]
name = "build-cost"
version = "0.0.0"
edition = "2024"

[workspace]

[dependencies]
${dependencies[$i]}
TOML
  echo 'fn main() {}' >"$scratch/$i/src/main.rs"
  (cd "$scratch/$i" && cargo fetch --quiet)
done

for ((round = 1; round <= rounds; round++)); do
  for i in "${!dependencies[@]}"; do
    cd "$scratch/$i"
    rm -rf target
    started=$(date +%s%N)
    cargo build --quiet --offline "${profile[@]}"
    echo $((($(date +%s%N) - started) / 1000000)) >>times
  done
done

median() { sort -n "$1" | awk '{ t[NR] = $1 } END { print (t[int((NR + 1) / 2)] + t[int(NR / 2) + 1]) / 2000 }'; }

echo "| Dependency | Version | Clean build, s (median of $rounds, min..max) | Crates |"
echo "|---|---|---:|---:|"
for i in "${!dependencies[@]}"; do
  cd "$scratch/$i"
  name=${dependencies[$i]%%[ =]*}
  version=$(cargo tree --offline -e normal,build --prefix none --depth 1 | sed -n "s/^$name v\([^ ]*\).*/\1/p" | head -1)
  # Every crate that is compiled, the depending one not counted; "(*)" marks one that is listed again.
  crates=$(cargo tree --offline -e normal,build --prefix none | sed 's/ (.*//' | sort -u | grep -vc '^build-cost ')
  range=$(sort -n times | awk 'NR == 1 { low = $1 } { high = $1 } END { printf "%.1f..%.1f", low / 1000, high / 1000 }')
  printf '| `%s` | %s | %.1f (%s) | %s |\n' "$name" "$version" "$(median times)" "$range" "$crates"
done
echo
echo "$(rustc --version), $(nproc) cores, $(date -u +%F)${profile:+, release profile}"
