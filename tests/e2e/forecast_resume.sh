# Interrupted forecasts: published members stay, the rest is computed, the bytes equal those of a straight run.
. "$(dirname "$0")/common.sh"
forecast straight --members 10 --set block=2
sums straight >"$WORK/expected"

for delay in 0.15 0.3 0.6; do
  folder=killed$delay
  "$MYRIAD" forecast configs/forecast_default.yaml --out "$WORK/$folder" $small --members 10 --set block=2 >/dev/null 2>&1 &
  pid=$!
  sleep "$delay"
  kill -9 "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  # Nothing half-written under a final name.
  for file in "$WORK/$folder"/members/mem*.nc; do
    [ -e "$file" ] || continue
    grep -q "$(sha256sum "$file" | cut -d' ' -f1)" "$WORK/expected" || fail "$file is not a whole member"
  done
  # A kill between the creation and the rename of any of the run's files leaves a temporary one.
  mkdir -p "$WORK/$folder/members"
  host=$(hostname | tr -c "A-Za-z0-9\n-" _)
  for leftover in run.manifest status.json members/mem00000.nc; do
    : >"$WORK/$folder/$(dirname "$leftover")/.tmp.$host.$pid.0.$(basename "$leftover")"
  done
  # Members that were renamed but not yet in the manifest are refused without --overwrite; with it they are made again.
  forecast "$folder" --members 10 --set block=2 --overwrite
  sums "$folder" | diff "$WORK/expected" - || fail "resumed forecast differs (killed after $delay s)"
  [ -z "$(find "$WORK/$folder" -name '.tmp.*')" ] || fail "temporary files are left"
done

# SIGTERM: exit 75, and the same command goes on.
"$MYRIAD" forecast configs/forecast_default.yaml --out "$WORK/term" --progress none --quiet --lead 240h --members 40 --set block=2 \
  >/dev/null 2>&1 &
pid=$!
sleep 1.5
kill -TERM "$pid" 2>/dev/null || true
code=0
wait "$pid" || code=$?
if [ "$code" != 75 ]; then fail "SIGTERM gave exit code $code, not 75"; fi

# A second run into the same place is refused and nothing changes.
code=0
forecast straight --members 11 --seed 5 2>/dev/null || code=$?
[ "$code" = 73 ] || fail "existing output: exit code $code, not 73"
sums straight | diff "$WORK/expected" - || fail "existing output was touched"
echo ok
