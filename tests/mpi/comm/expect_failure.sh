#!/bin/sh
# expect_failure.sh <exit code or "nonzero"> <text that must appear, - for none> command...
# Runs the command and checks how it fails.
expected=$1
text=$2
shift 2
output=$("$@" 2>&1)
code=$?
echo "$output"
echo "exit code $code"
if [ "$expected" = nonzero ]; then
  [ "$code" -ne 0 ] || exit 1
else
  [ "$code" -eq "$expected" ] || exit 1
fi
[ "$text" != - ] || exit 0
case $output in
  *"$text"*) exit 0 ;;
esac
echo "missing in the output: $text"
exit 1
