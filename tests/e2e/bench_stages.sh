# Benchmarks by stage: the rows add up to the whole, are counted as planned, and what does not fit is told.
. "$(dirname "$0")/common.sh"
stages() { "$MYRIAD" bench stages --json "$@" 2>>"$WORK/log"; }
for arguments in "--network default --batch 1,2" "--network regridding" "--network default --pass folded" "--network default --pass training"; do
  stages $arguments --seconds 0.1 >"$WORK/done" && stages $arguments --count-only >"$WORK/planned" || fail "$arguments"
  /usr/bin/python3 - "$WORK/done" "$WORK/planned" <<'P' || fail "$arguments"
import json
import sys
done, planned = ([json.loads(line) for line in open(name)] for name in sys.argv[1:])
assert len(done) == len(planned) >= 3
cases = {}
for row, plan in zip(done, planned):
    assert row["case"] == plan["case"]
    if "stage" not in row:
        assert row["peak_tensor_bytes"] == plan["peak_tensor_bytes"] and row["whole_seconds"] > 0 and plan["whole_seconds"] is None
        continue
    for key in ("stage", "calls", "flop", "bytes"):
        assert row[key] == plan[key], (key, row, plan)
    assert row["seconds"] > 0 and row["floor_seconds"]["measured here"] > 0 and plan["seconds"] is None
    cases.setdefault(row["case"], []).append(row)
for rows in cases.values():
    *parts, total = rows
    assert total["stage"] == "total"
    names = {row["stage"] for row in parts}
    assert {"encoder", "analysis", "filter", "synthesis", "norm", "mlp", "skip", "decoder"} <= names, names
    for key in ("calls", "flop", "bytes", "seconds"):  # the stages of one step: equal up to the rounding of the sum
        assert abs(sum(row[key] for row in parts) - total[key]) <= 1e-9 * total[key], (key, rows)
P
done
code=0
# Formats: 16-bit fields and weights halve the bytes of products at grid points, a CPU has none.
for precision in f32 half; do stages --network hens --pass folded --count-only --precision $precision >"$WORK/hens_$precision" || fail "$precision"; done
/usr/bin/python3 - "$WORK/hens_f32" "$WORK/hens_half" <<'P' || fail "the bytes of formats"
import json
import sys
wide, short = ([json.loads(line) for line in open(name)] for name in sys.argv[1:])
mlp = [next(row["bytes"] for row in rows if row.get("stage") == "mlp") for rows in (wide, short)]
assert 0.49 < mlp[1] / mlp[0] < 0.52, mlp
peaks = [rows[-1]["peak_tensor_bytes"] for rows in (wide, short)]
assert peaks[1] < 15.5e9 < peaks[0], peaks  # loads and runs on a card of 16 GB
P
# Memory of a device, measured beside predicted: never more, and with 16-bit fields nearly every buffer of the plan is used at once
# (model_device_memory_test holds a step to the byte).
LD_PRELOAD=$EMULATION stages --backend cuda --pass folded --precision half --batch 1,2 --seconds 0.01 >"$WORK/memory" || fail "the memory of a device"
/usr/bin/python3 - "$WORK/memory" <<'P' || fail "the memory of a device is not as predicted"
import json
import sys
rows = [row for row in map(json.loads, open(sys.argv[1])) if "peak_device_bytes" in row]
assert [row["case"].split()[-2] for row in rows] == ["1", "2"], rows
for row in rows:
    measured, predicted, tensors = (row[key] for key in ("peak_device_bytes", "predicted_device_bytes", "peak_tensor_bytes"))
    assert 0.95 * predicted < measured <= predicted, row
    assert tensors < measured, row
assert rows[0]["peak_device_bytes"] < rows[1]["peak_device_bytes"], rows
P
code=0
"$MYRIAD" bench stages --precision tf32 --seconds 0.1 >"$WORK/log" 2>&1 || code=$?
[ "$code" = 78 ] || fail "tf32 on a CPU: exit code $code"
code=0
"$MYRIAD" bench stages --network hens >"$WORK/log" 2>&1 || code=$?
[ "$code" = 64 ] && grep -q E2644 "$WORK/log" || fail "the HENS network on a CPU"
code=0
"$MYRIAD" bench stages --precision tf32 >"$WORK/log" 2>&1 || code=$?
[ "$code" = 78 ] && grep -q E2307 "$WORK/log" || fail "tensor cores on a CPU"
# 7.6 GB per activation of the wide network at batch 512, in a program that may have 4 GB.
(ulimit -v 4000000 && "$MYRIAD" bench stages --network regridding --batch 512,1 --seconds 0.1) >"$WORK/small" 2>"$WORK/log" ||
  fail "a batch that does not fit"
grep -q "batch 512 f32: skipped, .* does not hold it" "$WORK/small" || fail "the batch that does not fit is not told"
grep -q "batch 1 f32: the step" "$WORK/small" || fail "the batch that fits is not measured"
# The same networks in PyTorch, spelled as ours; without PyTorch the script fails.
code=0
/usr/bin/python3 scripts/bench_sfno_torch.py --cases default --formats f32,mixed --seconds 0 >"$WORK/torch" 2>"$WORK/log" || code=$?
if /usr/bin/python3 -c 'import torch' 2>/dev/null; then
  [ "$code" = 0 ] || { cat "$WORK/log"; fail "the script for PyTorch"; }
  for kind in f32 mixed; do
    grep -q "\"case\": \"forward+backward 32x64 embed 64 layers 4 batch 4 $kind\", \"median\": [0-9]" "$WORK/torch" || fail "no time of PyTorch in $kind"
  done
else
  [ "$code" != 0 ] || fail "a script for PyTorch that succeeds without it"
fi
echo ok
