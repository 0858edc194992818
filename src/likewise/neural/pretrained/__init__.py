"""Encoders that others have trained: the layers of BERT and its kin without padding, their weights by our names.

`shape` says which there are, `bert` runs and trains them, `packed` makes their products quick, `naming` knows whose
weight is which.
"""
