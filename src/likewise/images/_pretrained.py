"""A ViT or CLIP folder, as `transformers` writes it, as an encoder of images: read without it, and nothing is run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from likewise.contextual._hub.folder import CONFIG, Folder
from likewise.errors import ArtifactError
from likewise.images import _networks as networks
from likewise.images._encoder import ImageEncoder
from likewise.images._prepared import BILINEAR, Prepared

if TYPE_CHECKING:
    pass

PREPROCESSOR = "preprocessor_config.json"
HALF = (0.5, 0.5, 0.5)
BICUBIC = 3  # Pillow's number, which the files hold
DEFAULTS: dict[str, dict[str, Any]] = {  # of `transformers`, for what a file leaves out
    "vit": {"size": {"height": 224, "width": 224}, "resample": BILINEAR, "image_mean": HALF, "image_std": HALF,
            "do_center_crop": False},
    "clip": {"size": {"shortest_edge": 224}, "resample": BICUBIC, "do_center_crop": True,
             "image_mean": (0.48145466, 0.4578275, 0.40821073), "image_std": (0.26862954, 0.26130258, 0.27577711)},
}  # fmt: skip
CONFIGS: dict[str, dict[str, Any]] = {
    "vit": {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072,
            "hidden_act": "gelu", "layer_norm_eps": 1e-12, "image_size": 224, "patch_size": 16, "num_channels": 3},
    "clip": {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072,
             "hidden_act": "quick_gelu", "layer_norm_eps": 1e-5, "image_size": 224, "patch_size": 32,
             "num_channels": 3, "projection_dim": 512},
}  # fmt: skip
KINDS = {"vit": "vit", "clip": "clip", "clip_vision_model": "clip"}


def from_pretrained(folder: str | Path) -> ImageEncoder:
    """A ViT or CLIP folder, as `transformers` writes it, as an encoder of images, without torchvision.

    A vector is the class token of the last layer, normed (ViT), or the projected embedding (CLIP): what `transformers`
    gives for images prepared as `preprocessor_config.json` says. Only JSON and safetensors are read, and nothing of
    the folder is executed; a folder with pickles or code is refused. Raises `ArtifactError`, and `MissingExtra`.

    Parameters
    ----------
    folder : str or Path
        Folder of a checkpoint.
    """
    networks.check_torch()
    from likewise.neural.images import pretrained_vit as borrowed

    place = Folder(Path(folder))
    kind, config = configuration(place)
    prepared = place.json(PREPROCESSOR) if PREPROCESSOR in place else {}
    settings = {**DEFAULTS[kind], **{name: value for name, value in prepared.items() if value is not None}}
    canvas = preparation(settings, config, str(folder))
    shape = borrowed.Shape(
        kind, config["image_size"], config["patch_size"],
        config["projection_dim"] if kind == "clip" else config["hidden_size"], config["hidden_size"],
        config["num_hidden_layers"], config["num_attention_heads"], config["intermediate_size"], config["hidden_act"],
        config["layer_norm_eps"], settings["image_mean"], settings["image_std"],
    )  # fmt: skip
    network = borrowed.adopted(shape, place.arrays(), str(folder))
    facts = {
        "function": "likewise.images.from_pretrained",
        "images": str(folder),
        "history": [],
        "objective": "none",
    }
    return ImageEncoder(network, canvas, facts=facts)


def configuration(place: Folder) -> tuple[str, dict[str, Any]]:
    """The kind of network, and what its configuration says of it; raises `ArtifactError` for any other."""
    whole = place.json(CONFIG)
    kind = KINDS.get(str(whole.get("model_type")))
    if kind is None:
        raise ArtifactError(
            f"{place.path} holds a {str(whole.get('model_type'))[:40]!r}: only {', '.join(KINDS)} are read as "
            "encoders of images"
        )
    given: Mapping[str, Any] = (
        whole.get("vision_config") or {} if whole.get("model_type") == "clip" else whole
    )
    config = {name: given.get(name, default) for name, default in CONFIGS[kind].items()}
    if whole.get("model_type") == "clip":
        config["projection_dim"] = whole.get("projection_dim", config["projection_dim"])
    if config["num_channels"] != 3 or given.get("qkv_bias", True) is not True:
        raise ArtifactError(f"{place.path}: only networks of three channels, with biases, are read")
    return kind, config


def preparation(settings: Mapping[str, Any], config: Mapping[str, Any], where: str) -> Prepared:
    """How images are prepared; raises `ArtifactError` for a way that is not known."""
    side, size = config["image_size"], settings["size"]
    if not all(settings.get(step, True) for step in ("do_resize", "do_rescale", "do_normalize")):
        raise ArtifactError(f"{where}: images that are not resized, rescaled and normed are not known")
    if isinstance(size, int):
        size = {"shortest_edge": size} if settings["do_center_crop"] else {"height": size, "width": size}
    edge = size.get("shortest_edge") if isinstance(size, dict) else None
    is_cut = bool(settings["do_center_crop"])
    if (
        not isinstance(size, dict)
        or (edge is None) == is_cut
        or (edge is None and (size.get("height"), size.get("width")) != (side, side))
    ):
        raise ArtifactError(f"{where}: images of {str(size)[:80]} for a network that reads {side} × {side}")
    return Prepared(side, side, edge or 0, settings["resample"])
