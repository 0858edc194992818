"""Several tasks, one encoder: a head for each on what all share, and how much a step for one helps the others.

`network` is what is taught, `inputs` and `batch` what it reads and is asked, `teaching` the teaching, `lookahead` the
affinity of tasks (Fifty et al. 2021).
"""
