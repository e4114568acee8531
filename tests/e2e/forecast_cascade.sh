# Ensembles in rounds: they stop when decisions are clear, whatever the ranks and interruptions, and say what plain arithmetic says.
. "$(dirname "$0")/common.sh"
easy='cascade={rounds: [8, 16, 32], events: [{channel: t850, value: 200, leads: [24h], threshold: 0.3}]}'
low='{name: low, channel: z500, relation: below, value: 5400, leads: [24h], threshold: 0.5, prior_mean: 0.2, prior_strength: 10,
  region: {south: 30, north: 70, west: -60, east: 60}}'
events="[{channel: t850, value: 0, units: degC, leads: [6h, 24h], cost: 1, loss: 4}, $low]"
full="cascade={rounds: [8, 16, 32], error: 0.1, accept: 0, events: $events}"
middle="cascade={rounds: [8, 16, 32], error: 0.1, accept: 0.03, events: $events}"
exact="--set output.quantize=false"
all_sums() { (cd "$WORK/$1" && find . -name '*.nc' ! -name cascade.nc | LC_ALL=C sort | xargs sha256sum); }
count() { find "$WORK/$1/members" -name 'mem*.nc' | wc -l; }
# facts <folder> <expression of the last run's facts `f` in Python>
facts() { /usr/bin/python3 -c "import json; f = json.loads(open('$WORK/$1/run.manifest').read().splitlines()[-1]); print($2)"; }

# An easy event: exactly the members of the first round, and they and their statistics are those of a plain run.
forecast easy --members 32 --set "$easy"
forecast plain8 --members 8
[ "$(count easy)" = 8 ] || fail "the easy event took $(count easy) members, not 8"
all_sums easy | diff - <(all_sums plain8) || fail "8 members of a cascade differ from a plain run of 8"
[ "$(facts easy "f['members'], f['member_files'], f['cascade'][0]['members_run'], f['cascade'][0]['members_saved']")" = "8 8 8 24" ] ||
  fail "the manifest does not tell what was saved"
"$MYRIAD" validate "$WORK/easy" | grep -q '8 of 8 member files' || fail "a cascade that stopped does not validate"
"$MYRIAD" status "$WORK/easy" | grep -q done || fail "a cascade that stopped is not done"
grep -q '"percent": *100' "$WORK/easy/status.json" || fail "a cascade that stopped is not at 100 %: $(cat "$WORK/easy/status.json")"

# A hard one: the full ensemble; the same bytes on two ranks in other blocks and tiles, and with tiles in memory.
forecast full --members 32 --set "$full" $exact
forecast plain32 --members 32 $exact
[ "$(count full)" = 32 ] || fail "the hard event took $(count full) members, not 32"
all_sums full | diff - <(all_sums plain32) || fail "the full ensemble of a cascade differs from a plain run"
"$MPIEXEC" -n 2 "$MYRIAD" forecast configs/forecast_default.yaml --out "$WORK/ranks" $small --members 32 --set "$full" $exact \
  --set block=3 --set statistics.tile_mb=0.05 --set scratch.kind=memory >/dev/null
all_sums full | diff - <(all_sums ranks) || fail "the members on two ranks differ"
cmp "$WORK/full/products/cascade.nc" "$WORK/ranks/products/cascade.nc" || fail "the decisions on two ranks differ"

# In between: two rounds. `members` may be left to the rounds.
grep -v '^members:' configs/forecast_default.yaml >"$WORK/implied.yaml"
"$MYRIAD" forecast "$WORK/implied.yaml" --out "$WORK/middle" $small --set "$middle" $exact >"$WORK/middle.out"
grep -q '^16 of 32 members in ' "$WORK/middle.out" || fail "the middle event did not stop after 16 members: $(cat "$WORK/middle.out")"
[ "$(count middle)" = 16 ] || fail "the middle event wrote $(count middle) members, not 16"

# Centred pairs: pairs are drawn as one. Lost members: decisions hold whatever they would have shown.
forecast pairs --members 32 --set "$full" $exact --set centred_pairs=true
code=0
"$MYRIAD" forecast configs/forecast_default.yaml --out "$WORK/lost" $small --members 32 --set "$full" $exact \
  --set perturbation.amplitude=22 >/dev/null 2>&1 || code=$?
[ "$code" = 3 ] || fail "a cascade with lost members: exit code $code, not 3"

code=0
"$MYRIAD" forecast configs/forecast_default.yaml --out "$WORK/none_left" $small --members 32 --set "$full" \
  --set perturbation.amplitude=1e30 >/dev/null 2>"$WORK/none_left.log" || code=$?
[ "$code" = 76 ] && grep -q 'E2648' "$WORK/none_left.log" || fail "no member left to decide by: exit code $code, not 76"

# Two dates: each goes as far as it must.
dates="--set initial.files=[configs/default/truth.nc] --set start=null --set starts=[2003-01-16T00Z,2003-01-18T12Z]"
forecast dates --members 32 --set "cascade={rounds: [8, 16, 32], error: 0.1, accept: 0.005, events: [$low]}" $exact $dates

cat >"$WORK/check.py" <<'P'
import glob, json, math, sys
import netCDF4, numpy
folder, sizes, error, accept, run, unit = sys.argv[1], [8, 16, 32], 0.1, float(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
exact = lambda k, n, held, total: math.comb(held, k) * math.comb(total - held, n - k) / math.comb(total, n)
def divergence(x, p):
    part = lambda a, b: a * math.log(a / b) if a > 0 else 0.0
    return part(x, p) + part(1 - x, 1 - p)
def at_least(k, n, held, total):
    if unit == "member":
        return sum(exact(j, n, held, total) for j in range(k, n + 1))
    if k > held:
        return 0.0
    return math.exp(-n / 2 * divergence(k / n, held / total)) if k / n > held / total else 1.0
def at_most(k, n, held, total):
    if unit == "member":
        return sum(exact(j, n, held, total) for j in range(0, k + 1))
    if held - k > total - n:
        return 0.0
    return math.exp(-n / 2 * divergence(k / n, held / total)) if k / n < held / total else 1.0
members = {int(f[-8:-3]): netCDF4.Dataset(f) for f in glob.glob(folder + "/members/*.nc")}
lost = set(range(run)) - set(members)
counting = [m for m in range(32) if m != 0 and not (unit == "pair" and m == 2)]
counted = [sum(m < n for m in counting) for n in sizes]
product = netCDF4.Dataset(folder + "/products/cascade.nc")
assert list(product["round"][:]) == [n for n in sizes if n <= run], product["round"][:]
assert int(product["members"][:]) == run and int(product["members_full"][:]) == 32
first = next(iter(members.values()))
lat, lon = first["latitude"][:], first["longitude"][:]
rows = numpy.polynomial.legendre.leggauss(len(lat))[1]
area = numpy.repeat(rows[:, None], len(lon), 1)
box = ((lat >= 30) & (lat <= 70))[:, None] & (((lon + 180) % 360 - 180 >= -60) & ((lon + 180) % 360 - 180 <= 60))[None, :]
level = lambda f, name, pa: list(f["plev_2"][:] if name == "t" and "plev_2" in f.variables else f["plev_4"][:] if name == "gh" and
                                 "plev_4" in f.variables else f["plev"][:]).index(pa)
fields = {
    "t850_above_0_degC": (lambda f, t: f["t"][t, level(f, "t", 85000.0)].astype("f8") > 273.15, 0.25, area, [1, 4], 0.5, 2.0),
    "low": (lambda f, t: f["gh"][t, 0].astype("f8") < 5400, 0.5, area * box, [4], 0.2, 10.0)}
fields = {name: field for name, field in fields.items() if name + "_decision" in product.variables}
times = [int(hours) // 6 for hours in product["forecast_period"][:]]
checked = 0
for name, (shows, threshold, weight, leads, mean, strength) in fields.items():
    weight = weight / weight.sum()
    assert abs(product[name + "_weight"][:] - weight).max() < 1e-15
    total = counted[-1]
    needed = next(k for k in range(total + 1) if k / total >= threshold)
    for time, lead in enumerate(times):
        if lead not in leads:
            assert (product[name + "_decision"][time] == -1).all()
            continue
        before = numpy.ones(area.shape, int)
        for r, size in enumerate(n for n in sizes if n <= run):
            n, final = counted[r], size == 32
            sound = [m for m in counting if m < size and m not in lost]
            missing = n - len(sound)
            count = sum(shows(members[m], lead).astype(int) for m in sound)
            if final:
                decision = numpy.where(count / len(sound) >= threshold, 2, 0)
            else:
                yes = next(k for k in range(n + 2) if k > n or at_least(k, n, needed - 1, total) <= error / 2)
                no = max(k for k in range(-1, n + 1) if k < 0 or at_most(k, n, needed, total) <= error / 2)
                assert (product[name + "_yes_at_least"][r], product[name + "_no_at_most"][r]) == (yes, no), (name, r, yes, no)
                decision = numpy.where(count >= yes, 2, numpy.where(count + missing <= no, 0, 1))
                decision = numpy.where(before != 1, before, decision)
            assert (product[name + "_count"][time, r] == count).all(), (name, time, r)
            assert (product[name + "_decision"][time, r] == decision).all(), (name, time, r)
            share = (weight * (decision == 1)).sum()
            assert abs(product[name + "_open_share"][time, r] - share) < 1e-12, (name, time, r, share)
            assert product["members_counted"][r] == len(sound) and product["members_lost"][r] == missing
            before = decision
            checked += 1
        posterior = (count + mean * strength) / (len(sound) + strength)
        assert abs(product[name + "_posterior"][time] - posterior).max() < 1e-6
        flip = product[name + "_flip"][time]
        assert (flip == 0).all() if final else flip.max() > 0.05 and flip.min() < 1e-3, (name, flip.min(), flip.max())
open_now = [numpy.ma.max(product[name + "_open_share"][:, -1]) for name in fields]
assert run == 32 or max(open_now) <= accept, open_now
if run > 8:
    assert max(numpy.ma.max(product[name + "_open_share"][:, -2]) for name in fields) > accept
print("checked", checked, "lost", len(lost))
P
check() { /usr/bin/python3 "$WORK/check.py" "$@" || fail "the cascade of $1 disagrees with plain arithmetic"; }
check "$WORK/full" 0 32 member
check "$WORK/middle" 0.03 16 member
check "$WORK/pairs" 0 32 pair
check "$WORK/lost" 0 32 member | tee "$WORK/lost.out"
grep -q 'lost 0' "$WORK/lost.out" && fail "no member was lost"
check "$WORK/dates/2003-01-16T00Z" 0.005 32 member
check "$WORK/dates/2003-01-18T12Z" 0.005 8 member
# What the middle one decided after half of the members is what all of them decide, but for the share that was promised.
/usr/bin/python3 - "$WORK" <<'P' || fail "early decisions are wrong more often than promised"
import sys
import netCDF4
early, full = (netCDF4.Dataset(f"{sys.argv[1]}/{run}/products/cascade.nc") for run in ("middle", "full"))
for name in ("t850_above_0_degC", "low"):
    weight = early[name + "_weight"][:]
    for time in ((0, 1) if name != "low" else (1,)):
        a, b = early[name + "_decision"][time, -1], full[name + "_decision"][time, -1]
        wrong = float((weight * ((a != 1) & (a != b))).sum())
        assert wrong <= 0.1 / 10, (name, time, wrong)  # most points are far from the threshold
        assert (a == full[name + "_decision"][time, 1]).all()
P
cdo -s ntime "$WORK/full/products/cascade.nc" >/dev/null 2>&1 || fail "cdo cannot read the decisions"

# Killed in the second round, then asked to stop in it: the same command goes on to the same bytes.
for signal in KILL TERM; do
  "$MYRIAD" forecast configs/forecast_default.yaml --out "$WORK/$signal" --progress none --lead 24h --members 32 --set "$full" $exact \
    --set block=2 >/dev/null 2>"$WORK/$signal.log" &
  pid=$!
  until grep -q 'goes on to 16 members' "$WORK/$signal.log" || ! kill -0 "$pid" 2>/dev/null; do sleep 0.02; done
  sleep 0.2
  kill -"$signal" "$pid" || fail "the run was over before the signal"
  code=0
  wait "$pid" || code=$?
  [ "$signal" = KILL ] || [ "$code" = 75 ] || fail "SIGTERM in a cascade gave exit code $code, not 75"
  [ ! -e "$WORK/$signal/products/cascade.nc" ] || fail "decisions of an interrupted cascade are published"
done
forecast KILL --members 32 --set "$full" $exact --resume require
"$MPIEXEC" -n 2 "$MYRIAD" forecast configs/forecast_default.yaml --out "$WORK/TERM" $small --members 32 --set "$full" $exact >/dev/null
for run in KILL TERM; do
  all_sums full | diff - <(all_sums "$run") || fail "the members of a cascade resumed after SIG$run differ"
  cmp "$WORK/full/products/cascade.nc" "$WORK/$run/products/cascade.nc" || fail "the decisions resumed after SIG$run differ"
  [ ! -e "$WORK/$run/scratch" ] || fail "scratch is left after a cascade"
done

# Files of several members hold those that have run.
forecast packed --members 32 --set "$middle" $exact --set output.pack=checkpoint
cmp "$WORK/middle/products/cascade.nc" "$WORK/packed/products/cascade.nc" || fail "packed files change the decisions"
ncdump -v realization "$WORK/packed/members/checkpoint001.nc" | grep -q 'realization = 1, 3, 5, 7, 9, 11, 13, 15 ;' ||
  fail "the packed file does not hold the members that have run"

# The plan is told before it is run, with what an earlier one lets expect.
dry() { "$MYRIAD" forecast configs/forecast_default.yaml --out "$WORK/dry" --lead 24h --members 32 --dry-run --quiet "$@"; }
dry --set "$middle" --set "cascade.outlook=$WORK/middle/products/cascade.nc" >"$WORK/dry.out"
for line in 'rounds of 8, 16, 32 members, 7, 15, 31 of which count' 't850 above 0 degC at 6h, 24h, threshold 0.25' '15/16 of 31' \
  'expected .* of 31 members that count'; do
  grep -q -- "$line" "$WORK/dry.out" || fail "the plan does not say '$line': $(cat "$WORK/dry.out")"
done
[ ! -e "$WORK/dry" ] || fail "a dry run wrote something"

# refused <exit code> <id> <arguments...>
refused() {
  local wanted=$1 id=$2 code=0
  shift 2
  dry "$@" >/dev/null 2>"$WORK/refused.log" || code=$?
  [ "$code" = "$wanted" ] && grep -q "$id" "$WORK/refused.log" || fail "$id expected, exit code $code: $(cat "$WORK/refused.log")"
}
one='{channel: t850, value: 0, units: degC, leads: [24h], threshold: 0.3}'
refused 78 E2674 --set "cascade={rounds: [8, 16], events: [$one]}"
refused 78 E2674 --set "cascade={rounds: [16, 8, 32], events: [$one]}"
refused 78 E2674 --set "cascade={rounds: [7, 32], events: [$one]}"
refused 78 E2674 --set "cascade={rounds: [10, 32], events: [$one]}" --set centred_pairs=true
refused 78 E2675 --set "cascade={rounds: [8, 32], events: [$one]}" --set order=lead
refused 78 E2675 --set "cascade={rounds: [8, 32], events: [$one]}" --set statistics.enabled=false
refused 78 E2675 --set "cascade={rounds: [8, 32], events: [$one]}" --set 'statistics.channels=[z500]'
refused 78 E2675 --set "cascade={rounds: [8, 32], events: [$one]}" --set 'statistics.leads=[6h]'
refused 78 E2676 --set "cascade={rounds: [8, 32], events: []}"
refused 78 E2676 --set "cascade={rounds: [8, 32], events: [$one, $one]}"
refused 78 E2676 --set "cascade={rounds: [8, 32], events: [{channel: t850, value: 273, leads: [24h], threshold: 0.3, cost: 1}]}"
refused 78 E2676 --set "cascade={rounds: [8, 32], events: [{channel: t850, value: 273, leads: [24h], cost: 1}]}"
refused 78 E2676 --set "cascade={rounds: [8, 32], events: [{channel: t850, value: 273, leads: [24h], cost: 2, loss: 1}]}"
refused 78 E2532 --set "cascade={rounds: [8, 32], events: [{channel: t850, value: 273, units: m, leads: [24h], threshold: 0.3}]}"
refused 65 E2677 --set "cascade={rounds: [8, 32], events: [{name: t850_above_0_degC, channel: t850, value: 273, leads: [12h],
  threshold: 0.3}]}" --set "cascade.outlook=$WORK/middle/products/cascade.nc"
echo ok
