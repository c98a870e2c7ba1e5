"""Pictures of layouts by SPADE with random weights: the canvas of the editor, and the network.

    python -m tests.benchmarks.spade [--rounds 3] [--threads 2] [--processor-time] [--only coco-256]

The plain network runs in the same process: float32, and under bfloat16 autocast. Times are the
best of the rounds; rounds take turns, so that a busy machine hurts all rows. A first picture is
one after `forget`: weights are normalised and laid out in it. Another layout has the weights only.
The strokes are five dabs of 24 px, of which the mean is told. On a machine that others use, count
processor time, of one thread, instead of waiting time.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
import torch.nn.functional as F

from models.api import CancelToken
from models.builders import build
from models.configs import SpadeConfig
from models.editing.spade_canvas import SpadeCanvas, edges
from models.networks.spade import SpadeNetwork

COCO = SpadeConfig(classes=182, unknown_channel=True, edge_channel=True, style_length=256)
SHIPPED = SpadeConfig(
    classes=14, base_channels=16, hidden_channels=48, style_length=64, upsampling="more"
)
SIDES_PX = {"shipped": (256, 512), "coco": (256,)}
DAB_PX = 24
STROKES = 5
WAVES = (1, 2, 3, 5, 8, 13, 21)


@dataclass
class Row:
    """One line of the table; `works` are timed one by one and their mean counts."""

    name: str
    works: list[Callable[[], object]]
    clock: Callable[[], float]
    seconds: list[list[float]] = field(default_factory=list)
    megabytes: float | None = None

    def time(self) -> None:
        times = []
        for work in self.works:
            start = self.clock()
            work()
            times.append(self.clock() - start)
        self.seconds.append(times)

    @property
    def best(self) -> float:
        return float(np.mean(np.min(self.seconds, 0)))


def regions(side_px: int, classes: int, seed: int) -> np.ndarray:
    """Ridges behind each other and a few round things: a layout as people paint them."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:side_px, 0:side_px] / side_px
    found = np.full((side_px, side_px), rng.integers(classes))
    for plane in range(9):
        ridge = 0.3 + 0.07 * plane
        for wave in WAVES:
            phase = rng.uniform(0, 2 * np.pi)
            ridge = ridge + 0.08 / wave * rng.normal() * np.sin(2 * np.pi * wave * x + phase)
        found[y > ridge] = rng.integers(classes)
    for _ in range(6):
        middle, radius = rng.uniform(0, 1, 2), rng.uniform(0.03, 0.12)
        found[np.hypot(y - middle[0], (x - middle[1]) * 1.3) < radius] = rng.integers(classes)
    return found


def semantics_of(channels: np.ndarray, config: SpadeConfig, network: SpadeNetwork) -> torch.Tensor:
    """What the network itself takes."""
    semantics = F.one_hot(torch.from_numpy(channels), network.semantic_channels)
    semantics = semantics.permute(2, 0, 1)[None].float()
    if config.edge_channel:
        semantics[0, -1] = torch.from_numpy(edges(channels.astype(np.int32))).float()
    return semantics


class Painter:
    """A canvas and the things that an artist does to it."""

    def __init__(
        self,
        network: SpadeNetwork,
        config: SpadeConfig,
        side_px: int,
        dtype: torch.dtype,
        rounds: int,
    ) -> None:
        self.classes = config.classes
        self.side_px = side_px
        self.channels = regions(side_px, config.classes, 0)
        self.layouts = iter([regions(side_px, config.classes, 1 + i) for i in range(rounds)])
        self.rng = np.random.default_rng(1)
        self.z = torch.randn(1, config.style_length)
        self.make_canvas = lambda: SpadeCanvas(
            network,
            (side_px, side_px),
            edge_channel=config.edge_channel,
            device=torch.device("cpu"),
            dtype=dtype,
            budget_bytes=2**40,
        )
        self.canvas = self.make_canvas()

    def render(self) -> torch.Tensor:
        return self.canvas.render(self.channels, self.z, CancelToken())

    def first(self) -> None:
        self.canvas = self.make_canvas()
        self.render()

    def another_layout(self) -> None:
        self.channels = next(self.layouts)
        self.render()

    def style(self) -> None:
        self.z = torch.randn_like(self.z)
        self.render()

    def stroke(self) -> None:
        top, left = self.rng.integers(0, self.side_px - DAB_PX, 2)
        y, x = np.mgrid[0:DAB_PX, 0:DAB_PX] - (DAB_PX - 1) / 2
        part = self.channels[top : top + DAB_PX, left : left + DAB_PX]
        part[np.hypot(y, x) <= DAB_PX / 2] = self.rng.integers(self.classes)
        self.render()


def works_of(painter: Painter) -> dict[str, list[Callable[[], object]]]:
    return {
        "first picture": [painter.first],
        "another layout": [painter.another_layout],
        "another style": [painter.style],
        "stroke": [painter.stroke] * STROKES,
    }


def measure(
    title: str, config: SpadeConfig, side_px: int, rounds: int, clock: Callable[[], float]
) -> None:
    """Print the table of one configuration and size."""
    torch.manual_seed(0)
    network = build(config).eval()
    assert isinstance(network, SpadeNetwork)
    channels = regions(side_px, config.classes, 0)
    semantics = semantics_of(channels, config, network)
    z = torch.randn(1, config.style_length)

    def plain() -> torch.Tensor:
        return network(semantics, z)

    def autocast() -> torch.Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            return network(semantics, z)

    rows = [Row("network, float32", [plain], clock)]
    rows.append(Row("network, bfloat16 autocast", [autocast], clock))
    painters = {}
    for name, dtype in (("float32", torch.float32), ("bfloat16", torch.bfloat16)):
        painter = painters[name] = Painter(network, config, side_px, dtype, rounds)
        for work, works in works_of(painter).items():
            rows.append(Row(f"{name}, {work}", works, clock))
    with torch.inference_mode():
        for _ in range(rounds):
            for row in rows:
                row.time()
                painter = painters.get(row.name.split(",")[0])
                row.megabytes = painter.canvas.nbytes / 1e6 if painter else None
    print(f"{title}, {side_px} px, {torch.get_num_threads()} threads, torch {torch.__version__}")
    print(f"{'':28}{'ms':>8}{'x network':>11}{'kept, MB':>10}")
    for row in rows:
        kept = "" if row.megabytes is None else f"{row.megabytes:.0f}"
        share = row.best / rows[0].best
        print(f"{row.name:28}{1000 * row.best:8.0f}{share:11.3f}{kept:>10}")
    weights = sum(parameter.nbytes for parameter in network.G.parameters())
    print(f"the generator itself: {weights / 1e6:.0f} MB\n", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--processor-time", action="store_true")
    parser.add_argument("--only", help="one table: shipped-256, shipped-512 or coco-256")
    options = parser.parse_args()
    torch.set_num_threads(1 if options.processor_time else options.threads)
    clock = time.thread_time if options.processor_time else time.perf_counter
    for name, config in (("shipped", SHIPPED), ("coco", COCO)):
        for side_px in SIDES_PX[name]:
            if options.only in (None, f"{name}-{side_px}"):
                title = f"{name} configuration"
                measure(title, config, side_px, options.rounds, clock)


if __name__ == "__main__":
    main()
