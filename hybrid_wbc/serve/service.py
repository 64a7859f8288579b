"""What is computed for each request, as steps that let other requests have their turn."""

from __future__ import annotations

import base64
import io
from collections.abc import Generator, Sequence
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from hybrid_wbc.config.names import CLASSIFIERS
from hybrid_wbc.data import arrays
from hybrid_wbc.data.boxes import Box
from hybrid_wbc.data.cells.measuring import measure_changed
from hybrid_wbc.data.cleaning import Cleaned
from hybrid_wbc.data.decoding.limits import DecodingError
from hybrid_wbc.data.decoding.pictures import decode
from hybrid_wbc.data.pixels import prepare
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation.differential import differential
from hybrid_wbc.evaluation.predicted import Predicted, PredictedCell, short_names
from hybrid_wbc.report.figures.explained import overlay
from hybrid_wbc.report.pages.explained import data_uri
from hybrid_wbc.report.pages.mistakes import thumbnail
from hybrid_wbc.report.words import differential as limits_words
from hybrid_wbc.report.words import explained as words
from hybrid_wbc.report.words.predicted import about_sets, notes, said_set
from hybrid_wbc.serve.answers import Answer, Beside, Counted, Embedding, Explained, Slide
from hybrid_wbc.serve.limits import RefusedError
from hybrid_wbc.serve.surroundings import Surroundings
from hybrid_wbc.serve.uploads import Received
from hybrid_wbc.studies import predict
from hybrid_wbc.studies.explain import said_of
from hybrid_wbc.studies.knowledge import Knowledge
from hybrid_wbc.studies.looking import Picture, Wanted, look_at
from hybrid_wbc.studies.maps import Mapper
from hybrid_wbc.studies.model import Model

SLIDE = "these pictures"
# Pixels: of a cell's small picture, of a smear's on the page, and of a map.
_CELL, _SMEAR, _MAP = 96, 1600, 160
_JPEG_QUALITY = 85
# Of the frame: how far a square about a cell may reach.
_REACH = 2
# Kept pictures of training cells.
_PICTURES = 1024
# Where batch normalisation takes its statistics from what is asked about.
_ALONE = (
    "Asked about by itself here: batch normalisation takes its statistics from this one cell, "
    "which changes little, so that the answer may be another than among all cells."
)


class Service:
    """One model, opened once, and all that can be asked of it.

    Its methods are called on one thread at a time.

    Parameters
    ----------
    model : Model
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self._knowledge = Knowledge(model)
        self._surroundings = Surroundings(model)
        self._training_picture = lru_cache(_PICTURES)(self._draw_training_cell)

    @property
    def name(self) -> str:
        """The model's name, without where it lies."""
        return Path(self.model.name).name

    def warm(self) -> Generator[None, None, None]:
        """Do once what takes seconds the first time: the first requests shall not wait."""
        generator = np.random.default_rng(0)
        smear = generator.integers(0, 255, (600, 800, 3), dtype=np.uint8)
        for count in (1, 2, 3):
            box = (200, 200, 300, 300)
            cells = ((box, False),) * count
            seen = Picture(Path("warm"), (600, 800), "smear", False, cells, held=smear)
            steps = predict.saying(self._knowledge, [seen], [], level=0.9)
            for samples, said in steps:
                self._beside(samples, said, small=True)
            yield

    def predict(
        self, received: Received, *, wanted: Wanted, level: float, pictures: bool
    ) -> Generator[None, None, Answer]:
        """Say what the model has to say of pictures that were sent.

        Parameters
        ----------
        received : Received
        wanted : {"cells", "smears", "auto"}
        level : float
        pictures : bool
            Whether small pictures of the cells and of the smears are sent back.
        """
        seen: list[Picture] = []
        for upload in received.uploads:
            try:
                image = decode(upload.content)
            except DecodingError as error:
                received.skip(upload.name, str(error))
            else:
                seen.append(look_at(Path(upload.name), image, self.model.framing, wanted))
            yield
        if not seen:
            received.uploads.clear()
            received.check()
        steps = predict.saying(self._knowledge, seen, received.skipped, level=level)
        beside: list[Beside] = []
        while True:
            try:
                samples, said = next(steps)
            except StopIteration as stop:
                predicted: Predicted = stop.value
                break
            beside += self._beside(samples, said, small=pictures)
            yield
        previews: list[str | None] = []
        for picture in seen:
            held = picture.held if pictures and picture.kind == "smear" else None
            previews.append(None if held is None else _preview(held))
            yield
        return self._answer(predicted, beside, previews)

    def explain(self, received: Received, box: Box | None) -> Generator[None, None, Explained]:
        """Say what raises and lowers the network's numbers for one cell.

        Parameters
        ----------
        received : Received
            Of one picture.
        box : Box or None
            What is cut out about the cell; None where the picture is the cell's.
        """
        mapper = self._mapper
        upload = received.uploads[0]
        try:
            image = decode(upload.content)
        except DecodingError as error:
            received.uploads.clear()
            received.skip(upload.name, str(error))
            received.check()
        if box is not None:
            _check(box, image.shape[1], image.shape[0])
        yield
        model = self.model
        samples = [Sample(upload.name, Path(upload.name), (), box=box, held=image)]
        pixels = prepare(samples, model.framing.pixels, cleaned=Cleaned(samples, [], {})).images
        answers = model.say(pixels, measure_changed(samples) if model.measures else None)
        (maps,) = mapper(pixels, answers.given.get("cnn"))
        yield
        return {
            "said": [
                {"classifier": said.classifier, "answer": words.answer(said)}
                for said in said_of(answers, np.array(model.classes), 0)
            ],
            "maps": [
                {
                    "heading": words.heading(mapped),
                    "verdict": words.verdict(mapped),
                    "readable": mapped.is_readable,
                    "gradient": data_uri(overlay(pixels[0], mapped.gradient, _MAP)),
                    "occlusion": data_uri(overlay(pixels[0], mapped.occlusion, _MAP)),
                }
                for mapped in maps
            ],
            "how_to_read": list(words.HOW_TO_READ),
            "about": [
                *([_ALONE] if model.adapts else []),
                words.method(mapper.layer, mapper.patch),
            ],
        }

    def count(self, slide: Slide) -> Counted:
        """Count cells that somebody has labelled; the limits are those of counting alone."""
        whole = [cell for cell in slide.cells if not cell.cut_off]
        counted = differential(
            SLIDE,
            [cell.label for cell in whole if not cell.unlike],
            labels=self.model.classes,
            smears=slide.pictures,
            unknown=sum(cell.unlike for cell in whole),
            cut_off=len(slide.cells) - len(whole),
            seed=self.model.seed,
        )
        return {
            "differential": counted,
            "in_short": limits_words.in_short(counted),
            "limits": limits_words.about_corrected(),
        }

    def embedding(self) -> Embedding | None:
        """Give the training cells along two axes of the embedding, where there are any."""
        return self._surroundings.embedding

    def training_picture(self, number: int) -> Generator[None, None, bytes | None]:
        """Give the WebP picture of a training cell; None where it is none, or cannot be found."""
        yield
        return self._training_picture(number)

    def _draw_training_cell(self, number: int) -> bytes | None:
        samples = self._surroundings.samples
        sample = samples.get(self._surroundings.training_id(number))
        if sample is None:
            return None
        try:
            return thumbnail(prepare([sample], self.model.framing.pixels).images[0])
        except InputError:
            return None

    @cached_property
    def _mapper(self) -> Mapper:
        if self.model.network is None:
            raise RefusedError(422, "the model has no network whose maps could be drawn")
        try:
            return Mapper(self.model.network, self.model.classes)
        except InputError as error:
            raise RefusedError(422, str(error)) from error

    def _beside(
        self, samples: Sequence[Sample], said: Sequence[PredictedCell], *, small: bool
    ) -> list[Beside]:
        around = self._surroundings.of([cell["features"] for cell in said])
        images = arrays.decode_images(samples, size=_CELL) if small else None
        return [
            {
                "name": "",  # among all cells, when all are known
                "square": sample.box,
                "set": said_set(cell, self.model.classes),
                "notes": notes(cell, self.model.classes),
                "neighbours": around[place][0],
                "place": around[place][1],
                "thumbnail": None if images is None else data_uri(images[place]),
            }
            for place, (sample, cell) in enumerate(zip(samples, said, strict=True))
        ]

    def _answer(
        self, predicted: Predicted, beside: list[Beside], previews: list[str | None]
    ) -> Answer:
        predicted["model"] = self.name
        predicted["warnings"] = [_asked_here(line) for line in predicted["warnings"]]
        for slide in predicted["slides"]:
            slide["name"] = SLIDE
        for cell, name in zip(beside, short_names(predicted["cells"]), strict=True):
            cell["name"] = name
        (slide,) = predicted["slides"]
        return {
            "predicted": predicted,
            "about": [_asked_here(line) for line in about_sets(predicted)],
            "in_short": limits_words.in_short(slide),
            "limits": limits_words.about_limits(slide),
            "table": {"columns": predict.columns(predicted), "rows": list(predict.rows(predicted))},
            "cells": beside,
            "previews": previews,
        }

    @property
    def answers_by(self) -> str:
        """The title of the classifier whose answer is counted."""
        return CLASSIFIERS[self.model.answered_by].title


def _asked_here(line: str) -> str:
    """Say what options of the command line are called where there is none."""
    return line.replace("--as ", "asking as ").replace("--level ", "a level of ")


def _preview(image: np.ndarray) -> str:
    """Make a picture of a smear for the page."""
    picture = Image.fromarray(image)
    picture.thumbnail((_SMEAR, _SMEAR), Image.Resampling.BILINEAR, reducing_gap=2)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=_JPEG_QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode('ascii')}"


def _check(box: Box, width: int, height: int) -> None:
    """Refuse a square that reaches farther than any that is cut out about a cell."""
    left, top, right, bottom = box
    far = _REACH * max(width, height)
    if not (-far <= left < right <= width + far and -far <= top < bottom <= height + far):
        raise RefusedError(
            422,
            f"square={left},{top},{right},{bottom}: none in a picture of {width}x{height} pixels; "
            "give a cell's `square` as POST /predict gave it",
        )
