# What `status` and `validate` tell about a run that works, hangs, was killed, went on, was damaged; and two runs in one folder.
. "$(dirname "$0")/common.sh"
run=$WORK/run
# The forecast that is disturbed; long enough to be caught at work. No function: its own process is to be killed.
long=("$MYRIAD" forecast configs/forecast_default.yaml --out "$run" --progress none --quiet --members 24 --set block=1)
forecast straight --members 3

# state <words...>: "state" of `myriad status --porcelain`, seen through the command given before it (a clock that is ahead).
state() { "$@" "$MYRIAD" status "$run" --porcelain | sed -nE 's/.*"state":"([a-z]+)".*/\1/p'; }
code_of() { local code=0; "$@" >"$WORK/out" 2>"$WORK/err" || code=$?; echo "$code"; }

[ "$(code_of "$MYRIAD" status "$WORK/nowhere")" = 66 ] || fail "status of nothing is not 66"
[ "$(code_of "$MYRIAD" validate "$WORK/nowhere")" = 66 ] || fail "validate of nothing is not 66"

"${long[@]}" >/dev/null 2>&1 &
pid=$!
for _ in $(seq 200); do
  [ -s "$run/status.json" ] && break
  sleep 0.05
done
[ "$(state env)" = running ] || fail "a running forecast is '$(state env)'"
kill -STOP "$pid"
[ "$(state faketime -f +600s)" = hung ] || fail "silent for ten minutes is '$(state faketime -f +600s)', not hung"
# A second run in the same folder is refused while the first is alive, and does it no harm.
code=$(code_of "${long[@]}" --overwrite)
[ "$code" = 73 ] || fail "a second run in the folder: $code, not 73"
grep -q "E1059" "$WORK/err" || fail "the message does not say that the folder is in use"
kill -CONT "$pid"
for _ in $(seq 200); do
  [ -n "$(ls "$run"/members/mem*.nc 2>/dev/null)" ] && break
  sleep 0.05
done
kill -9 "$pid" 2>/dev/null || fail "the run ended before it could be killed"
wait "$pid" 2>/dev/null || true
[ "$(state env)" = stopped ] || fail "a killed forecast is '$(state env)'"
"$MYRIAD" status "$run" >"$WORK/out"
grep -q "gone" "$WORK/out" || fail "status does not say that the process is gone"

# The same command goes on; what it publishes is whole and conforms to CF.
"${long[@]}" >/dev/null || fail "the killed forecast does not go on"
[ "$(state env)" = done ] || fail "a complete forecast is '$(state env)'"
"$MYRIAD" validate "$run" --cf --isolate --weights configs/default/seed1.safetensors --weights configs/default/seed2.safetensors \
  >"$WORK/out" || fail "a complete run is not valid: $(cat "$WORK/out")"
[ "$(code_of "$MYRIAD" validate "$run" --weights configs/default/seed1.safetensors)" = 65 ] || fail "foreign weights are accepted"

# Damage: one changed byte, one missing file, one file that does not belong.
printf X | dd of="$run/members/mem00002.nc" bs=1 seek=5000 conv=notrunc 2>/dev/null
rm "$run/members/mem00003.nc"
cp "$run/members/mem00001.nc" "$run/members/mem00077.nc"
[ "$(code_of "$MYRIAD" validate "$run" --porcelain)" = 65 ] || fail "damage is accepted"
for name in mem00002 mem00003 mem00077; do grep -q "$name" "$WORK/out" || fail "$name is not named"; done
grep -q mem00004 "$WORK/out" && fail "a whole member is called damaged"
[ "$(code_of "$MYRIAD" validate "$WORK/straight" --cf)" = 0 ] || fail "another run is not valid: $(cat "$WORK/out")"

# One flipped bit anywhere in the manifest is noticed.
cp -r "$WORK/straight" "$WORK/flipped"
bytes=$(stat -c %s "$WORK/straight/run.manifest")
for at in 3 $((bytes / 3)) $((bytes / 2)) $((bytes - 5)); do
  cp "$WORK/straight/run.manifest" "$WORK/flipped/run.manifest"
  byte=$(od -An -tu1 -j "$at" -N 1 "$WORK/flipped/run.manifest" | tr -d ' ')
  printf "\\$(printf %o $((byte ^ 1)))" | dd of="$WORK/flipped/run.manifest" bs=1 seek="$at" conv=notrunc 2>/dev/null
  [ "$(code_of "$MYRIAD" validate "$WORK/flipped")" = 65 ] || fail "a flipped bit at byte $at of the manifest is accepted"
done
echo ok
