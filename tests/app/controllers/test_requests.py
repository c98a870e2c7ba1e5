from dataclasses import replace

import pytest

from app.controllers.requests import edits_on, request_of
from app.document.document import Document, EditEntry
from tests.app.document.documents import document, mask, photo, swap


def test_edits_that_are_off_take_no_part():
    hidden = replace(swap(photo(200)), enabled=False)
    weak = replace(swap(photo(200)), strength=0.0)
    doc = document(hidden, weak)
    assert edits_on(doc) == ()
    assert request_of(doc, 4) == request_of(Document(base=doc.base), 4)


def test_only_what_is_read_travels():
    doc = replace(document(swap(photo(200))), references=(photo(200), photo(3)), masks=(mask(1),))
    request = request_of(doc, 4)
    assert request.pictures == (photo(200).picture,)
    assert request.masks == ()
    masked = replace(swap(photo(200)), mask=mask(1).sha256)
    assert request_of(replace(doc, entries=(EditEntry(1, masked),)), 4).masks == (mask(1),)


@pytest.mark.parametrize(("wanted", "given"), [(4, 4), (6, 6), (600, 6), (None, None)])
def test_nothing_is_made_larger_than_the_photo(wanted, given):
    assert request_of(document(), wanted).short_side_px == given


def test_bits():
    assert request_of(document(), None, 16).bits == 16
