# Clock, time zone and locale of the machine change nothing in the results (only the manifest knows the time).
. "$(dirname "$0")/common.sh"
forecast plain --members 3
sums plain >"$WORK/expected"
(cd "$WORK/plain/products" && sha256sum ./*.nc) >>"$WORK/expected"

# same <name> <command prefix...>: the forecast made in these surroundings has the same bytes.
same() {
  local name=$1
  shift
  env "$@" "$MYRIAD" forecast configs/forecast_default.yaml --out "$WORK/$name" $small --members 3 >/dev/null || fail "$name"
  { sums "$name"; (cd "$WORK/$name/products" && sha256sum ./*.nc); } | diff "$WORK/expected" - || fail "$name changes the bits"
  "$@" "$MYRIAD" validate "$WORK/$name" --cf >/dev/null || fail "$name: not valid"
  "$@" "$MYRIAD" status "$WORK/$name" >"$WORK/out" || fail "$name: no status"
}

for zone in Asia/Kolkata Pacific/Apia America/St_Johns right/UTC; do same "zone_$(basename "$zone")" env TZ="$zone"; done
# A locale with a decimal comma; made here because images rarely have one.
mkdir -p "$WORK/locales"
localedef -i de_DE -f UTF-8 "$WORK/locales/de_DE.UTF-8" || fail "localedef cannot make de_DE (package locales)"
same german env LOCPATH="$WORK/locales" LC_ALL=de_DE.UTF-8
same turkish_names env LC_ALL=tr_TR.UTF-8 LANG=tr_TR.UTF-8
same after_2038 faketime '2040-02-29 23:59:59'
same before_the_data faketime '1999-12-31 23:59:59'
# A clock that runs a thousand times too fast, as if it jumped in every step.
same leaping faketime -f '+0 x1000'
echo ok
