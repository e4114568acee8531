# The installed tree and the tarball run wherever they are moved, with the libraries they brought; old processors are refused.
. "$(dirname "$0")/common.sh"
unset LD_LIBRARY_PATH
cmake --install "$BUILD" --prefix "$WORK/first" >"$WORK/install.log"
mv "$WORK/first" "$WORK/moved"
[ "$("$WORK/moved/bin/myriad" version | head -n 1)" = "$("$MYRIAD" version | head -n 1)" ] || fail "the installed program"
for file in share/myriad/configs/forecast_default.yaml share/myriad/configs/slurm/forecast.sbatch share/myriad/configs/default/initial.nc \
  share/doc/myriad/exit-codes.md share/doc/myriad/LICENSE bin/myriad-launch; do
  [ -s "$WORK/moved/$file" ] || fail "$file is not installed"
done

here=$PWD
(cd "$WORK" && "$here/scripts/package.sh" "$BUILD") >"$WORK/name"
tarball=$WORK/$(cat "$WORK/name")
mkdir "$WORK/unpacked"
tar --extract --gzip --file "$tarball" --directory "$WORK/unpacked"
tree=$(echo "$WORK"/unpacked/myriad-*)
(cd "$WORK" && "$here/scripts/package.sh" "$BUILD") >/dev/null
# Libraries come from the tree, and none is missing.
ldd "$tree/bin/myriad" >"$WORK/ldd"
grep "not found" "$WORK/ldd" && fail "libraries are missing"
for library in libnetcdf libyaml-cpp libfmt libxxhash; do
  grep -q "$library.*$tree" "$WORK/ldd" || { cat "$WORK/ldd"; fail "$library does not come from the tree"; }
done
cd "$tree/share/myriad"
"$tree/bin/myriad-launch" -n 2 -- "$tree/bin/myriad" forecast configs/forecast_default.yaml --out "$WORK/out" $small --members 4 --set block=2 >/dev/null ||
  fail "the unpacked program"
cd "$here"
forecast own --members 4 --set block=2
diff <(cd "$WORK/out/members" && sha256sum ./*.nc) <(sums own) || fail "the unpacked program gives other bits"

# A processor without AVX2, as far as the C library is concerned.
if "$MYRIAD" version | grep -qE 'march=(native|x86-64-v[34])' && grep -qw avx2 /proc/cpuinfo; then
  code=0
  GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2 "$MYRIAD" version >/dev/null 2>"$WORK/refusal" || code=$?
  [ "$code" = 69 ] || fail "an old processor gave $code, not 69"
  grep -q "E2693: this processor lacks avx2" "$WORK/refusal" || fail "the refusal does not say why"
fi
echo ok
