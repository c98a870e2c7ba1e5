from app.controllers.pace import LADDER_PX, START_PX, Pace


def test_the_first_preview_is_modest_and_never_larger_than_the_work():
    assert Pace().preview_px(2048) == START_PX
    assert Pace().preview_px(100) == 100


def test_a_fast_machine_climbs_and_a_slow_one_steps_down():
    pace = Pace()
    while (px := pace.preview_px(10_000)) < LADDER_PX[-1]:
        pace.note(px, 0.001)
        assert pace.preview_px(10_000) > px
    pace = Pace()
    for _ in range(40):
        px = pace.preview_px(10_000)
        pace.note(px, 3.0 * px / START_PX)
    assert pace.preview_px(10_000) == LADDER_PX[0]


def test_a_smaller_size_that_is_hardly_quicker_is_given_up():
    """What a stroke costs where all that the size decides is small: 0.3 s at any size."""
    pace, sizes = Pace(), []
    for _ in range(12):
        sizes.append(pace.preview_px(512))
        pace.note(sizes[-1], 0.3)
    assert sizes == [256, 256, 192, 192] + [256] * 8


def test_heavier_work_may_step_down_again():
    pace = Pace()
    for _ in range(8):
        pace.note(pace.preview_px(512), 0.3)
    for _ in range(8):
        px = pace.preview_px(512)
        pace.note(px, 4.0 * (px / START_PX) ** 2)
    assert pace.preview_px(512) < 192


def test_one_slow_render_does_not_count():
    pace = Pace()
    pace.note(START_PX, 2.0)
    pace.note(START_PX, 0.1)
    pace.note(START_PX, 2.0)
    assert pace.preview_px(1024) == START_PX
    pace.note(START_PX, 2.0)
    assert pace.preview_px(1024) < START_PX


def test_it_settles_where_a_preview_fits_the_hand():
    """A machine that needs 0.08 s at 256 px, and proportionally to the area elsewhere."""
    pace = Pace()
    sizes = []
    for _ in range(20):
        px = pace.preview_px(1024)
        sizes.append(px)
        pace.note(px, 0.08 * (px / 256) ** 2)
    assert set(sizes) == {256}


def test_other_sizes_teach_nothing():
    pace = Pace()
    pace.note(64, 0.0001)
    assert pace.preview_px(1024) == START_PX


def test_a_working_size_that_is_too_slow_gets_smaller_previews():
    pace = Pace()
    for _ in range(2):
        pace.note(pace.preview_px(200), 1.0)
    assert pace.preview_px(200) == 192
    pace.note(pace.preview_px(100), 0.001)
    assert pace.preview_px(1024) == 192
