"""Owns the plain sentences about augmentation: form, colours and sharpness."""

from __future__ import annotations

import math

from hybrid_wbc.config.network import Augmentation, ColourChanges, SharpnessChanges


def told(augmentation: Augmentation, refined: int) -> str:
    """Say what is done to each training image, each time that the network sees it.

    Parameters
    ----------
    augmentation : Augmentation
    refined : int
        How many of the last epochs change form alone.

    Returns
    -------
    str
        Empty where nothing is done.
    """
    if not augmentation.enabled:
        return ""
    moved = "; ".join(_warp(augmentation)) or "not moved"
    coloured = "; ".join(_colours(augmentation.colour)) or "as they are"
    lost = "; ".join(_losses(augmentation.sharpness))
    sharpness = f" Sharpness: {lost}." if lost else ""
    last = f" The last {refined} epochs change form alone." if refined else ""
    return (
        f"Drawn anew for each training image and epoch. Form: {moved}. Colours: {coloured}."
        f"{sharpness}{last}"
    )


def _warp(augmentation: Augmentation) -> list[str]:
    smallest, largest = augmentation.scale
    return [
        words
        for words, done in (
            ("mirrored left to right or not", augmentation.reflect_x),
            ("mirrored top to bottom or not", augmentation.reflect_y),
            (f"shifted by up to {augmentation.translate_x:.0%} of the width",
             augmentation.translate_x),
            (f"shifted by up to {augmentation.translate_y:.0%} of the height",
             augmentation.translate_y),
            (f"turned by up to {augmentation.rotation:g}°", augmentation.rotation),
            (f"{smallest:g} to {largest:g} times as large", (smallest, largest) != (1, 1)),
        )
        if done
    ]  # fmt: skip


def _colours(colour: ColourChanges) -> list[str]:
    return [
        words
        for words, done in (
            (f"each stain {_factors(colour.stain_scale)} times as strong", colour.stain_scale),
            (f"each stain's optical density shifted by up to {colour.stain_shift:g}",
             colour.stain_shift),
            (f"brightness shifted by up to {colour.brightness:.0%} of white", colour.brightness),
            (f"contrast {_factors(colour.contrast)} times", colour.contrast),
            (f"hue turned by up to {colour.hue:g}°", colour.hue),
            (f"saturation {_factors(colour.saturation)} times", colour.saturation),
        )
        if done
    ]  # fmt: skip


def _losses(sharpness: SharpnessChanges) -> list[str]:
    return [
        words
        for words, done in (
            (f"half of the images blurred by a Gaussian of up to {sharpness.blur:g} pixels",
             sharpness.blur),
            (f"noise of up to {sharpness.noise:.0%} of white", sharpness.noise),
        )
        if done
    ]  # fmt: skip


def _factors(reach: float) -> str:
    return f"{math.exp(-reach):.2f} to {math.exp(reach):.2f}"
