"""The laboratory: the same survey carried out in many ways on populations whose truth is known."""
