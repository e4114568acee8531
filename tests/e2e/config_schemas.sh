# The committed schemas are those of the program, and an independent validator agrees with them about the recipes.
. "$(dirname "$0")/common.sh"
scripts/update_schemas.sh --check

# A schema that is old, missing or superfluous is noticed.
mkdir -p "$WORK/tree/scripts"
cp scripts/update_schemas.sh "$WORK/tree/scripts/"
for damage in "rm forecast.schema.json" "touch other.schema.json" "sed -i s/amplitude/amplitud/ forecast.schema.json"; do
  rm -rf "$WORK/tree/configs"
  mkdir -p "$WORK/tree/configs"
  cp -r configs/schema "$WORK/tree/configs/"
  (cd "$WORK/tree/configs/schema" && $damage)
  "$WORK/tree/scripts/update_schemas.sh" --check >/dev/null 2>"$WORK/message" && fail "not noticed: $damage"
  grep -q "run scripts/update_schemas.sh" "$WORK/message" || fail "the message does not say what to do"
done

/usr/bin/python3 - <<'P' || fail "the validator disagrees"
import glob, json, re
import jsonschema, yaml

schemas = {}
for path in glob.glob("configs/schema/*.schema.json"):
    schema = json.load(open(path))
    jsonschema.Draft202012Validator.check_schema(schema)
    schemas[path.split("/")[-1]] = jsonschema.Draft202012Validator(schema)
recipes = glob.glob("configs/*.yaml")
assert len(recipes) >= 4, recipes
for path in recipes:
    text = open(path).read()
    named = re.match(r"# yaml-language-server: \$schema=schema/(\S+)\n", text)
    assert named, path + ": the first line must name the schema for editors"
    config = yaml.safe_load(text)
    config.setdefault("out", "given-on-the-command-line")
    problems = [error.message for error in schemas[named.group(1)].iter_errors(config)]
    assert not problems, (path, problems)
    config["outt"] = "x"
    assert not schemas[named.group(1)].is_valid(config), path + ": an unknown key is accepted"
P
echo ok
