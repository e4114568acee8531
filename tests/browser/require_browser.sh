# Sourced: leaves with the code of a skipped test when no browser was found.
if [ ! -x "${CHROMIUM:-}" ]; then
  echo "skipped: no Chromium was found when this build was configured (Debian 12: apt-get install chromium)"
  exit 125
fi
export PYTHONDONTWRITEBYTECODE=1
