"""How well layouts are read out of pictures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from models.networks.segmenter import Segmenter
from models.train.data.labelled import LabelledBatch, LabelledEntry, load_batch


class Confusion:
    """Which class was taken for which, pixel by pixel.

    Args:
        classes: ids from there on count as not labelled, and their pixels are left out.
    """

    def __init__(self, classes: int) -> None:
        self._classes = classes
        self._counts = torch.zeros(classes, classes, dtype=torch.int64)

    def add(self, wanted: Tensor, got: Tensor) -> None:
        """Take in two maps of class ids of equal shape; `got` has classes only."""
        wanted, got = wanted.cpu().flatten().long(), got.cpu().flatten().long()
        known = wanted < self._classes
        pairs = wanted[known] * self._classes + got[known]
        counts = torch.bincount(pairs, minlength=self._classes**2)
        self._counts += counts.view_as(self._counts)

    @property
    def accuracy(self) -> float:
        """Share of pixels whose class was right."""
        return float(self._counts.diagonal().sum() / self._counts.sum())

    @property
    def unions(self) -> dict[int, float]:
        """Intersection over union of each class that is there or was seen."""
        right = self._counts.diagonal()
        union = self._counts.sum(0) + self._counts.sum(1) - right
        return {i: float(right[i] / union[i]) for i in range(self._classes) if union[i]}

    @property
    def mean_iou(self) -> float:
        """Mean of `unions`."""
        return float(np.mean(list(self.unions.values())))


@dataclass(frozen=True, kw_only=True)
class SegmenterReport:
    """Figures over held-out photos, against their label maps (which machines may have made).

    Attributes:
        pictures: how many.
        accuracy: share of pixels whose class is right.
        mean_iou: intersection over union, a mean over the classes that occur.
        iou: of each of them.
    """

    pictures: int
    accuracy: float
    mean_iou: float
    iou: dict[int, float]


def evaluate(
    network: Segmenter,
    heldout: Sequence[LabelledEntry],
    classes_of: npt.NDArray[np.integer],
    *,
    size_px: int,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> SegmenterReport:
    """The figures of `network` (in eval mode) on the middles of photos, at `size_px` square.

    Args:
        classes_of: for every id of the label maps the class; as of `load_pair`.
        progress: called with the number of pictures done, and of all.
    """
    confusion = Confusion(network.classes)
    for done, entry in enumerate(heldout):
        batch = load_batch([entry], classes_of, size_px)
        confusion.add(batch.ids, read_classes(network, batch.images))
        progress(done + 1, len(heldout))
    return SegmenterReport(
        pictures=len(heldout),
        accuracy=confusion.accuracy,
        mean_iou=confusion.mean_iou,
        iou=confusion.unions,
    )


@torch.inference_mode()
def read_classes(network: Segmenter, images: Tensor) -> Tensor:
    """The class of every pixel: B x 3 x H x W in [-1, 1] -> B x H x W."""
    return network(images).argmax(1)


@torch.inference_mode()
def contact_sheet(network: Segmenter, batch: LabelledBatch, colours: Tensor) -> Tensor:
    """Photos, their label maps, and the network's layouts below each other: 3 x 3S x NS.

    Args:
        colours: of the ids, 256 x 3 in [-1, 1].
    """
    maps = [batch.ids, read_classes(network, batch.images)]
    rows = [batch.images, *(colours[ids.long()].permute(0, 3, 1, 2) for ids in maps)]
    return torch.cat([torch.cat(list(row), 2) for row in rows], 1).clamp(-1.0, 1.0)
