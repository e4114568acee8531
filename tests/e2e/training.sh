# Sourced by the scripts that train: a small network on the default states, from $WORK/train.yaml.
# training_config <lines...>: the configuration, with the lines behind those that all runs share.
training_config() {
  cat >"$WORK/train.yaml" <<'Y'
out: unset
data: {training: [configs/default/truth.nc], validation: [configs/default/truth.nc], channels: [z500, t850]}
model: {input_times: 2, embed_dim: 8, layers: 1}
validation: {leads: [6h, 24h], starts: 4}
log_every: 5
Y
  printf '%s\n' "$@" >>"$WORK/train.yaml"
}
# run <folder> <launcher...>
run() {
  local folder=$1
  shift
  "$@" "$MYRIAD" train "$WORK/train.yaml" --out "$WORK/$folder" --seed 4 --progress none --quiet >/dev/null
}
weights() { "$MYRIAD" inspect "$WORK/$1/model.safetensors" --json | grep weights_sha256; }
