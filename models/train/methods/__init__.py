"""What connects each recipe to a run, by the name of its method."""

from models.train.methods import labelled, swapping_autoencoder
from models.train.methods.method import Method
from models.train.settings import methods as settings

METHODS: dict[str, Method] = {
    settings.SWAPPING_AUTOENCODER.name: swapping_autoencoder.METHOD,
    settings.SPADE.name: labelled.SPADE,
    settings.SEGMENTER.name: labelled.SEGMENTER,
}
