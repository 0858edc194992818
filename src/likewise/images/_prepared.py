"""How the images of a checkpoint are resized and cropped, as its `preprocessor_config.json` says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from likewise.data.images.preprocess import Canvas
from likewise.errors import ArtifactError

if TYPE_CHECKING:
    from PIL.Image import Image

BILINEAR = 2  # Pillow's number, which the files hold


@dataclass(frozen=True)
class Prepared:
    """How a checkpoint's images are preprocessed, in place of a `Canvas`.

    With `edge` 0 an image is stretched to height × width; else its shorter side becomes `edge` and the middle is cut
    out. `resample` is Pillow's number of the interpolation.
    """

    height: int
    width: int
    edge: int = 0
    resample: int = BILINEAR
    ground: tuple[int, int, int] = (255, 255, 255)
    max_pixels: int = Canvas.max_pixels

    def __post_init__(self) -> None:
        numbers = (self.height, self.width, self.resample, self.edge, self.max_pixels)
        if not all(type(value) is int and value >= 0 for value in numbers) or self.resample > 5:
            raise ArtifactError(f"images cannot be prepared by {numbers}")
        if self.edge and self.edge < max(self.height, self.width):
            raise ArtifactError(
                f"a shorter side of {self.edge} leaves no {self.height} × {self.width} to cut out"
            )
        object.__setattr__(self, "ground", tuple(self.ground))

    channels = 3
    mode = "RGB"
    fit = "stretch"  # so that a large JPEG is decoded whole, as the reference does

    @property
    def shape(self) -> tuple[int, int, int]:
        """(h, w, c)."""
        return self.height, self.width, self.channels

    def placed(self, image: Image) -> Image:
        """`image`, which is in `mode`, at the size that the network reads."""
        from PIL import Image as pillow

        size = (self.width, self.height)
        if self.edge:
            short = min(image.size)
            size = tuple(self.edge if side == short else int(self.edge * side / short) for side in image.size)  # type: ignore[assignment]
        image = image.resize(size, pillow.Resampling(self.resample))
        left, top = (image.width - self.width) // 2, (image.height - self.height) // 2
        return image.crop((left, top, left + self.width, top + self.height))
