import gc
import threading
import time
import weakref
from dataclasses import replace

import numpy as np
import pytest
import torch

from models.api import CancelToken, RenderRequest
from models.builders import build
from models.catalog import find_model
from models.configs import StyleGAN2DiscriminatorConfig
from models.edits import SwapTexture
from models.engine import engine as engine_module
from models.engine import plan, renderer
from models.engine.engine import Engine
from models.errors import Cancelled, CheckpointMissing, OutOfMemory, RequestError
from models.values import Picture
from tests.models.engine.fakes import (
    Brighten,
    BrightenStage,
    FakeNetwork,
    make_context,
    make_spec,
    random_picture,
)

BASE = random_picture(384, 512, seed=1)
REFERENCE = random_picture(40, 48, seed=2)
LIGHT = Brighten(model="fake", by=0.25)
SWAP = SwapTexture(model="fake", reference=REFERENCE.sha256)
CPU_FULL = "DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."


@pytest.fixture
def stage(monkeypatch) -> BrightenStage:
    stage = BrightenStage()
    monkeypatch.setitem(plan.STAGES, Brighten, stage)
    return stage


def make_engine(network=None, **changes) -> Engine:
    settings = {"precision": "float32", "find": make_spec, "load_network": lambda spec: network}
    return Engine("cpu", **{**settings, **changes})


def light_request(**changes) -> RenderRequest:
    return RenderRequest(**{"base": BASE, "edits": (LIGHT,), **changes})


def swap_request(**changes) -> RenderRequest:
    settings = {"base": BASE, "edits": (SWAP,), "pictures": (REFERENCE,)}
    return RenderRequest(**{**settings, **changes})


def failing(*errors):
    """A stage's `instead` that raises these, one a call; None lets the call pass."""
    script = list(errors)

    def instead(edit, img_bchw, context):
        error = script.pop(0) if script else None
        if error is not None:
            raise error

    return instead


def sizes(stage):
    return [size_px for _, size_px, _ in stage.asked]


@pytest.mark.parametrize("bits", [8, 16])
def test_a_result_has_pixels_device_and_time(stage, bits):
    result = make_engine().render(light_request(bits=bits, short_side_px=96))
    assert result.rgb_hwc.shape == (96, 128, 3)
    assert result.rgb_hwc.dtype == (np.uint8 if bits == 8 else np.uint16)
    assert result.device.startswith("CPU with")
    assert result.device.endswith("float32")
    assert result.seconds > 0.0
    assert result.notes == ()


def test_without_edits_the_pixels_are_the_bases():
    assert np.array_equal(make_engine().render(light_request(edits=())).rgb_hwc, BASE.rgb_hwc)


def test_a_swap_through_the_whole_engine():
    network = FakeNetwork()
    result = make_engine(network).render(swap_request(short_side_px=48))
    assert result.rgb_hwc.shape == (48, 64, 3)
    assert network.names() == ["encode", "encode", "decode"]


def test_the_network_computes_in_the_engines_precision():
    for precision, dtype in [("float32", torch.float32), ("bfloat16", torch.bfloat16)]:
        network = FakeNetwork()
        result = make_engine(network, precision=precision).render(swap_request(short_side_px=48))
        assert network.compute_dtype == dtype
        assert result.device.endswith(precision)


def test_precision_is_measured_once(monkeypatch, stage):
    measured = []
    monkeypatch.setattr(
        engine_module,
        "choose_precision",
        lambda wanted, device: measured.append((wanted, str(device))) or torch.float32,
    )
    engine = make_engine(precision="auto")
    assert measured == []
    for _ in range(2):
        engine.render(light_request())
    assert measured == [("auto", "cpu")]


def test_a_network_is_loaded_once_and_as_one_that_can_change():
    loaded = []

    def load(spec):
        loaded.append(torch.is_inference_mode_enabled())
        return FakeNetwork()

    engine = make_engine(load_network=load)
    for _ in range(2):
        engine.render(swap_request(short_side_px=48))
    assert loaded == [False]


def test_networks_that_were_not_used_lately_are_dropped_under_the_budget():
    def load(spec):
        loaded.append(spec.id)
        network = FakeNetwork()
        network.weights = torch.nn.Parameter(torch.zeros(100_000))
        return network

    def find(model_id):
        return make_spec(model_id, sha256=model_id * 64)

    loaded = []
    engine = make_engine(load_network=load, find=find, memory_budget_mb=4)
    for index, model in enumerate("abacab"):
        edit = replace(SWAP, model=model, amount=index / 10)
        engine.render(swap_request(edits=(edit,), short_side_px=12))
        assert engine.cache.used_bytes <= 2**20
    # Two of 400 kB fit into a quarter of 4 MiB: c drives out b, then b drives out c.
    assert loaded == ["a", "b", "c", "b"]


def test_progress_reaches_the_caller(stage):
    told = []
    make_engine().render(light_request(), progress=lambda words, share: told.append(share))
    assert told == [0.5, 1.0]


def test_cancelling_raises_and_the_next_render_is_right(stage):
    engine, token = make_engine(), CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        engine.render(light_request(), token)
    expected = make_engine().render(light_request()).rgb_hwc
    assert np.array_equal(engine.render(light_request()).rgb_hwc, expected)


def test_a_render_stops_between_two_layers(tiny_config):
    """Decoding is one step of the stage: it must not be waited for."""
    network, token, layers = build(tiny_config).eval(), CancelToken(), []
    for module in network.get_submodule("G").modules():
        module.register_forward_hook(lambda *_: layers.append(1) or token.cancel())
    engine = make_engine(network)
    with pytest.raises(Cancelled):
        engine.render(swap_request(), token)
    assert len(layers) == 1


def test_loading_stops_between_two_tensors(monkeypatch):
    token, made = CancelToken(), []

    def load(spec):
        for _ in range(5):
            made.append(torch.zeros(1))
            token.cancel()

    with pytest.raises(Cancelled):
        make_engine(load_network=load).render(swap_request(), token)
    assert len(made) == 1


def test_warming_up_saves_the_first_render_the_loading():
    network, loaded, told = FakeNetwork(), [], []
    engine = make_engine(load_network=lambda spec: loaded.append(spec.id) or network)
    engine.warm_up("fake", progress=lambda words, share: told.append((words, share)))
    assert told == [("loading model", 0.0), ("getting ready", 0.8), ("done", 1.0)]
    assert network.names() == ["encode"]
    engine.render(swap_request())
    assert loaded == ["fake"]


def test_warming_up_can_be_called_off():
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        make_engine(FakeNetwork()).warm_up("fake", token)


def test_warming_up_with_a_model_that_is_not_there_is_a_sentence():
    def find(name):
        raise CheckpointMissing("There is no model 'gone'.")

    with pytest.raises(CheckpointMissing):
        make_engine(find=find).warm_up("gone")


def test_warming_up_leaves_too_little_memory_to_the_render():
    network = FakeNetwork()
    network.errors = [RuntimeError(CPU_FULL)]
    engine = make_engine(network)
    engine.warm_up("fake")
    assert len(engine.cache) == 0
    network.errors = [RuntimeError("a defect")]
    with pytest.raises(RuntimeError, match="a defect"):
        engine.warm_up("fake")


def test_what_was_forgotten_is_made_again_and_the_same():
    network, loaded = FakeNetwork(), []
    engine = make_engine(load_network=lambda spec: loaded.append(spec.id) or network)
    first = engine.render(swap_request()).rgb_hwc
    engine.forget()
    assert len(engine.cache) == 0
    assert np.array_equal(engine.render(swap_request()).rgb_hwc, first)
    assert loaded == ["fake", "fake"]


def test_a_model_for_which_there_is_no_room_is_loaded_once_a_render():
    loaded = []

    def load(spec):
        network = FakeNetwork()
        network.large = torch.nn.Parameter(torch.zeros(2**20))
        loaded.append(spec.id)
        return network

    engine = make_engine(load_network=load, memory_budget_mb=4)
    for renders in (1, 2):
        engine.render(swap_request())
        assert len(loaded) == renders
        engine.forget()


def test_an_engine_tells_its_device_and_precision():
    engine = make_engine()
    assert engine.device_words.startswith("CPU with ")
    assert engine.precision == torch.float32


@pytest.mark.parametrize(
    "error", [RuntimeError(CPU_FULL), MemoryError(), torch.OutOfMemoryError("CUDA out of memory")]
)
def test_out_of_memory_first_drops_what_is_kept_and_tries_again(stage, error):
    engine = make_engine()
    engine.render(light_request(edits=(replace(LIGHT, by=0.1),)))
    assert len(engine.cache) == 2
    kept_at_second_try = []

    def fail_once(edit, img_bchw, context):
        if len(stage.asked) == 2:
            raise error
        kept_at_second_try.append(len(engine.cache))

    stage.instead = fail_once
    result = engine.render(light_request())
    assert kept_at_second_try == [1]  # the base, made again
    assert result.rgb_hwc.shape == BASE.rgb_hwc.shape
    assert result.notes == ()


def test_then_the_size_is_halved_until_it_fits_and_a_note_says_so(stage):
    stage.instead = failing(*[MemoryError()] * 4)
    result = make_engine().render(light_request())
    assert sizes(stage) == [(384, 512)] * 2 + [(192, 256)] * 2 + [(96, 128)]
    assert result.rgb_hwc.shape == (96, 128, 3)
    (note,) = result.notes
    assert note == (
        "The memory was not enough for 512 x 384 px, so the picture was made at 128 x 96 px."
    )


def test_when_nothing_helps_one_sentence_says_so(stage):
    stage.instead = failing(*[RuntimeError(CPU_FULL)] * 99)
    engine = make_engine()
    with pytest.raises(OutOfMemory, match="memory is not enough"):
        engine.render(light_request())
    assert sizes(stage)[-1] == (96, 128)
    assert len(stage.asked) == 6
    stage.instead = None
    assert engine.render(light_request()).notes == ()


def test_another_devices_work_is_taken_over_by_the_cpu_at_full_size(stage):
    engine = make_engine()
    # "cpu:0" computes like a CPU and is another device than "cpu": a GPU that every machine has.
    engine.device = torch.device("cpu:0")
    stage.instead = lambda edit, img, context: (
        failing(torch.OutOfMemoryError("CUDA out of memory"))(edit, img, context)
        if str(context.device) == "cpu:0"
        else None
    )
    result = engine.render(light_request())
    assert stage.asked[-1] == (0.25, (384, 512), "cpu")
    assert result.rgb_hwc.shape == BASE.rgb_hwc.shape
    (note,) = result.notes
    assert note.endswith("so the CPU did the work.")


def test_a_failed_attempt_leaves_no_tensors_behind(stage):
    held = []

    def fail(edit, img_bchw, context):
        if len(stage.asked) < 3:
            large = torch.zeros(10)
            held.append(weakref.ref(large))
            raise MemoryError
        gc.collect()
        assert [ref() for ref in held] == [None, None]

    stage.instead = fail
    make_engine().render(light_request())
    assert len(held) == 2


def test_other_errors_are_not_retried(stage):
    stage.instead = failing(RuntimeError("size mismatch"))
    with pytest.raises(RuntimeError, match="size mismatch"):
        make_engine().render(light_request())
    assert len(stage.asked) == 1


def test_a_render_that_would_not_fit_the_budget_is_not_even_tried(stage):
    stage.bytes_per_px = 200
    result = make_engine(memory_budget_mb=20).render(light_request())
    # (200 + 48) bytes x 384 x 512 px = 46.5 MiB; 15 MiB are for the render; a quarter is 11.6.
    assert sizes(stage) == [(192, 256)]
    assert result.rgb_hwc.shape == (192, 256, 3)
    assert "192" in result.notes[0]


def test_a_budget_that_nothing_fits_is_out_of_memory_and_not_a_try(stage):
    with pytest.raises(OutOfMemory):
        make_engine(memory_budget_mb=0).render(light_request())
    assert stage.asked == []


def test_what_is_kept_gives_way_to_a_render_that_needs_the_room(stage, monkeypatch):
    free = {"bytes": 2**30}
    monkeypatch.setattr(engine_module, "free_bytes", lambda device: free["bytes"])
    engine = make_engine()
    engine.render(light_request())
    kept = engine.cache.used_bytes
    assert kept > 2**20

    needed = renderer.working_set_bytes(light_request(), (384, 512), make_context())
    free["bytes"] = int(needed / engine_module.SHARE_OF_FREE_MEMORY) - 1000
    dark = replace(LIGHT, by=-0.25)
    result = engine.render(light_request(edits=(dark,)))
    assert result.notes == ()
    assert sizes(stage) == [(384, 512)] * 2
    assert len(engine.cache) == 2  # the base and the new picture, both made again


def test_by_default_the_budget_follows_the_free_memory(stage, monkeypatch):
    monkeypatch.setattr(engine_module, "free_bytes", lambda device: 2**20)
    result = make_engine().render(light_request())
    assert result.rgb_hwc.shape == (96, 128, 3)


def test_a_picture_far_too_large_for_the_memory_is_made_smaller(monkeypatch):
    """Predicted, so nothing of that size is ever allocated; the result says what it became."""
    monkeypatch.setattr(engine_module, "free_bytes", lambda device: 2**24)
    row = np.zeros((1, 1, 3), np.uint8)
    base = replace(BASE, rgb_hwc=np.broadcast_to(row, (10000, 10000, 3)))
    result = make_engine(FakeNetwork()).render(swap_request(base=base))
    side = result.rgb_hwc.shape[0]
    assert 128 <= side <= 442
    assert "10000 x 10000 px" in result.notes[0]


def test_a_long_strip_is_rendered_or_made_smaller(monkeypatch):
    strip = Picture.from_rgb(np.zeros((10, 30000, 3), np.uint8))
    network = FakeNetwork()
    result = make_engine(network).render(swap_request(base=strip))
    assert result.rgb_hwc.shape == (10, 30000, 3)
    assert network.calls[0] == ("encode", (1, 3, 12, 30000))
    small = make_engine(FakeNetwork(), memory_budget_mb=30).render(swap_request(base=strip))
    assert small.rgb_hwc.shape[1] < 30000
    assert "30000 x 10 px" in small.notes[0]


def test_renders_of_two_threads_take_turns(stage):
    running, together = [], []

    def slow(edit, img_bchw, context):
        running.append(edit)
        time.sleep(0.02)
        together.append(len(running))
        running.pop()

    stage.instead = slow
    engine = make_engine()
    threads = [
        threading.Thread(target=engine.render, args=(light_request(edits=(edit,)),))
        for edit in (LIGHT, replace(LIGHT, by=0.5), replace(LIGHT, by=0.75))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == [1, 1, 1]


def test_a_model_that_is_not_there_says_so(monkeypatch, tmp_path):
    monkeypatch.setenv("SCUMBLE_MODELS", str(tmp_path))
    edit = replace(SWAP, model="no-such-model")
    with pytest.raises(CheckpointMissing, match="no-such-model"):
        make_engine(find=find_model).render(swap_request(edits=(edit,)))


def test_a_model_of_another_family_is_refused_before_it_is_loaded():
    def load(spec):
        raise AssertionError("loaded")

    engine = make_engine(
        find=lambda name: make_spec(name, config=StyleGAN2DiscriminatorConfig()),
        load_network=load,
    )
    with pytest.raises(RequestError, match="cannot take over a texture"):
        engine.render(swap_request())


@pytest.mark.gpu
def test_a_gpu_and_the_cpu_agree(tiny_config):
    from dataclasses import asdict

    from models.networks.swapping_autoencoder import SwappingAutoencoder

    torch.manual_seed(0)
    network = SwappingAutoencoder(**asdict(tiny_config)).eval()
    results = [
        Engine(
            device, precision="float32", find=make_spec, load_network=lambda spec: network
        ).render(swap_request(short_side_px=128))
        for device in ("cpu", "cuda")
    ]
    difference = results[0].rgb_hwc.astype(int) - results[1].rgb_hwc.astype(int)
    assert np.abs(difference).max() <= 1
