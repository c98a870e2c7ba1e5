"""Published weights of the Swapping Autoencoder: `*_checkpoint.pth`, whole or E and G alone.

Every number of the config is read from keys and shapes. Scales and steepness show only in the
channel counts (thesis, section 4.4.7), several values give the same counts, and the plainest value
that gives all of them is taken: networks of equal counts are equal networks.
"""

import math
from collections.abc import Callable

from torch import Tensor

from models.configs import SwappingAutoencoderConfig
from models.convert.family import Family, State

ESSENTIAL = (
    "E.FromRGB.Act.bias",
    "E.ToSpatialCode.1.Conv.bias",
    "E.ToGlobalCode.0.bias",
    "G.HeadResnetBlock0.conv2.activate.bias",
    "G.UpsamplingResBlock16.conv2.activate.bias",
    "G.ToRGB.conv.weight",
)
STEEPNESSES = (2.0, 1.8, *(n / 20 for n in range(20, 81)))
POWERS_OF_TWO = tuple(2.0**n for n in (0, -1, -2, -3, -4, -5, -6, -7, -8, 1, 2, 3))
DECIMALS = 4

Counts = dict[int, int]
"""Channel counts by level, for the levels whose count is known."""


def detect(state: State) -> SwappingAutoencoderConfig | None:
    """The config, or None where an essential key is missing.

    Where shapes make no sense, the config is only near: comparing shapes then says what differs.
    """
    if any(key not in state for key in ESSENTIAL):
        return None
    structure_channels = max(1, _length(state, "E.ToSpatialCode.1.Conv.bias"))
    texture_channels = max(1, _length(state, "E.ToGlobalCode.0.bias"))
    halvings = _count(state, lambda i: f"E.DownToSpatialCode.ResBlockDownBy{2**i}.conv2.Act.bias")
    further = _count(
        state, lambda i: f"E.DownToGlobalCode.ConvLayerDownBy{2 ** (halvings + i)}.Act.bias"
    )
    blocks = _count(state, lambda i: f"G.HeadResnetBlock{i}.conv2.activate.bias")
    steepness, encoder_scale = _encoder_rule(_encoder_counts(state, halvings), texture_channels)
    return SwappingAutoencoderConfig(
        structure_downsamplings=max(1, halvings),
        texture_downsamplings=max(1, further),
        structure_channels=structure_channels,
        texture_channels=texture_channels,
        encoder_scale=encoder_scale,
        encoder_steepness=steepness,
        generator_scale=_generator_scale(
            _generator_counts(state, halvings, blocks), halvings, structure_channels
        ),
        generator_base_blocks=blocks,
    )


def canonical(state: State) -> dict[str, Tensor]:
    """The tensors of E and G, without the noise maps that `fix_noise` leaves behind."""
    return {
        key: value
        for key, value in state.items()
        if not key.startswith(("D.", "Dpatch."))
        and key != "num_discriminator_iters"
        and not key.endswith(".noise.fixed_noise")
    }


FAMILY = Family(
    name="swapping_autoencoder",
    title="Swapping Autoencoder",
    licence="Adobe Research licence: non-commercial research only",
    essential=ESSENTIAL,
    detect=detect,
    canonical=canonical,
)


def _length(state: State, key: str) -> int:
    tensor = state.get(key)
    return tensor.shape[0] if tensor is not None and tensor.dim() == 1 else 0


def _count(state: State, key: Callable[[int], str]) -> int:
    count = 0
    while key(count) in state:
        count += 1
    return count


def _known(counts: Counts) -> Counts:
    return {level: count for level, count in counts.items() if count}


def _encoder_counts(state: State, halvings: int) -> Counts:
    counts = {0: _length(state, "E.FromRGB.Act.bias")}
    for i in range(halvings):
        key = f"E.DownToSpatialCode.ResBlockDownBy{2**i}.conv2.Act.bias"
        counts[i + 1] = _length(state, key)
    level = halvings
    while (key := f"E.DownToGlobalCode.ConvLayerDownBy{2**level}.Act.bias") in state:
        level += 1
        counts[level] = _length(state, key)
    return _known(counts)


def _encoder_rule(counts: Counts, cap: int) -> tuple[float, float]:
    """Steepness and scale of min(cap, round(steepness ** (5 + level) * scale))."""
    for steepness in STEEPNESSES:
        growth = {level: steepness ** (5 + level) for level in counts}
        low = max(((counts[i] - 0.5) / growth[i] for i in counts), default=1.0)
        high = min(
            ((counts[i] + 0.5) / growth[i] for i in counts if counts[i] < cap), default=2 * low + 1
        )

        def fits(scale: float, growth: dict[int, float] = growth) -> bool:
            return all(min(cap, round(growth[i] * scale)) == counts[i] for i in counts)

        scale = _plainest(low, high, fits)
        if scale is not None:
            return steepness, scale
    return 2.0, 1.0


def _generator_counts(state: State, halvings: int, blocks: int) -> Counts:
    counts = {0: _length(state, f"G.HeadResnetBlock{blocks - 1}.conv2.activate.bias")}
    for j in range(1, halvings + 1):
        key = f"G.UpsamplingResBlock{2 ** (3 + j)}.conv2.activate.bias"
        counts[j] = _length(state, key)
    return _known(counts)


def _generator_scale(counts: Counts, halvings: int, structure_channels: int) -> float:
    """Scale of int(min(512, 128 * 2 ** (halvings - level)) * scale).

    Level 0 has no fewer channels than the structure code, so there the rule may not show.
    """
    base = {level: min(512, 128 * 2 ** (halvings - level)) for level in counts}
    floor = {level: structure_channels if level == 0 else 0 for level in counts}

    def fits(scale: float) -> bool:
        return all(max(floor[j], int(base[j] * scale)) == counts[j] for j in counts)

    low = max((counts[j] / base[j] for j in counts if counts[j] > floor[j]), default=1e-4)
    high = min(((counts[j] + 1) / base[j] for j in counts), default=1.0)
    return _plainest(low, high, fits) or 1.0


def _plainest(low: float, high: float, fits: Callable[[float], bool]) -> float | None:
    """The value in [low, high] with the fewest digits that fits, powers of two first."""
    for value in POWERS_OF_TWO:
        if low <= value <= high and fits(value):
            return value
    for digits in range(DECIMALS + 1):
        unit = 10**digits
        first = math.ceil(low * unit)
        # The ends may be excluded, by rounding; whatever lies between them fits.
        for n in (first, first + 1):
            if n / unit <= high and fits(n / unit):
                return n / unit
    return None
