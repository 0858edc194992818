"""Several tasks, one encoder: a head for each on what all share, and how much a step for one helps the others.

`network` is what is trained, `inputs` and `batch` what it reads and predicts, `training` the training, `affinity` the
affinity of tasks (Fifty et al. 2021).
"""
