# The pages of `myriad verify` and `myriad report` in a browser, their values against the scores that the program prints.
. tests/browser/require_browser.sh
. tests/e2e/common.sh
for seed in 1 2; do
  forecast "run$seed" --members 6 --seed "$seed"
  "$MYRIAD" verify configs/verify_default.yaml --out "$WORK/run$seed" --set "forecasts=[$WORK/run$seed]" --progress none \
    --set 'report.map_leads=[12h,24h]' --set 'channels=[z500,t850]' --porcelain >"$WORK/scores$seed.tsv"
done
/usr/bin/python3 tests/browser/check_page.py "$CHROMIUM" "$WORK/run1/report.html" "$WORK/scores1.tsv"

# The same page again from the files, byte for byte.
"$MYRIAD" report "$WORK/run1" --out "$WORK/again" >/dev/null
cmp "$WORK/run1/report.html" "$WORK/again/report.html" || fail "myriad report makes another page than myriad verify"

"$MYRIAD" report "$WORK/run1" "$WORK/run2" --out "$WORK/comparison" >/dev/null
/usr/bin/python3 tests/browser/check_page.py "$CHROMIUM" "$WORK/comparison/comparison.html"
echo ok
