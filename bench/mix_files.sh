#!/bin/sh
# Times `finemix mix` from files to a file against the input and output alone: `cat` of both inputs
# and one write (with fsync) of as many bytes as the result has. Interleaved, five times; the best
# way to read it is by the median of the ratios.
#     bench/mix_files.sh build/release/finemix PRETRAINED BACKDOORED WORK_DIRECTORY [FLAGS OF MIX]
set -eu
finemix=$1 pretrained=$2 backdoored=$3 work=$4
shift 4
mkdir -p "$work"
now() { date +%s%N; }
for round in 1 2 3 4 5; do
  rm -rf "$work/mixed" "$work/written"
  bytes=$(cat "$backdoored"/*.safetensors | wc -c)
  start=$(now)
  cat "$pretrained"/*.safetensors "$backdoored"/*.safetensors > /dev/null
  dd if=/dev/zero of="$work/written" bs=1M count=$((bytes / 1048576)) conv=fsync 2> /dev/null
  floor=$(($(now) - start))
  rm "$work/written"
  start=$(now)
  /usr/bin/time -f '%M' -o "$work/memory" "$finemix" mix --pretrained "$pretrained" \
    --backdoored "$backdoored" --output "$work/mixed" "$@" > /dev/null
  took=$(($(now) - start))
  echo "cat + write $((floor / 1000000)) ms, mix $((took / 1000000)) ms," \
    "ratio $((took * 100 / floor)) %, peak memory $(cat "$work/memory") KiB"
done
rm -rf "$work/mixed"
