#!/usr/bin/env python3
"""`myriad inspect` as a user or a script meets it: inspect_cli_test.py PROGRAM FIXTURE"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAM, FIXTURE = sys.argv[1], Path(sys.argv[2])


def run(*arguments):
    return subprocess.run([PROGRAM, "inspect", *map(str, arguments)], capture_output=True, text=True, check=False)


def check(condition, text, result):
    if not condition:
        sys.exit(f"FAILED: {text}\nexit {result.returncode}\n{result.stdout}\n{result.stderr}")


good = run(FIXTURE)
check(good.returncode == 0, "a good file gives 0", good)
check("verified: header, 10 tensors, weights" in good.stdout, "the verdict is on stdout", good)
check("nlat: 48" in good.stdout, "sections are shown", good)

machine = run(FIXTURE, "--json")
check(machine.returncode == 0, "JSON gives 0", machine)
facts = json.loads(machine.stdout)
check(facts["kind"] == "model" and facts["verified"] is True, "the facts", machine)
check(len(facts["tensors"]) == 10 and facts["metadata"]["myriad.grid"]["nlon"] == 96, "tensors and sections", machine)

with tempfile.TemporaryDirectory(dir=".") as folder:
    raw = bytearray(FIXTURE.read_bytes())
    raw[-3] ^= 4
    damaged = Path(folder) / "damaged.safetensors"
    damaged.write_bytes(raw)
    result = run(damaged)
    check(result.returncode == 65, "a damaged file gives 65", result)
    check("E2109" in result.stderr and "mask" in result.stderr, "the tensor is named", result)
    check(result.stdout == "", "nothing of a damaged file is printed", result)

    result = run(Path(folder) / "absent.safetensors")
    check(result.returncode == 66 and "E2101" in result.stderr, "a missing file gives 66", result)

    result = run(folder)
    check(result.returncode == 65 and "E2103" in result.stderr, "a folder is no checkpoint", result)

check(run().returncode == 64, "no file is a usage error", run())
check(run(FIXTURE, "--jsn").returncode == 64, "an unknown flag is a usage error", run(FIXTURE, "--jsn"))
