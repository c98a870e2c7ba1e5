"""Where a training runs."""

import os
from dataclasses import dataclass

import torch
from lightning_fabric import Fabric

from models.errors import DataError

PRECISIONS = {"32": "32-true", "bf16": "bf16-mixed", "fp16": "16-mixed"}
# Set by `fabric run`, which has been told device and processes, and has launched them.
FABRIC_RUN = "LT_CLI_USED"


@dataclass(frozen=True, kw_only=True)
class Machine:
    """Where to train. `fabric run` has its own options for it, which then count instead.

    Attributes:
        device: "auto", "cpu" or "cuda".
        processes: processes on this machine (GPUs, with "cuda").
        nodes: machines; each is started with `torchrun` or `fabric run`.
        precision: "32", "bf16" or "fp16".
        threads: pictures decoded at a time in each process.
    """

    device: str = "auto"
    processes: int = 1
    nodes: int = 1
    precision: str = "32"
    threads: int = 2

    def fabric(self) -> Fabric:
        """The Fabric for this machine.

        Raises:
            DataError: the device does not exist.
        """
        if os.environ.get(FABRIC_RUN):
            return Fabric()
        there = torch.cuda.device_count() if torch.cuda.is_available() else 0
        # Of the accelerators, the recipes count on CUDA alone.
        device = self.device if self.device != "auto" else "cuda" if there else "cpu"
        if device == "cuda" and self.processes > there:
            raise DataError(
                f"{self.processes} CUDA devices are wanted and {there} are here: give fewer "
                "--processes, or --device cpu."
            )
        spread = self.processes * self.nodes > 1 or "WORLD_SIZE" in os.environ
        return Fabric(
            accelerator=device,
            devices=self.processes,
            num_nodes=self.nodes,
            strategy="ddp" if spread else "auto",
            precision=PRECISIONS[self.precision],  # pyright: ignore[reportArgumentType] -- its literals
        )

    def launch(self, fabric: Fabric) -> None:
        """Start the other processes, unless `fabric run` has."""
        if not os.environ.get(FABRIC_RUN):
            fabric.launch()
