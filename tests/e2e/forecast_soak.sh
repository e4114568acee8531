# A long forecast neither grows nor collects file handles. STEPS: default 2000; EVERY: interval of output, default once at the end.
. "$(dirname "$0")/common.sh"
steps=${STEPS:-2000}
every=${EVERY:-$((steps * 6))h}
"$MYRIAD" forecast configs/forecast_default.yaml --out "$WORK/soak" --progress none --quiet --members 1 --lead "$((steps * 6))h" \
  --set 'checkpoints=[configs/ensemble/seed11.safetensors]' --set "output.every=$every" --set 'output.channels=[z500]' >/dev/null &
pid=$!
: >"$WORK/samples"
while kill -0 "$pid" 2>/dev/null; do
  step=$(sed -n 's/.*"step": *\([0-9]*\).*/\1/p' "$WORK/soak/heartbeat.0" 2>/dev/null | head -n 1)
  memory=$(awk '/^VmRSS/ {print $2}' "/proc/$pid/status" 2>/dev/null) || true
  handles=$(ls "/proc/$pid/fd" 2>/dev/null | wc -l)
  [ -n "$step" ] && [ -n "$memory" ] && [ "$step" -ge 100 ] && echo "$step $memory $handles" >>"$WORK/samples"
  sleep 0.2
done
wait "$pid" || fail "the forecast ended with $?"
# Between a tenth and nine tenths of the run: neither the start nor the writing of the file at the end.
awk -v from="$((steps / 10))" -v to="$((steps * 9 / 10))" '$1 >= from && $1 <= to' "$WORK/samples" >"$WORK/steady"
[ "$(wc -l <"$WORK/steady")" -ge 5 ] || fail "too few samples: $(wc -l <"$WORK/samples")"
read -r step0 memory0 handles0 < <(head -n 1 "$WORK/steady")
read -r step1 memory1 handles1 < <(tail -n 1 "$WORK/steady")
echo "steps $step0 to $step1: memory $memory0 to $memory1 kB, handles $handles0 to $handles1"
[ "$((memory1 - memory0))" -lt "$((step1 - step0))" ] || fail "memory grows by a kB per step or more"
[ "$handles1" -le "$handles0" ] || fail "file handles are collected"
echo ok
