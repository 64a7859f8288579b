"""Every reason for which a sample is dropped."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """Every reason for which a sample is dropped, in the words that are shown and counted."""

    HIDDEN = "hidden file"
    NOT_FOUND = "file not found"
    NOT_AN_IMAGE = "not an image file"
    NOT_REGULAR = "not a regular file"
    EMPTY = "empty file (0 bytes)"
    UNREADABLE = "unreadable"
    TRUNCATED = "truncated"
    ZERO_SIZE = "zero-size"
    TOO_LARGE = "too large"
    SEVERAL_PAGES = "several pages"
    DEPTH_UNCLEAR = "depth unclear"
    DEPTH_WRONG = "depth wrong"
    FLOATS = "float values beyond 0..1"
    NEGATIVE = "negative values"
    NO_NUMBERS = "values that are no numbers"
    NO_LABEL = "no label"
    SEVERAL_LABELS = "several labels"
    COPY = "byte-identical copy"
    COPIES_DISAGREE = "byte-identical copies disagree"
    TEST_PHOTOGRAPH = "same photograph as a test picture"
    EARLIER_PHOTOGRAPH = "same photograph as a picture of an earlier training set"
    SCORED_SOURCE = "same source as a test or validation cell"
    CLASS_OF_ONE_SET = "its class is in one of the two sets only"
    CLASS_NOT_OF_ALL = "its class is not in every training set"


# Those of which another file with the same bytes is the reason.
KINDS_OF_COPIES = (Kind.COPY, Kind.COPIES_DISAGREE)
