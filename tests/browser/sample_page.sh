# A page with every kind of figure, also those that need more than a short run.
. tests/browser/require_browser.sh
set -eu
rm -rf "$WORK"
mkdir -p "$WORK"
"$SAMPLE" "$WORK/sample.html"
/usr/bin/python3 tests/browser/check_page.py "$CHROMIUM" "$WORK/sample.html"

# The test notices what it is for: a script that fails, a figure without content, a page that is too wide.
damage() {
  sed "$1" "$WORK/sample.html" >"$WORK/damaged.html"
  cmp -s "$WORK/sample.html" "$WORK/damaged.html" && { echo "FAILED: the damage '$1' did nothing"; exit 1; }
  if /usr/bin/python3 tests/browser/check_page.py "$CHROMIUM" "$WORK/damaged.html" >"$WORK/damaged.txt" 2>&1; then
    echo "FAILED: not noticed: $1"
    exit 1
  fi
}
damage 's/"use strict";/"use strict"; console.error("broken");/'
damage 's/<path class="bars"[^>]*>//'
damage 's/<h1>/<h1 style="width:50rem">/'
damage 's/^@media screen{.js .panel:not(.on){display:none}}//'
echo ok
