#!/usr/bin/env bash
# Launcher of nvcc in a build: runs the command and keeps what ptxas tells of each kernel in OBJECT.ptxas (scripts/cuda_compile.sh reads
# it); everything else that the compiler says is passed on.
# Usage: scripts/keep_kernel_resources.sh COMPILER... -o OBJECT ...
set -u
object=
for ((i = 1; i < $#; i++)); do
  if [ "${!i}" = -o ]; then
    next=$((i + 1))
    object=${!next}
  fi
done
said=$(mktemp)
code=0
"$@" 2>"$said" || code=$?
about_kernels='^ptxas info|bytes stack frame'
[ -z "$object" ] || grep -E "$about_kernels" "$said" >"$object.ptxas" || true
grep -vE "$about_kernels" "$said" >&2 || true
rm -f "$said"
exit $code
