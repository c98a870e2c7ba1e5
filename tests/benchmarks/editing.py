"""A brush's edits of structure codes through the decoder's canvas, and the network's own decode.

    python -m tests.benchmarks.editing [--rounds 3] [--threads 2] [--processor-time] [--only A-512]
    python -m tests.benchmarks.editing --memory 2048 [--budget 2000] [--only A]

Places of the brush are random, borders included, and the mean of them counts. "Whole picture" is
the edit's decode in which every pixel is right, also those that the edit reaches beyond the brush;
"under the brush" is what an edit with a mask shows. Times are the medians of the rounds; rounds
take turns, so that a busy machine hurts all rows. On a machine that others use, count processor
time, of one thread, instead of waiting time.

With --memory, the peaks of the process's memory in a first decode and in an edit after it are told,
above what the process held before.
"""

import argparse
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from models import checkpoint
from models.api import CancelToken
from models.builders import build
from models.configs import SwappingAutoencoderConfig
from models.editing.decoder_canvas import DecoderCanvas
from models.editing.label_patterns import Box
from models.networks.swapping_autoencoder import SwappingAutoencoder

SHIPPED = Path(__file__).resolve().parents[2] / "checkpoints" / "landscapes.safetensors"
SIDES_PX = (512, 1024)
BRUSH_PX = 64
STROKES = 7


@dataclass
class Row:
    """One line of the table; `works` are timed one by one and their mean counts."""

    name: str
    works: list[Callable[[], object]]
    clock: Callable[[], float]
    seconds: list[float] = field(default_factory=list)

    def time(self) -> None:
        times = []
        for work in self.works:
            start = self.clock()
            work()
            times.append(self.clock() - start)
        self.seconds.append(float(np.mean(times)))

    @property
    def median(self) -> float:
        return float(np.median(self.seconds))


def network_of(name: str) -> SwappingAutoencoder:
    """Configuration A with random weights, or the shipped model."""
    torch.manual_seed(0)
    if name == "A":
        network = build(SwappingAutoencoderConfig())
    else:
        network = checkpoint.load(SHIPPED).network
    assert isinstance(network, SwappingAutoencoder)
    return network.eval()


class Painter:
    """A canvas and a brush of 64 px on it."""

    def __init__(self, network: SwappingAutoencoder, side_px: int, budget_bytes: int) -> None:
        self.network = network
        self.cell_px = network.cell_px
        self.side_px = side_px
        modulation = network.G.SpatialCodeModulation.scale.weight
        cells = side_px // self.cell_px
        self.structure = torch.randn(1, modulation.shape[0], cells, cells)
        self.texture = torch.randn(1, modulation.shape[1])
        self.rng = np.random.default_rng(0)
        self.budget_bytes = budget_bytes
        self.forget()

    def forget(self) -> None:
        """Take a new canvas."""
        cells_hw = (self.structure.shape[2], self.structure.shape[3])
        self.canvas = DecoderCanvas(self.network, cells_hw, budget_bytes=self.budget_bytes)

    def plain(self) -> torch.Tensor:
        return self.network.decode(self.structure, self.texture)

    def whole(self) -> torch.Tensor:
        return self.part(Box(0, 0, self.side_px, self.side_px))

    def part(self, box: Box) -> torch.Tensor:
        return self.canvas.decode(self.structure, self.texture, None, CancelToken(), box)

    def first(self) -> torch.Tensor:
        self.forget()
        return self.whole()

    def another_texture(self) -> torch.Tensor:
        self.texture = torch.randn_like(self.texture)
        return self.whole()

    def stroke(self) -> Box:
        """A dab that lies in the picture; the cells that it touches change."""
        top, left = (int(side) for side in self.rng.integers(0, self.side_px - BRUSH_PX, 2))
        middles = (np.arange(self.side_px // self.cell_px) + 0.5) * self.cell_px
        beyond = [
            np.maximum(np.abs(middles - start - BRUSH_PX / 2) - self.cell_px / 2, 0.0)
            for start in (top, left)
        ]
        mask = torch.from_numpy(np.hypot(beyond[0][:, None], beyond[1]) < BRUSH_PX / 2)
        self.structure += mask.float() * torch.randn(1, self.structure.shape[1], 1, 1)
        return Box(top, left, top + BRUSH_PX, left + BRUSH_PX)

    def edit(self) -> torch.Tensor:
        self.stroke()
        return self.whole()

    def masked_edit(self) -> torch.Tensor:
        return self.part(self.stroke())


def measure(name: str, side_px: int, rounds: int, clock: Callable[[], float]) -> None:
    """Print the table of one network and size."""
    painter = Painter(network_of(name), side_px, 2**40)
    rows = [
        Row("network", [painter.plain], clock),
        Row("canvas, first picture", [painter.first], clock),
        Row("canvas, another texture", [painter.another_texture], clock),
        Row("edit, whole picture", [painter.edit] * STROKES, clock),
        Row("edit, under the brush", [painter.masked_edit] * STROKES, clock),
    ]
    with torch.inference_mode():
        painter.plain()
        for _ in range(rounds):
            for row in rows:
                row.time()
                # What was stale under other brushes is no part of the next row.
                painter.whole()
        error = (painter.whole() - painter.plain()).abs().max().item()
    print(f"{name}, {side_px} px, {torch.get_num_threads()} threads, torch {torch.__version__}")
    print(f"{'':28}{'ms':>8}{'x network':>11}")
    for row in rows:
        print(f"{row.name:28}{1000 * row.median:8.0f}{row.median / rows[0].median:11.3f}")
    kept = painter.canvas.nbytes / 1e6
    print(f"{kept:.0f} MB kept, largest error {error:.1e}\n", flush=True)


def resident_mb(peak: bool) -> float:
    """Of this process, in MB: now, or the most since the last reset."""
    key = "VmHWM:" if peak else "VmRSS:"
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key):
            return int(line.split()[1]) / 1000
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def measure_memory(name: str, side_px: int, budget_mb: float) -> None:
    """Print the peaks of a first decode and of edits (Linux)."""
    network = network_of(name)
    small = Painter(network, 8 * network.cell_px, 0)
    with torch.inference_mode():
        small.plain()
    painter = Painter(network, side_px, int(budget_mb * 1e6))
    before = resident_mb(peak=False)
    for words, work in (
        ("first picture", painter.first),
        ("edit, whole picture", painter.edit),
        ("edit, under the brush", painter.masked_edit),
    ):
        # Writing 5 sets the peak back to what is resident now.
        Path("/proc/self/clear_refs").write_text("5")
        start = time.perf_counter()
        work()
        seconds = time.perf_counter() - start
        peak = resident_mb(peak=True) - before
        print(
            f"{name}, {side_px} px, budget {budget_mb:.0f} MB, {words}: {seconds:.1f} s, "
            f"peak {peak:.0f} MB, kept {painter.canvas.nbytes / 1e6:.0f} MB",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--processor-time", action="store_true")
    parser.add_argument("--only", default="", help="A, shipped, A-512, ...")
    parser.add_argument("--memory", type=int, default=0, help="side in px")
    parser.add_argument("--budget", type=float, default=2000.0, help="MB, with --memory")
    options = parser.parse_args()
    torch.set_num_threads(1 if options.processor_time else options.threads)
    clock = time.thread_time if options.processor_time else time.perf_counter
    for name in ("A", "shipped"):
        if options.memory and name.startswith(options.only):
            measure_memory(name, options.memory, options.budget)
        for side_px in () if options.memory else SIDES_PX:
            if f"{name}-{side_px}".startswith(options.only):
                measure(name, side_px, options.rounds, clock)


if __name__ == "__main__":
    main()
