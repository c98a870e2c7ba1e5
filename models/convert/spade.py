"""Published weights of SPADE: `latest_net_G.pth`, with `latest_net_E.pth` and `opt.txt` beside it.

Widths and the number of input channels show in the shapes. What the channels mean, and how many
doublings there are, does not; it is taken from hints, from `opt.txt`, from the published models
with that many channels, or is the plainest that fits, in this order. What contradicts the shapes is
left out, and a hint that does is refused.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from models.configs import (
    HALVINGS,
    MultiscaleDiscriminatorConfig,
    SpadeConfig,
    config_from_dict,
    config_to_dict,
)
from models.convert.family import Family, Hints, Settled, State
from models.convert.reading import read_state
from models.convert.spectral import spectral_names
from models.errors import CheckpointMismatch

LICENCE = "CC BY-NC-SA 4.0: non-commercial"
ESSENTIAL = (
    "head_0.conv_0.bias",
    "head_0.norm_0.mlp_shared.0.weight",
    "up_3.norm_1.mlp_gamma.bias",
    "conv_img.weight",
)
JUDGE = "discriminator_0."
ESSENTIAL_OF_JUDGE = (JUDGE + "model0.0.weight", JUDGE + "model0.0.bias")
ENCODER = "netE."
PREFIXES = (("", ENCODER), ("netG.", ENCODER), ("G.", "E."))
"""Of generator and encoder: files of one network, of the whole training, of a network of ours."""

PUBLISHED: dict[int, dict[str, Any]] = {
    184: {"palette": "coco_stuff", "classes": 182, "unknown_channel": True, "edge_channel": True},
    151: {"palette": "ade20k", "classes": 150, "unknown_channel": True, "edge_channel": False},
    36: {
        "palette": "cityscapes",
        "classes": 35,
        "unknown_channel": False,
        "edge_channel": True,
        "upsampling": "more",
        "crop_size": 512,
        "aspect_ratio": 2.0,
    },
}
"""The published models by the number of their input channels."""
LABEL_FIELDS = ("classes", "unknown_channel", "edge_channel")
FLAGS = ((False, False), (False, True), (True, False), (True, True))
"""Unknown and edge channel, the published options' defaults first."""
CROP_PX = 256

OPTIONS_FILE = "opt.txt"
OPTIONS_BYTES = 65536
OPTION = re.compile(r"\s*(\w+):\s*(.*?)\s*(?:\[default:.*)?")
TRUTH = {"True": True, "False": False}
OPTIONS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "label_nc": ("classes", int),
    "contain_dontcare_label": ("unknown_channel", lambda word: TRUTH[word]),
    "no_instance": ("edge_channel", lambda word: not TRUTH[word]),
    "num_upsampling_layers": ("upsampling", str),
    "crop_size": ("crop_size", int),
    "aspect_ratio": ("aspect_ratio", float),
}
"""Option -> field of the config, and how it is read."""
OWN_LABELS = "custom"
"""The option `dataset_mode` of who trained on labels of their own."""

TRACKED = "num_batches_tracked"


def detect(state: State) -> SpadeConfig | None:
    """The config as far as the state dict tells, or None where an essential key is missing."""
    if _prefixes(state) is None:
        return None
    return _config(_parts(state), {}, {})


def settle(state: State, path: Path, hints: Hints) -> Settled:
    """The config and the palette, with hints and `opt.txt`; see the module's docstring.

    Raises:
        CheckpointMismatch: hints that contradict the shapes.
    """
    options = read_options(path.with_name(OPTIONS_FILE))
    tensors = _parts(state)
    config = _config(tensors, _told(options), hints)
    _check(config, tensors, hints, path)
    return Settled(config, _palette(config, options))


def complete(state: State, path: Path) -> State:
    """The state dict with the encoder's, which is stored in a file beside the generator's."""
    config = detect(state)
    beside = path.with_name(_renamed(path.name, "G", "E"))
    if config is None or not config.style_length or config.encoder or beside == path:
        return state
    if not beside.is_file():
        return state
    return {**state, **{ENCODER + key: value for key, value in read_state(beside).items()}}


def canonical(state: State) -> dict[str, Tensor]:
    """Generator and encoder, without the discriminator of a whole training."""
    tensors = spectral_names(_parts(state))
    for key in [key for key in tensors if key.endswith(".running_mean")]:
        # Files before torch 0.4.1 lack the counters.
        tensors.setdefault(key.removesuffix("running_mean") + TRACKED, torch.tensor(0))
    return tensors


def part(state: State, path: Path) -> str:
    """What to do with an encoder alone."""
    keys = {key.removeprefix(ENCODER).removeprefix("E.") for key in state}
    its_own = all(key.startswith(("layer", "fc_")) for key in keys)
    if not (its_own and {"fc_mu.weight", "fc_var.weight"} <= keys):
        return ""
    generator = _renamed(path.name, "E", "G")
    generator = "latest_net_G.pth" if generator == path.name else generator
    return (
        "is the image encoder of a SPADE model alone; "
        f"open the generator beside it, {generator}, which brings its encoder along."
    )


def detect_discriminator(state: State) -> MultiscaleDiscriminatorConfig | None:
    """The config, or None where an essential key is missing."""
    if any(key not in state for key in ESSENTIAL_OF_JUDGE):
        return None
    names = {key.partition(".")[0] for key in state}
    layers = {key.split(".")[1] for key in state if key.startswith(JUDGE)}
    values = {
        "type": MultiscaleDiscriminatorConfig.__name__,
        "in_channels": _size(state, ESSENTIAL_OF_JUDGE[0], 1),
        "base_channels": _size(state, ESSENTIAL_OF_JUDGE[1], 0),
        "layers": max(1, _count(layers, "model") - 1),
        "scales": _count(names, "discriminator_"),
    }
    config = config_from_dict(values)
    assert isinstance(config, MultiscaleDiscriminatorConfig)
    return config


def canonical_discriminator(state: State) -> dict[str, Tensor]:
    """The same tensors, spectral normalisation under the network's names."""
    return spectral_names(state)


def read_options(path: Path) -> dict[str, str]:
    """The options that the published trainer wrote: lines `key: value [default: other]`.

    Nothing is raised: a file that is absent, cannot be read or is something else has none.
    """
    try:
        with open(path, "rb") as file:
            text = file.read(OPTIONS_BYTES).decode("utf-8", "replace")
    except OSError:
        return {}
    found = (OPTION.fullmatch(line) for line in text.splitlines())
    return {match[1]: match[2] for match in found if match}


FAMILY = Family(
    name="spade",
    title="SPADE generator",
    licence=LICENCE,
    essential=ESSENTIAL,
    detect=detect,
    canonical=canonical,
    complete=complete,
    settle=settle,
    part=part,
)
DISCRIMINATOR = Family(
    name="spade_discriminator",
    title="SPADE discriminator",
    licence=LICENCE,
    essential=ESSENTIAL_OF_JUDGE,
    detect=detect_discriminator,
    canonical=canonical_discriminator,
)


def _prefixes(state: State) -> tuple[str, str] | None:
    for prefixes in PREFIXES:
        if all(prefixes[0] + key in state for key in ESSENTIAL):
            return prefixes
    return None


def _parts(state: State) -> dict[str, Tensor]:
    """Generator and encoder under the network's prefixes."""
    of_generator, of_encoder = _prefixes(state) or PREFIXES[0]
    tensors: dict[str, Tensor] = {}
    for key, value in state.items():
        if key.startswith(of_encoder):
            tensors["E." + key.removeprefix(of_encoder)] = value
        elif key.startswith(of_generator):
            tensors["G." + key.removeprefix(of_generator)] = value
    return tensors


def _renamed(name: str, before: str, after: str) -> str:
    """The name of another network's file of the same step: `latest_net_G.pth`, ..."""
    return re.sub(rf"net_{before}(?=\.\w+$)", f"net_{after}", name)


def _size(state: State, key: str, axis: int) -> int:
    """A length that is at least 1; where there is none, 1."""
    tensor = state.get(key)
    return max(1, tensor.shape[axis]) if tensor is not None and tensor.dim() > axis else 1


def _count(names: set[str], start: str) -> int:
    count = 0
    while f"{start}{count}" in names:
        count += 1
    return count


def _config(tensors: State, told: Hints, hints: Hints) -> SpadeConfig:
    """`tensors` under the network's keys; what `told` says counts where it fits."""
    semantic_channels = _semantic_channels(tensors)
    published = PUBLISHED.get(semantic_channels, {})
    wishes = ({**published, **told}, told, published, {})
    facts = _facts(tensors)
    labels = _labels(semantic_channels, wishes, hints)
    grid = _grid(tensors, facts, wishes, hints)
    config = config_from_dict({"type": SpadeConfig.__name__, **facts, **labels, **grid})
    assert isinstance(config, SpadeConfig)
    return config


def _semantic_channels(tensors: State) -> int:
    norms = ("G.head_0.norm_0", "G.up_3.norm_1")
    return min(_size(tensors, f"{norm}.mlp_shared.0.weight", 1) for norm in norms)


def _facts(tensors: State) -> dict[str, Any]:
    """The fields that nothing but the shapes decides."""
    # The smaller of two lengths: one that makes no sense must not make a network without end.
    last = _size(tensors, "G.up_3.norm_1.mlp_gamma.bias", 0)
    first = _size(tensors, "G.head_0.conv_0.bias", 0) // 16
    shared = "G.head_0.norm_0.mlp_shared.0"
    start = tensors.get("G.fc.weight")
    return {
        "base_channels": max(1, min(last, first)),
        "hidden_channels": min(
            _size(tensors, f"{shared}.weight", 0), _size(tensors, f"{shared}.bias", 0)
        ),
        "style_length": start.shape[1] if start is not None and start.dim() == 2 else 0,
        "encoder": start is None
        or start.dim() != 2
        or any(key.startswith("E.") for key in tensors),
    }


def _labels(semantic_channels: int, wishes: tuple[Hints, ...], hints: Hints) -> dict[str, Any]:
    """What the input channels mean: the first of the wishes that makes as many of them."""
    for wish in wishes:
        for unknown, edge in FLAGS:
            known = {"unknown_channel": unknown, "edge_channel": edge, **wish, **hints}
            extra = known["unknown_channel"] + known["edge_channel"]
            known.setdefault("classes", semantic_channels - extra)
            if known["classes"] + extra == semantic_channels:
                return {name: known[name] for name in LABEL_FIELDS}
    plain = {"classes": semantic_channels, "unknown_channel": False, "edge_channel": False}
    return {name: hints.get(name, plain[name]) for name in LABEL_FIELDS}


def _grid(
    tensors: State, facts: Mapping[str, Any], wishes: tuple[Hints, ...], hints: Hints
) -> dict[str, Any]:
    """Upsampling, crop size and aspect ratio: of the first wish that gives the first map's size.

    Without styles the first map's size is free, and so are they.
    """
    words = ("most",) if "G.up_4.conv_0.bias" in tensors else ("normal", "more")
    cells = _cells(tensors, facts)
    for wish in wishes:
        known = {**wish, **hints}
        for start in _starts(cells) if cells else [None]:
            for word in words:
                if known.get("upsampling", word) != word:
                    continue
                if (grid := _fitting(start, word, known)) is not None:
                    return grid
    plain = {"upsampling": words[0], "crop_size": CROP_PX, "aspect_ratio": 1.0}
    return {name: hints.get(name, value) for name, value in plain.items()}


def _fitting(start: tuple[int, int] | None, word: str, known: Hints) -> dict[str, Any] | None:
    """The grid of a first map of (height, width), as it is known; None where it is of another."""
    height, width = start or (1, 1)
    crop_size = known.get("crop_size", width * 2 ** HALVINGS[word] if start else CROP_PX)
    aspect_ratio = known.get("aspect_ratio", width / height)
    grid = {"upsampling": word, "crop_size": crop_size, "aspect_ratio": aspect_ratio}
    return grid if start in (None, _start_px(grid)) else None


def _start_px(grid: Hints) -> tuple[int, int]:
    """(height, width) of the first map, as the network computes it."""
    width = grid["crop_size"] // 2 ** HALVINGS[grid["upsampling"]]
    return round(width / grid["aspect_ratio"]), width


def _cells(tensors: State, facts: Mapping[str, Any]) -> int:
    """Values in a channel of the first map that is made of a style; 0 without styles."""
    if not facts["style_length"]:
        return 0
    return max(1, _size(tensors, "G.fc.weight", 0) // (16 * facts["base_channels"]))


def _starts(cells: int) -> Iterator[tuple[int, int]]:
    """(height, width) of maps of so many values, squarest first and wide before high."""
    for side in range(math.isqrt(cells), 0, -1):
        if cells % side == 0:
            yield side, cells // side
            yield cells // side, side


def _check(config: SpadeConfig, tensors: State, hints: Hints, path: Path) -> None:
    """Refuse hints that contradict the shapes, before a network of such a size is built."""
    facts = _facts(tensors)
    for name, value in facts.items():
        if hints.get(name, value) != value:
            raise CheckpointMismatch(
                f"{path} does not fit {name} {hints[name]}: its shapes say {value}."
            )
    channels = _semantic_channels(tensors)
    labels = [getattr(config, name) for name in LABEL_FIELDS]
    if sum(labels) != channels:
        raise CheckpointMismatch(
            f"{path} reads {channels} channels, which does not fit "
            f"classes {labels[0]}, unknown_channel {labels[1]} and edge_channel {labels[2]}."
        )
    cells = _cells(tensors, facts)
    if cells and math.prod(_start_px(config_to_dict(config))) != cells:
        raise CheckpointMismatch(
            f"{path} starts from a map of {cells} cells, which does not fit "
            f"crop_size {config.crop_size}, aspect_ratio {config.aspect_ratio:g} "
            f"and upsampling {config.upsampling}."
        )


def _palette(config: SpadeConfig, options: Mapping[str, str]) -> str | None:
    if options.get("dataset_mode") == OWN_LABELS:
        return None
    for published in PUBLISHED.values():
        if all(getattr(config, name) == published[name] for name in LABEL_FIELDS):
            return published["palette"]
    return None


def _told(options: Mapping[str, str]) -> dict[str, Any]:
    """The fields that the options tell; what cannot be is left out."""
    plain = config_to_dict(SpadeConfig(classes=1))
    told: dict[str, Any] = {}
    for option, (name, read) in OPTIONS.items():
        try:
            value = read(options[option])
            config_from_dict({**plain, name: value})
        except (KeyError, ValueError, CheckpointMismatch):
            continue
        told[name] = value
    return told
