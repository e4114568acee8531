# scripts/cuda_budget.py finds kernels beyond the budget, and a log that tells of none.
. "$(dirname "$0")/common.sh"
check() { /usr/bin/python3 scripts/cuda_budget.py kernels/cuda_budget.txt "$WORK/log" >"$WORK/out" 2>&1; }
kernel() {
  echo "ptxas info    : Compiling entry function '$1' for 'sm_90'"
  echo "ptxas info    : Function properties for $1"
  echo "    ${3:-0} bytes stack frame, ${4:-0} bytes spill stores, 0 bytes spill loads"
  echo "ptxas info    : Used $2 registers, used 1 barriers, 16384 bytes smem"
}
kernel small 64 >"$WORK/log"
kernel large 128 >>"$WORK/log"
check || { cat "$WORK/out"; fail "kernels within the budget"; }
grep -q "2 kernels for sm_90" "$WORK/out" || fail "the summary"
kernel greedy 129 >>"$WORK/log"
check && fail "too many registers"
grep -q "greedy (sm_90): 129 registers, budget 128" "$WORK/out" || fail "the kernel is not named"
kernel spilling 64 64 400 >"$WORK/log"
check && fail "spills"
: >"$WORK/log"
check && fail "an empty log"

# The launcher keeps what ptxas says beside the object and passes on the rest, and the exit code.
cat >"$WORK/compiler" <<'P'
echo "ptxas info    : Used 7 registers" >&2
echo "a warning" >&2
exit 3
P
code=0
scripts/keep_kernel_resources.sh bash "$WORK/compiler" -c -o "$WORK/object.o" 2>"$WORK/said" || code=$?
[ "$code" = 3 ] || fail "the exit code of the compiler is $code, not 3"
[ "$(cat "$WORK/said")" = "a warning" ] || fail "what the compiler says is not passed on: $(cat "$WORK/said")"
grep -q "Used 7 registers" "$WORK/object.o.ptxas" || fail "the registers are not kept"
echo ok
