"""From a photo to a layout that a person would have painted: few labels, clear borders.

Choices made here, once:

- The network sees the photo at the size that it was trained at; a strip, which would be enormous
  then, is shrunk to the area of a shape that it may have (as references are).
- Its logits are what is enlarged, not its labels: borders come out smooth. Beyond `LARGEST_PX` they
  have nothing more to tell, and the labels are enlarged by their nearest.
- Islands smaller than `SMALLEST_SHARE` of the photo go to the labels around them: nobody would
  paint them, and each is one more thing to repaint.
"""

from typing import Protocol, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from models.api import CancelToken, Progress
from models.catalog import ModelSpec
from models.configs import SegmenterConfig
from models.engine.references import reference_size
from models.errors import RequestError
from models.image_io import pad_to_multiple, resize_rgb
from models.ops.cancelling import between_operations
from models.values import Picture, resized_ids

LARGEST_PX = 2048
"""Longer side up to which logits are enlarged."""
SMALLEST_SHARE = 0.0005

Ids = npt.NDArray[np.uint8]


class SeesLayouts(Protocol):
    """What is asked of the network."""

    cell_px: int

    def __call__(self, images: Tensor) -> Tensor:
        """B x 3 x H x W in [-1, 1], sides multiples of `cell_px` -> B x classes x H x W."""
        ...


def check_model(spec: ModelSpec) -> tuple[SegmenterConfig, str]:
    """The model's config and palette.

    Raises:
        RequestError: it sees no layouts, or does not say what its labels mean.
    """
    if not isinstance(spec.config, SegmenterConfig):
        raise RequestError(
            f"The model {spec.id!r} ({spec.family}) cannot see the layout of a photo: "
            "choose one that reads layouts."
        )
    if spec.io.palette_id is None:
        raise RequestError(f"{spec.title} does not say what its labels mean: choose another model.")
    return spec.config, spec.io.palette_id


def see_layout(
    photo: Picture,
    network: nn.Module,
    short_side_px: int,
    *,
    device: torch.device,
    token: CancelToken,
    progress: Progress,
) -> Ids:
    """The label of every pixel of a photo, H x W.

    Args:
        photo: of any size.
        network: see `SeesLayouts`; on `device`, in eval mode.
        short_side_px: at which the network shall see the photo.
        device: where the network is.
        token: asked between the steps.
        progress: told each step.

    Raises:
        Cancelled: the token was set.
    """
    size_px = (photo.height_px, photo.width_px)
    progress("looking at the photo", 0.2)
    with between_operations(token):
        seen = resize_rgb(photo.rgb_hwc, reference_size(photo, short_side_px)).to(device)
    logits = _logits(cast(SeesLayouts, network), seen)
    progress("tracing the layout", 0.7)
    scale = min(1.0, LARGEST_PX / max(size_px))
    traced_px = (max(1, round(size_px[0] * scale)), max(1, round(size_px[1] * scale)))
    ids_hw = labels_at(logits, traced_px, token)
    token.raise_if_cancelled()
    return np.ascontiguousarray(resized_ids(without_islands(ids_hw), size_px))


def _logits(network: SeesLayouts, seen: Tensor) -> Tensor:
    """classes x h x w float32 on the CPU, of the size of what is seen."""
    height_px, width_px = seen.shape[2:]
    cell_px = network.cell_px
    logits = network(pad_to_multiple(seen, cell_px, cell_px))
    return logits[0, :, :height_px, :width_px].float().cpu()


def labels_at(logits: Tensor, size_px: tuple[int, int], token: CancelToken) -> Ids:
    """classes x h x w -> the label with the highest logit at each pixel of (height, width).

    Logits are enlarged bilinearly, one label's after the other's: all of them at once can take
    gigabytes.

    Raises:
        Cancelled: the token was set.
    """
    import cv2

    highest = np.full(size_px, -np.inf, np.float32)
    ids_hw = np.zeros(size_px, np.uint8)
    for label_id, logits_hw in enumerate(logits.numpy()):
        token.raise_if_cancelled()
        # OpenCV's sizes are (width, height).
        enlarged = cv2.resize(logits_hw, size_px[::-1], interpolation=cv2.INTER_LINEAR)
        ids_hw[enlarged > highest] = label_id
        np.maximum(highest, enlarged, out=highest)
    return ids_hw


def without_islands(ids_hw: Ids, smallest_share: float = SMALLEST_SHARE) -> Ids:
    """The labels, where regions below this share of the area have that of the nearest larger one.

    A region is connected by its pixels' edges. Where there is no larger one, nothing changes.
    """
    import cv2

    smallest_px = smallest_share * ids_hw.size
    island = np.zeros(ids_hw.shape, np.uint8)
    for label_id in np.unique(ids_hw):
        count, regions, statistics, _ = cv2.connectedComponentsWithStats(
            (ids_hw == label_id).view(np.uint8), connectivity=4
        )
        small = statistics[:, cv2.CC_STAT_AREA] < smallest_px
        # Region 0 is all that has another label.
        small[0] = False
        if count > 1 and small.any():
            island |= small.view(np.uint8)[regions]
    if not island.any() or island.all():
        return ids_hw
    _, nearest = cv2.distanceTransformWithLabels(
        island, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    # Pixels that stay are numbered from 1, row by row.
    staying = np.concatenate(([0], ids_hw[island == 0])).astype(np.uint8)
    return staying[np.asarray(nearest, np.int64)]
