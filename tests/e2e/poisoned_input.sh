# An initial state with one thing wrong is refused before anything is written, with the field, the place and the reason.
. "$(dirname "$0")/common.sh"
/usr/bin/python3 - "$WORK" <<'P' || fail "the poisoned files cannot be made"
import shutil, sys
import netCDF4

def poison(name, change):
    path = f"{sys.argv[1]}/{name}.nc"
    shutil.copy("configs/default/initial.nc", path)
    with netCDF4.Dataset(path, "a") as file:
        file.set_auto_maskandscale(False)
        change(file)

def one_missing(file, channel):
    file[channel][:, 7, 11] = file[channel]._FillValue

def take_away(file, channel):
    file.renameVariable(channel, "other")
    # A channel is recognised by its standard name and level too.
    file["other"].standard_name = "upward_air_velocity"

with netCDF4.Dataset("configs/default/initial.nc") as file:
    channels = [name for name in file.variables if name not in ("lat", "lon", "time")]
for channel in channels:
    poison("missing_" + channel, lambda file, channel=channel: one_missing(file, channel))
poison("celsius", lambda file: file["t850"].setncattr("units", "degC"))
poison("hectopascal", lambda file: file["sp"].setncattr("units", "hPa"))
poison("height_as_geopotential", lambda file: file["z500"].setncattr("units", "m2 s-2"))
poison("wrong_unit", lambda file: file["u250"].setncattr("units", "K"))
poison("no_channel", lambda file: take_away(file, "v500"))
poison("moved_rows", lambda file: file["lat"].__setitem__(slice(None), file["lat"][:] * 0.9))
poison("gap", lambda file: file["time"].__setitem__(-1, 1e6))
print(" ".join(channels), file=open(sys.argv[1] + "/channels", "w"))
P

# refused <name> <exit code> <words that the message must hold...>
refused() {
  local name=$1 wanted=$2 code=0 word
  shift 2
  "$MYRIAD" forecast configs/forecast_default.yaml --out "$WORK/run" $small --members 2 --set "initial.files=[$WORK/$name.nc]" \
    >/dev/null 2>"$WORK/err" || code=$?
  [ "$code" = "$wanted" ] || fail "$name: exit code $code, not $wanted: $(cat "$WORK/err")"
  for word in "$@"; do grep -qF -- "$word" "$WORK/err" || fail "$name: '$word' is not in: $(cat "$WORK/err")"; done
  [ ! -e "$WORK/run/members" ] || [ -z "$(ls "$WORK/run/members")" ] || fail "$name: something was published"
  tried=$((tried + 1))
}
tried=0
for channel in $(cat "$WORK/channels"); do refused "missing_$channel" 65 "$channel" "2003-01-1" "latitude" "longitude"; done
refused celsius 65 t850
refused hectopascal 65 sp
refused height_as_geopotential 65 z500
refused wrong_unit 65 u250 "'K'"
refused no_channel 66 v500
refused moved_rows 65 grid
refused gap 66 "2003-01-15"
[ "$tried" -ge 15 ] || fail "only $tried cases"
echo "ok: $tried poisoned inputs refused"
