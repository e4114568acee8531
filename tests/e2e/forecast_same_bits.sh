# One forecast, many ways to run it: the same bytes.
. "$(dirname "$0")/common.sh"
forecast one --members 12
sums one >"$WORK/expected"
[ "$(wc -l <"$WORK/expected")" = 12 ] || fail "12 members expected"

for ranks in 2 4; do
  "$MPIEXEC" -n "$ranks" "$MYRIAD" forecast configs/forecast_default.yaml --out "$WORK/ranks$ranks" $small --members 12 \
    --set block=3 >/dev/null
  sums "ranks$ranks" | diff "$WORK/expected" - || fail "$ranks ranks and another block size change the bits"
done

forecast fewer --members 5
sums fewer | diff <(head -n 5 "$WORK/expected") - || fail "members of a smaller ensemble differ"
forecast single --members 9-9
[ "$(sums single)" = "$(grep mem00009 "$WORK/expected")" ] || fail "member 9 run alone differs"
forecast grown --members 16
sums grown | head -n 12 | diff "$WORK/expected" - || fail "growing the ensemble changes existing members"

forecast other --members 3 --seed 2
sums other | grep -q "$(grep mem00001 "$WORK/expected" | cut -d' ' -f1)" && fail "another seed gives the same member"
(cd "$WORK/one/members" && sha256sum --quiet -c ./*.sha256) || fail "sidecars do not verify"
# A device that is not there is refused, never replaced.
code=0
forecast gpu --members 1 --device cuda 2>/dev/null || code=$?
[ "$code" = 69 ] || fail "--device cuda: exit code $code, not 69"
# Threads are set or refused, never ignored, and change nothing.
code=0
forecast threads --members 1 --threads 2 2>/dev/null || code=$?
case $code in
  0) [ "$(sums threads)" = "$(head -n 1 "$WORK/expected")" ] || fail "two threads change the bits" ;;
  69) ;;
  *) fail "--threads 2: exit code $code, neither 0 nor 69" ;;
esac
echo ok
