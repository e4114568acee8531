#!/usr/bin/env python3
"""Time the networks of `myriad bench sfno` (and, on a GPU, of `myriad bench hens`) in PyTorch.

Usage: /usr/bin/python3 scripts/bench_sfno_torch.py               one thread (Debian's python3-torch; OPENBLAS_CORETYPE matters, see docs/bench)
       python3 scripts/bench_sfno_torch.py --device cuda          eager, and compiled where torch can; f32, tf32 and mixed (bf16 autocast)
Prints one JSON object per line: name, case (spelled as ours), median seconds; on a GPU also peak_bytes, or why a case was not timed. The first
form is run by `myriad bench sfno --peer-script`. --cases, --formats and --seconds choose.
"""
import argparse
import json
import math
import time

import numpy as np
import torch

torch.set_num_threads(1)
device = torch.device("cpu")  # until the options are read


def legendre_table(theta, lmax):
    """Orthonormal associated Legendre functions [m, l, k] by the standard recurrence in fp64."""
    x, s = np.cos(theta), np.sin(theta)
    p = np.zeros((lmax, lmax, len(theta)))
    p[0, 0] = 1 / math.sqrt(4 * math.pi)
    for m in range(1, lmax):
        p[m, m] = math.sqrt((2 * m + 1) / (2 * m)) * s * p[m - 1, m - 1]
    for m in range(lmax):
        if m + 1 < lmax:
            p[m, m + 1] = math.sqrt(2 * m + 3) * x * p[m, m]
        for l in range(m + 2, lmax):
            a = math.sqrt((2 * l - 1) / (l - m) * (2 * l + 1) / (l + m))
            b = math.sqrt((l + m - 1) / (l - m) * (2 * l + 1) / (2 * l - 3) * (l - m - 1) / (l + m))
            p[m, l] = a * x * p[m, l - 1] - b * p[m, l - 2]
    return p


def nodes(kind, nlat):
    if kind == "gauss":
        x, w = np.polynomial.legendre.leggauss(nlat)
        return np.arccos(x[::-1]), w[::-1].copy()
    theta = np.linspace(0, math.pi, nlat)
    n = nlat - 1
    k = np.arange(1, n // 2 + 1)
    b = np.where(2 * k == n, 1.0, 2.0)
    w = np.array([2 / n * (1 - (b * np.cos(2 * k * t) / (4 * k * k - 1)).sum()) for t in theta])
    w[[0, -1]] /= 2
    return theta, w


class Transform:
    def __init__(self, kind, nlat, nlon, lmax):
        theta, w = nodes(kind, nlat)
        table = legendre_table(theta, lmax)
        self.nlon, self.lmax = nlon, lmax
        self.forward_table = torch.tensor(table * w * 2 * math.pi / nlon, dtype=torch.float32, device=device)
        self.inverse_table = torch.tensor(table, dtype=torch.float32, device=device)

    def analysis(self, x):
        f = torch.fft.rfft(x.float())[..., : self.lmax]
        re = torch.einsum("bckm,mlk->bclm", f.real, self.forward_table)
        im = torch.einsum("bckm,mlk->bclm", f.imag, self.forward_table)
        return torch.complex(re, im)

    def synthesis(self, c):
        re = torch.einsum("bclm,mlk->bckm", c.real, self.inverse_table)
        im = torch.einsum("bclm,mlk->bckm", c.imag, self.inverse_table)
        return torch.fft.irfft(torch.complex(re, im), n=self.nlon, norm="forward")


class Block(torch.nn.Module):
    def __init__(self, width, ratio, analyser, synthesiser, regrids):
        super().__init__()
        self.analyser, self.synthesiser, self.regrids = analyser, synthesiser, regrids
        self.filter = torch.nn.Parameter(torch.randn(analyser.lmax, width, width, 2) / math.sqrt(width))
        self.norm0 = torch.nn.InstanceNorm2d(width, eps=1e-6, affine=True)
        self.norm1 = torch.nn.InstanceNorm2d(width, eps=1e-6, affine=True)
        self.mlp = torch.nn.Sequential(torch.nn.Conv2d(width, ratio * width, 1), torch.nn.GELU(),
                                       torch.nn.Conv2d(ratio * width, width, 1))
        self.skip = torch.nn.Conv2d(width, width, 1, bias=False)

    def forward(self, x):
        with torch.autocast(device.type, enabled=False):  # as in training: the spectrum keeps fp32
            c = self.analyser.analysis(x)
            residual = self.synthesiser.synthesis(c) if self.regrids else x
            d = torch.einsum("bilm,lio->bolm", c, torch.view_as_complex(self.filter))
            y = self.synthesiser.synthesis(d)
        y = torch.nn.functional.gelu(self.norm0(y))
        return self.norm1(self.mlp(y)) + self.skip(residual)


class Sfno(torch.nn.Module):
    def __init__(self, kind, nlat, nlon, scale, inputs, outputs, width, layers):
        super().__init__()
        lmax = nlat // scale
        outer = Transform(kind, nlat, nlon, lmax)
        inner = outer if scale == 1 else Transform("gauss", nlat // scale, nlon // scale, lmax)
        self.encoder = torch.nn.Sequential(torch.nn.Conv2d(inputs, width, 1), torch.nn.GELU(),
                                           torch.nn.Conv2d(width, width, 1, bias=False))
        self.blocks = torch.nn.ModuleList()
        for b in range(layers):
            a, s = (outer if b == 0 else inner), (outer if b == layers - 1 else inner)
            self.blocks.append(Block(width, 2, a, s, a is not s))
        self.decoder = torch.nn.Sequential(torch.nn.Conv2d(width, width, 1), torch.nn.GELU(),
                                           torch.nn.Conv2d(width, outputs, 1, bias=False))
        self.big_skip = torch.nn.Conv2d(inputs, outputs, 1, bias=False)

    def forward(self, x):
        y = self.encoder(x)
        for block in self.blocks:
            y = block(y)
        return self.decoder(y) + self.big_skip(x)


def wait():
    if device.type == "cuda":
        torch.cuda.synchronize()


def median(action, seconds):
    action()
    wait()
    times, begin = [], time.perf_counter()
    while len(times) < 5 or time.perf_counter() - begin < seconds:
        start = time.perf_counter()
        action()
        wait()
        times.append(time.perf_counter() - start)
    return sorted(times)[len(times) // 2]


# kind, nlat, nlon, scale, inputs, outputs, width, layers; batches; also backward; on a CPU, too: the networks of src/model/network_presets.hpp
CASES = {
    "default": (("gauss", 32, 64, 1, 51, 11, 64, 4), (4,), True, True),
    "regridding": (("equiangular", 121, 240, 2, 40, 20, 128, 4), (1,), True, True),
    "one_degree": (("equiangular", 181, 360, 2, 110, 74, 256, 8), (1,), True, False),
    "hens": (("equiangular", 721, 1440, 2, 110, 74, 620, 8), (1, 4, 8, 16), False, False),
}
FORMATS = {"f32": "fp32", "tf32": "TF32", "mixed": "bf16 autocast"}


def run(network, shape, batch, backward, compiled, kind, seconds):
    _, nlat, nlon, _, inputs, _, width, layers = shape
    size = f"{nlat}x{nlon} embed {width} layers {layers} batch {batch} {kind}"
    name = f"PyTorch {torch.__version__} {'compiled' if compiled else 'eager'}"
    if device.type == "cuda":
        name += f" {FORMATS[kind]} {torch.cuda.get_device_name()}"
        torch.cuda.reset_peak_memory_stats()
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = kind != "f32"

    def show(what, **values):
        if device.type == "cuda":
            values["peak_bytes"] = torch.cuda.max_memory_allocated()
        print(json.dumps({"name": name, "case": f"{what} {size}", **values}), flush=True)

    try:
        x = torch.randn(batch, inputs, nlat, nlon, device=device)
        step = torch.compile(network) if compiled else network
        cast = lambda: torch.autocast(device.type, dtype=torch.bfloat16, enabled=kind == "mixed")

        def forward():
            with torch.no_grad(), cast():
                step(x)

        def both():
            network.zero_grad()
            with cast():
                y = step(x)
            y.backward(y.detach())

        show("forward", median=median(forward, seconds))
        if backward:
            show("forward+backward", median=median(both, seconds))
    except Exception as problem:  # no memory; complex products do not compile everywhere
        if device.type == "cpu":
            raise
        show("forward", problem=str(problem)[:200])


def choice(known):
    def parse(text):
        names = text.split(",")
        if not set(names) <= set(known):
            raise argparse.ArgumentTypeError(f"{text}: choose from {', '.join(known)}")
        return names

    return parse


def main():
    global device
    parser = argparse.ArgumentParser()
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--cases", type=choice(CASES))
    parser.add_argument("--formats", type=choice(FORMATS))
    parser.add_argument("--seconds", type=float, default=2.0)
    options = parser.parse_args()
    device = torch.device(options.device)
    gpu = device.type == "cuda"
    for case in options.cases or [name for name, (*_, on_cpu) in CASES.items() if gpu or on_cpu]:
        shape, batches, backward, _ = CASES[case]
        network = Sfno(*shape).to(device)
        for kind in options.formats or (FORMATS if gpu else ["f32"]):
            for compiled in (False, True) if gpu else (False,):
                for batch in batches:
                    run(network, shape, batch, backward, compiled, kind, options.seconds)
                    if gpu:
                        torch.cuda.empty_cache()


if __name__ == "__main__":
    main()
