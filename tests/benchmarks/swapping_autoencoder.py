"""Encode and decode with the `mountain` configuration and random weights: ours, plain formulas.

    python -m tests.benchmarks.swapping_autoencoder [--size 512] [--rounds 5] [--threads 2]

The floor of a row is its multiply-adds at the speed of one large convolution, timed in the same
run. Times are the best of the rounds; rounds take turns, so that a busy machine hurts all rows.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch.utils.flop_counter import FlopCounterMode

from models.builders import build
from models.configs import SwappingAutoencoderConfig
from models.networks.swapping_autoencoder import SwappingAutoencoder
from tests.models.networks.reference import reference_decode, reference_encode


@dataclass
class Row:
    """One line of the table."""

    name: str
    dtype: torch.dtype
    work: Callable[[], torch.Tensor]
    seconds: list[float] = field(default_factory=list)

    def time(self) -> None:
        start = time.perf_counter()
        self.work()
        self.seconds.append(time.perf_counter() - start)


def convolution_gflops(dtype: torch.dtype) -> float:
    """Speed of a 512 -> 512 channel 3 x 3 convolution at 64 x 64, in GFLOP/s."""
    x = torch.randn(1, 512, 64, 64).to(dtype).to(memory_format=torch.channels_last)
    weight = torch.randn(512, 512, 3, 3).to(dtype).to(memory_format=torch.channels_last)
    row = Row("convolution", dtype, lambda: F.conv2d(x, weight, padding=1))
    for _ in range(8):
        row.time()
    return 2 * 512 * 512 * 9 * 64 * 64 / min(row.seconds[1:]) / 1e9


def joined(codes: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    """All values of both codes, in one line."""
    return torch.cat([code.flatten() for code in codes])


def gflop(work: Callable[[], torch.Tensor]) -> float:
    """What `work` multiplies and adds, in GFLOP."""
    with FlopCounterMode(display=False) as counter:
        work()
    return counter.get_total_flops() / 1e9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    network = build(SwappingAutoencoderConfig()).eval()
    assert isinstance(network, SwappingAutoencoder)
    image = torch.rand(1, 3, options.size, options.size) * 2 - 1

    def ours(dtype: torch.dtype, decode: bool) -> Callable[[], torch.Tensor]:
        def work() -> torch.Tensor:
            network.compute_dtype = dtype
            return network.decode(structure, texture) if decode else joined(network.encode(image))

        return work

    with torch.inference_mode():
        structure, texture = reference_encode(network, image)
        expected = {
            "encode": joined((structure, texture)),
            "decode": reference_decode(network, structure, texture),
        }
        errors = {
            (name, dtype): (ours(dtype, name == "decode")() - expected[name]).abs().max().item()
            for name in expected
            for dtype in (torch.float32, torch.bfloat16)
        }
        work = {name: gflop(ours(torch.float32, name == "decode")) for name in ("encode", "decode")}
        plain = {
            "encode": lambda: reference_encode(network, image)[0],
            "decode": lambda: reference_decode(network, structure, texture),
        }
        rows = [Row(f"{name}, plain formulas", torch.float32, plain[name]) for name in plain]
        rows += [
            Row(f"{name}, ours", dtype, ours(dtype, name == "decode"))
            for name in plain
            for dtype in (torch.float32, torch.bfloat16)
        ]
        speed: dict[torch.dtype, float] = {}
        for _ in range(options.rounds):
            for dtype in (torch.float32, torch.bfloat16):
                speed[dtype] = max(speed.get(dtype, 0.0), convolution_gflops(dtype))
            for row in rows:
                # The first time after another type folds the weights anew.
                row.time()
                row.time()
    print(f"{options.size} px, {options.threads} threads, torch {torch.__version__}")
    print(f"{'':24}{'type':>10}{'seconds':>10}{'floor':>8}{'x floor':>9}{'max error':>11}")
    for row in rows:
        name = row.name.split(",")[0]
        floor = work[name] / speed[row.dtype]
        best = min(row.seconds)
        error = f"{errors[name, row.dtype]:.1e}" if row.name.endswith("ours") else ""
        kind = str(row.dtype).removeprefix("torch.")
        print(f"{row.name:24}{kind:>10}{best:10.2f}{floor:8.2f}{best / floor:9.2f}{error:>11}")
    print(f"{work['encode']:.0f} GFLOP to encode, {work['decode']:.0f} to decode; large "
          f"convolutions: {speed[torch.float32]:.0f} GFLOP/s float32, "
          f"{speed[torch.bfloat16]:.0f} bfloat16; standard deviation of the codes "
          f"{expected['encode'].std().item():.2e}, of the decoded values "
          f"{expected['decode'].std().item():.2e}")  # fmt: skip


if __name__ == "__main__":
    main()
