#!/usr/bin/env python3
"""Hold what ptxas says of each kernel against a budget.

Usage: scripts/cuda_budget.py BUDGET LOG

BUDGET has lines `registers N`, `spill_bytes N`, `stack_bytes N`, `shared_bytes N`: the most that any kernel may use; # begins a comment.
LOG is the output of nvcc with -Xptxas=-v. Ends with 1 and names the kernels that use more, or when the log tells of no kernel.
"""
import re
import sys


def read_budget(path):
    lines = (line.split("#")[0].split() for line in open(path))
    return {name: int(value) for name, value in (line for line in lines if line)}


def kernels_of(text):
    """[(name, architecture, {resource: amount})] in the order of the log."""
    found = []
    for line in text.splitlines():
        entry = re.search(r"Compiling entry function '(\S+)' for '(\w+)'", line)
        if entry:
            found.append((entry[1], entry[2], {}))
        if not found:
            continue
        use = found[-1][2]
        stack = re.search(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads", line)
        if stack:
            use["stack_bytes"] = int(stack[1])
            use["spill_bytes"] = max(int(stack[2]), int(stack[3]))
        registers = re.search(r"Used (\d+) registers", line)
        if registers:
            use["registers"] = int(registers[1])
            shared = re.search(r"(\d+) bytes smem", line)
            use["shared_bytes"] = int(shared[1]) if shared else 0
    return found


def main():
    budget, kernels = read_budget(sys.argv[1]), kernels_of(open(sys.argv[2]).read())
    if not kernels or any("registers" not in use for _, _, use in kernels):
        sys.exit("no kernel with its registers in the log: was it compiled with -Xptxas=-v?")
    over = [f"{name} ({arch}): {use[what]} {what}, budget {most}" for name, arch, use in kernels for what, most in budget.items()
            if use.get(what, 0) > most]
    print("\n".join(over))
    worst = ", ".join(f"{max(use.get(what, 0) for _, _, use in kernels)} {what} of {most}" for what, most in budget.items())
    print(f"{len(kernels)} kernels for {', '.join(sorted({arch for _, arch, _ in kernels}))}; at most {worst}")
    sys.exit(1 if over else 0)


if __name__ == "__main__":
    main()
