# Training that is killed and continued, or spread over ranks, gives the bytes of the straight run.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/training.sh"
training_config 'checkpoint_every: 2' \
  'stages:' \
  '  - {name: one, steps: 20, batch: 4, learning_rate: 1.0e-3, warmup_steps: 2}' \
  '  - {name: two, steps: 6, batch: 4, rollout: 2, learning_rate: 5.0e-4}'
run straight
expected=$(weights straight)
for ranks in 2 4; do
  run "ranks$ranks" "$MPIEXEC" -n "$ranks"
  [ "$(weights "ranks$ranks")" = "$expected" ] || fail "$ranks ranks change the weights"
  diff "$WORK/straight/validation.csv" "$WORK/ranks$ranks/validation.csv" || fail "$ranks ranks change the validation"
done
for delay in 0.3 0.7; do
  folder=killed$delay
  (run "$folder") 2>/dev/null &
  sleep "$delay"
  pkill -9 -f "out $WORK/$folder" 2>/dev/null || true
  wait || true
  [ -e "$WORK/$folder/model.safetensors" ] || run "$folder"
  [ "$(weights "$folder")" = "$expected" ] || fail "continued training differs (killed after $delay s)"
  diff "$WORK/straight/loss.csv" "$WORK/$folder/loss.csv" || fail "continued training has another loss history"
done
sed 's/learning_rate: 1.0e-3/learning_rate: 2.0e-3/' "$WORK/train.yaml" >"$WORK/other.yaml"
rm "$WORK/straight/model.safetensors"
code=0
"$MYRIAD" train "$WORK/other.yaml" --out "$WORK/straight" --seed 4 --progress none --quiet 2>/dev/null || code=$?
[ "$code" = 78 ] || fail "a state of another configuration: exit code $code, not 78"
echo ok
