"""Errors of an act are told, and end there."""

import pytest

from app.controllers.telling import telling


def test_an_act_that_fails_is_told_and_one_that_does_not_is_done():
    told: list[Exception] = []
    done: list[str] = []
    error = ValueError("no")
    with telling(told.append):
        done.append("begun")
        raise error
    with telling(told.append):
        done.append("whole")
    assert told == [error]
    assert done == ["begun", "whole"]


def test_what_ends_the_program_is_not_told():
    told: list[Exception] = []
    with pytest.raises(KeyboardInterrupt), telling(told.append):
        raise KeyboardInterrupt
    assert told == []
