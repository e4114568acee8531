# Interrupted forecasts: whatever was killed whenever, the same command goes on and the bytes equal those of a straight run.
# KILLS: number of kill -9 in all (default 20), spread over 1, 2, 3 and 4 ranks.
. "$(dirname "$0")/common.sh"
kills=${KILLS:-20}
small="--progress none --quiet"
options="--members 12 --lead 72h --set block=2 --set checkpoint_every=2 --set order=member"
all_sums() { (cd "$WORK/$1" && find . -name '*.nc' | LC_ALL=C sort | xargs sha256sum); }
forecast straight $options
all_sums straight >"$WORK/expected"
[ "$(wc -l <"$WORK/expected")" = 13 ] || fail "12 members and a product expected"
[ ! -e "$WORK/straight/scratch" ] || fail "scratch is left after a complete run"

RANDOM=20030115
interrupted=0
for ranks in 1 2 3 4; do
  folder=killed$ranks
  command=("$MPIEXEC" -n "$ranks" "$MYRIAD" forecast configs/forecast_default.yaml --out "$WORK/$folder" $small $options)
  [ "$ranks" = 1 ] && command=("${command[@]:3}")
  for ((k = 0; k < kills / 4; ++k)); do
    "${command[@]}" >/dev/null 2>&1 &
    pid=$!
    sleep "$((RANDOM % 2)).$((RANDOM % 900 + 100))"
    pkill -9 -f -- "--out $WORK/$folder " && interrupted=$((interrupted + 1))
    wait "$pid" 2>/dev/null || true
    while pgrep -f -- "--out $WORK/$folder " >/dev/null; do sleep 0.05; done  # ranks outlive mpirun a little
    # Nothing half-written under a final name.
    for file in "$WORK/$folder"/members/mem*.nc; do
      [ -e "$file" ] || continue
      grep -q "$(sha256sum "$file" | cut -d' ' -f1)" "$WORK/expected" || fail "$file is not a whole member"
    done
  done
  # A kill between the creation and the rename of any of the run's files leaves a temporary one.
  mkdir -p "$WORK/$folder/members"
  host=$(hostname | tr -c "A-Za-z0-9\n-" _)
  for leftover in run.manifest status.json members/mem00000.nc; do
    : >"$WORK/$folder/$(dirname "$leftover")/.tmp.$host.$pid.0.$(basename "$leftover")"
  done
  "${command[@]}" >/dev/null || fail "the rerun on $ranks rank(s) ended with $?"
  all_sums "$folder" | diff "$WORK/expected" - || fail "the resumed forecast on $ranks rank(s) differs"
  [ -z "$(find "$WORK/$folder" -name '.tmp.*')" ] || fail "temporary files are left"
  [ ! -e "$WORK/$folder/scratch" ] || fail "scratch is left after a complete run"
done
echo "$interrupted of $kills kills met a running process"
[ "$interrupted" -ge $((kills / 2)) ] || fail "too few kills met a running process"

# SIGTERM and USR1: exit 75, the same command goes on from the saved states, on another number of ranks too.
long="--members 12 --lead 720h --set block=4"
forecast long_straight $long
all_sums long_straight >"$WORK/long_expected"
for signal in TERM USR1; do
  "$MYRIAD" forecast configs/forecast_default.yaml --out "$WORK/$signal" --progress none --quiet $long >/dev/null 2>&1 &
  pid=$!
  while [ ! -s "$WORK/$signal/heartbeat.0" ] && kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
  sleep 0.3
  kill -"$signal" "$pid" || fail "the run was over before the signal"
  code=0
  wait "$pid" || code=$?
  [ "$code" = 75 ] || fail "SIG$signal gave exit code $code, not 75"
  [ -s "$WORK/$signal/scratch/states" ] || fail "no state was saved on SIG$signal"
done
cp -r "$WORK/TERM" "$WORK/never"
rm -f "$WORK/never/run.lock"
forecast TERM $long
all_sums TERM | diff "$WORK/long_expected" - || fail "the run resumed after SIGTERM differs"
"$MPIEXEC" -n 2 "$MYRIAD" forecast configs/forecast_default.yaml --out "$WORK/USR1" --progress none --quiet $long >/dev/null
all_sums USR1 | diff "$WORK/long_expected" - || fail "the run resumed after SIGUSR1 on two ranks differs"

# --resume never takes nothing of what was left: here it is spoilt.
printf 'spoilt' | dd of="$WORK/never/scratch/tiles" conv=notrunc status=none
forecast never $long --resume never --overwrite
all_sums never | diff "$WORK/long_expected" - || fail "the run that was started anew differs"

# Another forecast in the same place is refused and nothing changes.
code=0
forecast straight --members 13 --lead 72h --seed 5 2>/dev/null || code=$?
[ "$code" = 73 ] || fail "existing output: exit code $code, not 73"
all_sums straight | diff "$WORK/expected" - || fail "existing output was touched"
echo ok
