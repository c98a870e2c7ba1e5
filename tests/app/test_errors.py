import pickle

from app.errors import UserError


def test_a_user_error_reads_as_what_happened_and_what_to_do():
    assert str(UserError("It rains.", "Take an umbrella.")) == "It rains. Take an umbrella."
    assert str(UserError("It rains.")) == "It rains."


def test_a_user_error_survives_the_way_between_processes():
    error = pickle.loads(pickle.dumps(UserError("It rains.", "Take an umbrella.")))
    assert (error.text, error.hint) == ("It rains.", "Take an umbrella.")
