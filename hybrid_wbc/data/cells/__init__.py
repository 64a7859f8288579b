"""White cells in a smear: masks, finding, framing, cropping."""
