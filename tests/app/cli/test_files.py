import os

import pytest

from app.cli.command import UsageError
from app.cli.files import Job, check_not_read, check_out_file, output_names, plan_jobs
from app.errors import UserError

FORMATS = (".jpg", ".png")


def touch(folder, *names):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"x")
    return folder


def test_a_file_is_one_job(tmp_path):
    touch(tmp_path, "a.jpg")
    out = tmp_path / "out.PNG"
    assert plan_jobs(tmp_path / "a.jpg", out, FORMATS) == [Job(tmp_path / "a.jpg", out)]


def test_a_result_that_has_one_format_names_it(tmp_path):
    with pytest.raises(UsageError, match=r"use \.png\.$"):
        check_out_file(tmp_path / "a.jpg", [".png"])


def test_a_folder_is_one_job_for_each_file_in_it(tmp_path):
    source = touch(tmp_path / "in", "b.png", "a.jpg", ".hidden.jpg", "Thumbs.db")
    touch(source / "below", "c.jpg")
    out = tmp_path / "new" / "out"
    jobs = plan_jobs(source, out, FORMATS)
    assert [(job.source.name, job.out.name) for job in jobs] == [
        ("a.jpg", "a.jpg"),
        ("b.png", "b.png"),
    ]
    assert out.is_dir()
    assert all(job.out.parent == out for job in jobs)


@pytest.mark.parametrize(
    ("names", "results"),
    [
        (["a.jpg", "a.png"], ["a.jpg", "a.png"]),
        (["a.heic", "b.jpg"], ["a.png", "b.jpg"]),
        (["a.heic", "a.png"], ["a.heic.png", "a.png"]),
        (["a.bmp", "a.heic", "a.png"], ["a.bmp.png", "a.heic.png", "a.png"]),
        (["a.bmp", "a.heic"], ["a.png", "a.heic.png"]),
        (
            ["a.heic", "a.heic.png", "a.png"],
            ["a.heic_2.png", "a.heic.png", "a.png"],
        ),
        (["A.png", "a.png"], ["A.png", "a_2.png"]),
        (["photo"], ["photo.png"]),
        (["IMG.JPG"], ["IMG.JPG"]),
    ],
)
def test_no_two_results_have_one_name(names, results):
    got = output_names(names, frozenset(FORMATS))
    assert got == results
    assert len({name.casefold() for name in got}) == len(names)


@pytest.mark.parametrize("out", ["out", "out.heic", "out.jpg.txt"])
def test_the_result_needs_a_format(tmp_path, out):
    touch(tmp_path, "a.jpg")
    with pytest.raises(UsageError, match=r"use one of \.jpg \.png"):
        plan_jobs(tmp_path / "a.jpg", tmp_path / out, FORMATS)


def test_a_folder_is_no_place_for_one_result(tmp_path):
    touch(tmp_path, "a.jpg")
    with pytest.raises(UsageError, match="is a folder"):
        plan_jobs(tmp_path / "a.jpg", tmp_path, FORMATS)


def test_a_file_is_no_place_for_many_results(tmp_path):
    source = touch(tmp_path / "in", "a.jpg")
    with pytest.raises(UsageError, match="must be one too"):
        plan_jobs(source, touch(tmp_path, "out.png") / "out.png", FORMATS)


def test_results_do_not_go_where_the_pictures_are(tmp_path):
    source = touch(tmp_path / "in", "a.jpg")
    with pytest.raises(UsageError, match="would overwrite"):
        plan_jobs(source, tmp_path / "in" / ".." / "in", FORMATS)


def test_what_is_missing_is_said(tmp_path):
    touch(tmp_path, "a.jpg")
    with pytest.raises(UserError, match="There is no file"):
        plan_jobs(tmp_path / "b.jpg", tmp_path / "out.png", FORMATS)
    with pytest.raises(UserError, match="There is no folder"):
        plan_jobs(tmp_path / "a.jpg", tmp_path / "no" / "out.png", FORMATS)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="no picture in"):
        plan_jobs(tmp_path / "empty", tmp_path / "out", FORMATS)
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    source = touch(tmp_path / "in", "a.jpg")
    touch(tmp_path, "file")
    with pytest.raises(UserError, match="cannot be made"):
        plan_jobs(source, tmp_path / "file" / "out", FORMATS)


def test_a_folder_that_cannot_be_listed_is_said(tmp_path, monkeypatch):
    source = touch(tmp_path / "in", "a.jpg")

    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.iterdir", refuse)
    with pytest.raises(UserError, match="cannot be read: Permission denied"):
        plan_jobs(source, tmp_path / "out", FORMATS)


def test_a_result_may_replace_an_older_result_but_nothing_that_is_read(tmp_path):
    touch(tmp_path, "a.jpg", "b.jpg", "old.jpg")
    a, b, old = (tmp_path / name for name in ("a.jpg", "b.jpg", "old.jpg"))
    check_not_read([Job(a, old)], [b])
    for job in (Job(a, a), Job(a, b), Job(a, tmp_path / "x" / ".." / "b.jpg")):
        with pytest.raises(UsageError, match="would overwrite"):
            check_not_read([job], [b])


def test_a_link_to_what_is_read_counts_as_it(tmp_path):
    touch(tmp_path, "a.jpg")
    link, twin = tmp_path / "link.jpg", tmp_path / "twin.jpg"
    link.symlink_to(tmp_path / "a.jpg")
    twin.hardlink_to(tmp_path / "a.jpg")
    for out in (link, twin):
        with pytest.raises(UsageError, match="would overwrite"):
            check_not_read([Job(tmp_path / "a.jpg", out)])


LONG = "x" * 300


def test_a_name_that_is_too_long_is_said(tmp_path):
    touch(tmp_path, "a.jpg")
    with pytest.raises(UserError, match="There is no file"):
        plan_jobs(tmp_path / f"{LONG}.jpg", tmp_path / "out.png", FORMATS)
    with pytest.raises(UserError, match="cannot be written: File name too long"):
        plan_jobs(tmp_path / "a.jpg", tmp_path / f"{LONG}.png", FORMATS)
    with pytest.raises(UserError, match="There is no folder"):
        plan_jobs(tmp_path / "a.jpg", tmp_path / LONG / "out.png", FORMATS)
    with pytest.raises(UserError, match="cannot be made: File name too long"):
        plan_jobs(touch(tmp_path / "in", "a.jpg"), tmp_path / LONG, FORMATS)
    check_not_read([Job(tmp_path / "a.jpg", tmp_path / LONG)], [tmp_path / LONG / "b.jpg"])


def test_a_folder_that_may_not_be_entered_is_said(tmp_path, monkeypatch):
    """Root may enter any: it is the call that refuses."""
    source = touch(tmp_path, "a.jpg") / "a.jpg"
    closed = touch(tmp_path / "closed", "b.jpg")
    real = os.stat

    def guarded(path, *args, **settings):
        if str(path).startswith(f"{closed}{os.sep}"):
            raise PermissionError(13, "Permission denied")
        return real(path, *args, **settings)

    monkeypatch.setattr(os, "stat", guarded)
    with pytest.raises(UserError, match="There is no file"):
        plan_jobs(closed / "b.jpg", tmp_path / "out.png", FORMATS)
    with pytest.raises(UserError, match="cannot be written: Permission denied"):
        plan_jobs(source, closed / "out.png", FORMATS)
    with pytest.raises(UserError, match="no picture in"):
        plan_jobs(closed, tmp_path / "results", FORMATS)
