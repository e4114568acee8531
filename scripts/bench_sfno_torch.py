#!/usr/bin/env python3
"""Time the networks of `myriad bench sfno` (and, on a GPU, of `myriad bench hens`) in PyTorch.

Usage: /usr/bin/python3 scripts/bench_sfno_torch.py               one thread (Debian's python3-torch; OPENBLAS_CORETYPE matters, see docs/bench)
       python3 scripts/bench_sfno_torch.py --device cuda          eager, and compiled where torch can; fp32, then with TF32 products
Prints one JSON object per line: name, case (spelled as ours), median seconds. The first form is run by `myriad bench sfno --peer-script`.
"""
import argparse
import json
import math
import time

import numpy as np
import torch

torch.set_num_threads(1)
device = torch.device("cpu")


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
        f = torch.fft.rfft(x)[..., : self.lmax]
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
        c = self.analyser.analysis(x)
        residual = self.synthesiser.synthesis(c) if self.regrids else x
        d = torch.einsum("bilm,lio->bolm", c, torch.view_as_complex(self.filter))
        y = torch.nn.functional.gelu(self.norm0(self.synthesiser.synthesis(d)))
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


def median(action, seconds=2.0):
    action()
    wait()
    times, begin = [], time.perf_counter()
    while len(times) < 5 or time.perf_counter() - begin < seconds:
        start = time.perf_counter()
        action()
        wait()
        times.append(time.perf_counter() - start)
    return sorted(times)[len(times) // 2]


SMALL = ("gauss", 32, 64, 1, 51, 11, 64, 4, 4)
MEDIUM = ("equiangular", 121, 240, 2, 40, 20, 128, 4, 1)
HENS = ("equiangular", 721, 1440, 2, 110, 74, 620, 8, 1)


def run(case, name, backward, compiled=False):
    kind, nlat, nlon, scale, inputs, outputs, width, layers, batch = case
    with torch.device(device):
        network = Sfno(kind, nlat, nlon, scale, inputs, outputs, width, layers)
        x = torch.randn(batch, inputs, nlat, nlon)
    step = torch.compile(network) if compiled else network
    size = f"{nlat}x{nlon} embed {width} layers {layers} batch {batch} f32"

    def forward():
        with torch.no_grad():
            step(x)

    def both():
        network.zero_grad()
        y = step(x)
        y.backward(y.detach())

    print(json.dumps({"name": name, "case": "forward " + size, "median": median(forward)}), flush=True)
    if backward:
        print(json.dumps({"name": name, "case": "forward+backward " + size, "median": median(both)}), flush=True)


def main():
    global device
    parser = argparse.ArgumentParser()
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    device = torch.device(parser.parse_args().device)
    version = f"PyTorch {torch.__version__}"
    if device.type == "cpu":
        for case in (SMALL, MEDIUM):
            run(case, f"{version} eager", backward=True)
        return
    for tf32 in (False, True):
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32
        for compiled in (False, True):
            name = f"{version} {'compiled' if compiled else 'eager'} {'TF32' if tf32 else 'fp32'} {torch.cuda.get_device_name()}"
            for case in (SMALL, MEDIUM, HENS):
                try:
                    run(case, name, backward=case is not HENS, compiled=compiled)
                except Exception as problem:  # complex products do not compile everywhere
                    print(json.dumps({"name": name, "case": str(case), "problem": str(problem)[:200]}), flush=True)
                torch.cuda.empty_cache()


if __name__ == "__main__":
    main()
