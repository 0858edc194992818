"""ViT and CLIP folders: the vectors of the reference, for arrays and files, and nothing else is read."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import likewise
from likewise import images
from likewise.errors import ArtifactError
from likewise.system.seeds import generator
from likewise.testing import check_encoder

transformers = pytest.importorskip("transformers")
torch = pytest.importorskip("torch")
pillow = pytest.importorskip("PIL.Image")

SIZES = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32, "image_size": 24,
         "patch_size": 8}  # fmt: skip
TEXT = {**SIZES, "vocab_size": 60, "projection_dim": 12, "bos_token_id": 1, "eos_token_id": 2}
PICTURES = [generator(3, "test.pictures").integers(0, 256, size).astype(np.uint8)
            for size in ((40, 30, 3), (24, 24, 3), (25, 61, 3))]  # fmt: skip


def saved(kind: str, folder: Path) -> tuple[Any, Any]:
    """A checkpoint with random weights, and the reference's network and preparation of it."""
    torch.manual_seed(4)
    config: Any
    if kind == "vit":
        config = transformers.ViTConfig(**SIZES)
        model = transformers.ViTForImageClassification(config)
        prepare = transformers.models.vit.image_processing_pil_vit.ViTImageProcessorPil(
            size={"height": 24, "width": 24}
        )
    else:
        vision = {**SIZES, "projection_dim": 12}
        config = transformers.CLIPConfig(vision_config=vision, text_config=TEXT, projection_dim=12)
        model = transformers.CLIPModel(config)
        if kind == "clip_vision_model":
            model = transformers.CLIPVisionModelWithProjection(transformers.CLIPVisionConfig(**vision))
        prepare = transformers.models.clip.image_processing_pil_clip.CLIPImageProcessorPil(
            size={"shortest_edge": 27}, crop_size={"height": 24, "width": 24}
        )
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.save_pretrained(folder)
    prepare.save_pretrained(folder)
    return model.eval(), prepare


def reference(kind: str, model: Any, prepare: Any, pictures: list[np.ndarray]) -> np.ndarray:
    values = prepare([pillow.fromarray(p) for p in pictures], return_tensors="pt")["pixel_values"]
    with torch.no_grad():
        if kind == "vit":
            return model.vit(pixel_values=values).last_hidden_state[:, 0].numpy()
        seen = model.vision_model(pixel_values=values).pooler_output
        return model.visual_projection(seen).numpy()


@pytest.mark.parametrize("kind", ["vit", "clip", "clip_vision_model"])
def test_vectors_are_those_of_the_reference(kind: str, tmp_path: Path) -> None:
    model, prepare = saved(kind, tmp_path / "hub")
    ours = images.from_pretrained(tmp_path / "hub")
    wanted = reference(kind, model, prepare, PICTURES)
    assert ours.dim == wanted.shape[1]
    np.testing.assert_allclose(ours.encode(PICTURES), wanted, atol=2e-5)
    pillow.fromarray(PICTURES[0]).save(tmp_path / "one.png")
    np.testing.assert_allclose(ours.encode([tmp_path / "one.png"])[0], wanted[0], atol=2e-5)
    check_encoder(ours, PICTURES, empty=None)
    assert ours.attention(PICTURES).shape == (3, 2, 2, 3, 3)
    likewise.save(ours, tmp_path / "m")
    again = likewise.load(tmp_path / "m")
    assert np.array_equal(again.encode(PICTURES), ours.encode(PICTURES))
    assert again.canvas == ours.canvas


def test_attention_is_that_of_the_reference(tmp_path: Path) -> None:
    model, prepare = saved("vit", tmp_path / "hub")
    values = prepare([pillow.fromarray(p) for p in PICTURES], return_tensors="pt")["pixel_values"]
    model.vit.set_attn_implementation("eager")
    with torch.no_grad():
        wanted = model.vit(pixel_values=values, output_attentions=True).attentions
    found = images.from_pretrained(tmp_path / "hub").attention(PICTURES)
    np.testing.assert_allclose(found[:, 1].reshape(3, 2, 9), wanted[1][:, :, 0, 1:].numpy(), atol=1e-5)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        ({"model_type": "bert"}, "holds a 'bert'"),
        ({"hidden_size": 32}, "numbers, not"),
        ({"num_hidden_layers": 3}, "lacks the weight 'encoder.layer.2"),
        ({"hidden_act": "swish"}, "swish"),
        ({"image_size": 25}, "25 × 25"),
        ({"num_channels": 1}, "three channels"),
        ({"num_hidden_layers": 10**9}, "layers must be"),
    ],
)
def test_a_folder_that_is_no_such_network_is_refused(harm: dict, said: str, tmp_path: Path) -> None:
    saved("vit", tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, **harm}))
    with pytest.raises(ArtifactError, match=said):
        images.from_pretrained(tmp_path)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "modeling.py"])
def test_a_folder_with_what_could_run_is_refused(name: str, tmp_path: Path) -> None:
    saved("vit", tmp_path)
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(ArtifactError, match=name):
        images.from_pretrained(tmp_path)


@pytest.mark.parametrize("harm", [{"do_resize": False}, {"size": {"height": 30, "width": 30}}, {"resample": 9},
                                  {"image_std": [0, 1, 1]}, {"image_mean": [0.5]}, {"size": "large"}])  # fmt: skip
def test_a_preparation_that_is_not_known_is_refused(harm: dict, tmp_path: Path) -> None:
    saved("vit", tmp_path)
    settings = json.loads((tmp_path / "preprocessor_config.json").read_text())
    (tmp_path / "preprocessor_config.json").write_text(json.dumps({**settings, **harm}))
    with pytest.raises(ArtifactError):
        images.from_pretrained(tmp_path)


def test_a_weight_that_is_no_number_is_refused(tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    saved("vit", tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    weights["vit.layernorm.bias"][3] = np.nan
    save_file(weights, tmp_path / "model.safetensors")
    with pytest.raises(ArtifactError, match="not finite"):
        images.from_pretrained(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(ArtifactError, match="safetensors is missing"):
        images.from_pretrained(tmp_path)
