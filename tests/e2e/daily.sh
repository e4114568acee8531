# myriad daily over some cycles: own analysis, second cycle, repetition, late analysis, fallback, retention, stages, reporters.
. "$(dirname "$0")/common.sh"
bin=$WORK/bin
mkdir -p "$bin" "$WORK/analysis"
suite=$WORK/suite
daily() { "$MYRIAD" daily configs/daily_default.yaml --quiet --progress none --out "$suite" "$@"; }
code_of() { local code=0; "$@" >/dev/null 2>&1 || code=$?; echo "$code"; }
record() { sed -nE "s/.*\"$2\": \"?([^\",]*).*/\1/p" "$suite/$1/cycle.json"; }
sums_of() { (cd "$suite/$1" && find . -name '*.nc' -exec sha256sum {} + | sort -k 2); }

# Two cycles from the files of the repository, the first with a reporter that notes what it is told.
cat >"$bin/ecflow_client" <<C
#!/bin/sh
for a in "\$@"; do printf '%s|' "\$a"; done >>"$WORK/ecflow"
echo >>"$WORK/ecflow"
C
chmod +x "$bin/ecflow_client"
PATH=$bin:$PATH ECF_NAME=/suite/task daily --cycle 2003-01-15T00Z --report ecflow --set 'forecast.launcher=["'"$MPIEXEC"'", "-n", "2"]' \
  2>"$WORK/first.log" || { cat "$WORK/first.log"; fail "the first cycle"; }
grep -q "without effect" "$WORK/first.log" && fail "a key of the suite is not read"
grep -qx -- '--event=forecast|' "$WORK/ecflow" || { cat "$WORK/ecflow"; fail "ecFlow did not hear of the forecast"; }
grep -q -- '--meter=progress|100|' "$WORK/ecflow" || fail "ecFlow did not hear of the end"
daily --cycle 2003-01-16T00Z --report cylc >/dev/null || fail "the second cycle"
for cycle in 20030115T000000Z 20030116T000000Z; do
  [ "$(find "$suite/$cycle/forecast/members" -name 'mem*.nc' | wc -l)" = 8 ] || fail "members of $cycle"
  [ -s "$suite/$cycle/verification/report.html" ] || fail "no report of $cycle"
  [ "$(record "$cycle" verified)" = true ] || fail "$cycle is not verified"
  grep -q "cycle 2003-01-1[56]T00:00:00Z" "$suite/$cycle/verification/report.html" || fail "the report does not name its cycle"
  grep -q "$cycle/verification/report.html" "$suite/index.html" || fail "the index does not link $cycle"
done
grep -q '"phase": "done"' "$suite/status.json" || fail "status.json"
# The same command again changes nothing.
sums_of 20030116T000000Z >"$WORK/before"
daily --cycle 2003-01-16T00Z >/dev/null || fail "the repetition"
sums_of 20030116T000000Z | diff "$WORK/before" - || fail "the repetition changed files"

# The analysis comes while the suite waits (cut before it starts, moved into place meanwhile).
cdo -s seldate,2003-01-16T12:00:00,2003-01-17T00:00:00 configs/default/truth.nc "$WORK/early.nc" >/dev/null 2>&1
sources="analysis.sources=[{name: feed, files: [\"$WORK/analysis/an_%Y%m%d%H.nc\"]}]"
daily --cycle 2003-01-17T00Z --set "$sources" --set analysis.wait=60s --set analysis.poll=1s --set analysis.max_age=0h >/dev/null 2>"$WORK/late.log" &
pid=$!
until [ -s "$suite/20030117T000000Z/logs/analysis.log" ]; do sleep 0.05; done
cp "$WORK/early.nc" "$WORK/analysis/.an.tmp"
mv "$WORK/analysis/.an.tmp" "$WORK/analysis/an_2003011700.nc"
wait "$pid" || { cat "$WORK/late.log"; fail "the cycle with a late analysis"; }
[ "$(record 20030117T000000Z source)" = feed ] || fail "the late analysis was not taken"

# No analysis at all: the newest older one takes its place, 3, and everybody is told.
code=0
daily --cycle 2003-01-18T00Z --set "$sources" >/dev/null 2>"$WORK/fallback.log" || code=$?
[ "$code" = 3 ] || { cat "$WORK/fallback.log"; fail "a missing analysis gave $code, not 3"; }
[ "$(record 20030118T000000Z start)" = 2003-01-17T00:00:00Z ] || fail "the fallback started at $(record 20030118T000000Z start)"
[ "$(record 20030118T000000Z lead)" = 72h ] || fail "the fallback does not reach the end of the cycle"
grep -q "24h before the cycle" "$suite/status.json" || fail "status.json does not tell the fallback"
grep -q 'class="late"' "$suite/index.html" || fail "the index does not tell the fallback"
grep -q "24h before the cycle" "$suite/20030118T000000Z/verification/report.html" || fail "the report does not tell the fallback"
[ "$(code_of daily --cycle 2003-01-18T00Z)" = 3 ] || fail "a degraded cycle is not told again"
# None that is young enough: 66, told in status.json, and nothing left undone when it comes.
[ "$(code_of daily --cycle 2003-02-18T00Z --set "$sources")" = 66 ] || fail "no analysis is not 66"
grep -q '"phase": "failed"' "$suite/status.json" || fail "status.json does not tell the failure"

# Stages as jobs of their own; a forecast without an analysis is refused.
[ "$(code_of daily --cycle 2003-01-19T00Z --stages forecast)" = 66 ] || fail "a forecast without a chosen analysis"
for stage in analysis forecast verify prune; do daily --cycle 2003-01-19T00Z --stages "$stage" >/dev/null || fail "stage $stage"; done
[ "$(record 20030119T000000Z verified)" = true ] || fail "the stages did not make a whole cycle"

# Retention: only what the manifest names; a reporter that hangs up does not matter.
echo mine >"$suite/20030115T000000Z/forecast/members/notes.txt"
printf '#!/bin/sh\nexit 1\n' >"$bin/ecflow_client"
PATH=$bin:$PATH ECF_NAME=/suite/task daily --cycle 2003-01-20T00Z --report ecflow --set retention.members=72h >/dev/null 2>&1 || fail "the cycle with retention"
[ "$(find "$suite/20030115T000000Z/forecast/members" -type f)" = "$suite/20030115T000000Z/forecast/members/notes.txt" ] ||
  fail "retention deleted the wrong files"
[ -d "$suite/20030116T000000Z/forecast/members" ] && fail "the members of 16 January are kept"
[ -s "$suite/20030116T000000Z/forecast/products/ensemble.nc" ] || fail "retention deleted a product"
[ "$(find "$suite/20030117T000000Z/forecast/members" -name 'mem*.nc' | wc -l)" = 8 ] || fail "retention deleted young members"
"$MYRIAD" validate "$suite/20030116T000000Z/forecast" >/dev/null || fail "a run with deleted members does not validate"

# Mistakes.
[ "$(code_of daily --cycle 2003-01-21T00Z --set forecast.set=[nonsense=1])" = 78 ] || fail "a wrong forecast setting is not 78"
[ "$(code_of "$MPIEXEC" -n 2 "$MYRIAD" daily configs/daily_default.yaml --out "$suite" --cycle 2003-01-21T00Z)" = 64 ] ||
  fail "daily under mpirun is not refused"
[ "$(code_of daily --cycle 2003-01-21T00Z --set 'forecast.launcher=[no-such-launcher]')" = 69 ] || fail "a missing launcher is not 69"
echo ok
