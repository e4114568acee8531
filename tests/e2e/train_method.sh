# Distributed methods in `myriad train`: the same weights on any number of ranks and after a kill, and errors that say what does not go together.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/training.sh"
training_config 'method: {preset: configs/training/dgc.yaml, settings: [compressor.ratio=0.02], workers: 4}' \
  'checkpoint_every: 4' \
  'stages: [{name: one, steps: 40, batch: 4, learning_rate: 0.02, warmup_steps: 2}]'
run straight
expected=$(weights straight)
[ -n "$expected" ] || fail "no weights"
run ranks2 "$MPIEXEC" -n 2
[ "$(weights ranks2)" = "$expected" ] || fail "2 ranks change the weights"
diff "$WORK/straight/loss.csv" "$WORK/ranks2/loss.csv" || fail "2 ranks change the losses"
# Bytes are counted between workers: as many on one rank as on two.
sent() { grep -o '"bytes_sent": *[0-9]*' "$WORK/$1/run.manifest" | head -n 1; }
[ -n "$(sent straight)" ] || fail "the manifest does not say what was sent"
[ "$(sent straight)" = "$(sent ranks2)" ] || fail "2 ranks send $(sent ranks2), one $(sent straight)"
# Killed on two ranks, continued on one.
(run killed "$MPIEXEC" -n 2) 2>/dev/null &
for _ in $(seq 100); do
  ls "$WORK"/killed/state* >/dev/null 2>&1 && break
  sleep 0.05
done
pkill -9 -f "out $WORK/killed" 2>/dev/null || true
wait || true
[ -e "$WORK/killed/model.safetensors" ] || run killed
[ "$(weights killed)" = "$expected" ] || fail "continued training differs"

"$MYRIAD" train "$WORK/train.yaml" --out "$WORK/dry" --dry-run >"$WORK/dry.txt"
grep -q "method memory [0-9]* bytes per rank" "$WORK/dry.txt" || fail "--dry-run does not tell the method's memory"
grep -q "sent by a worker and step, after a dense start, at most [0-9]* bytes" "$WORK/dry.txt" || fail "--dry-run does not tell the bytes of a step"

refused() {
  local text=$1 code=0
  shift
  "$MYRIAD" train "$WORK/train.yaml" --out "$WORK/refused" --quiet "$@" >/dev/null 2>"$WORK/err" || code=$?
  [ "$code" = 78 ] || fail "exit code $code, not 78, with $*"
  grep -q "$text" "$WORK/err" || { cat "$WORK/err"; fail "no word of '$text'"; }
}
refused "in method.settings" --set optimiser.beta1=0.8
refused "for 5 workers" --set method.workers=5
refused "allreduce" --set 'method.settings=[exchange.pattern=allreduce]'
refused "has no effect" --set 'method.settings=[schedule.period=5]'
refused "transport nccl" --set transport=nccl
refused "E2416" --set method.preset=configs/training/local_sgd.yaml --set 'method.settings=[schedule.period=30]'
refused "E10" --set 'method.settings=[compressor.rato=0.1]'
# Another method must not go on from this one's state.
rm "$WORK/straight/model.safetensors"
code=0
"$MYRIAD" train "$WORK/train.yaml" --out "$WORK/straight" --seed 4 --quiet --set 'method.settings=[compressor.ratio=0.03]' 2>/dev/null >/dev/null || code=$?
[ "$code" = 78 ] || fail "a state of another method: exit code $code, not 78"
echo ok
