"""The learner's own photo on the page Evaluate: the network's answer, and one sentence for a bad file."""

import io

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.dataset import CLASSES, photos
from core.evaluation.answer import answer
from core.training import checkpoints
from tests.conftest import Lab
from tests.support.visit import data_of, errors, healthy, shows, texts, visit, words

TEXT, SHARED = words("evaluation"), words("shared")


def rotated() -> bytes:
    """A photo as an upright telephone saves it: lying on its side, with an orientation in its EXIF."""
    picture = Image.new("RGB", (120, 80), "steelblue")
    picture.paste("green", (0, 0, 40, 80))
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


def transparent() -> bytes:
    picture = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    picture.paste((200, 30, 30, 255), (20, 20, 44, 44))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def uploaded(content: bytes, language: str = "en") -> AppTest:
    at = visit("evaluation", language, evaluation__run="shipped", evaluation__tab__open="photo")
    return healthy(at.file_uploader(key="evaluation.file").upload("mine.png", content, "image/png").run())


@pytest.mark.parametrize("content", [rotated(), transparent()])
def test_the_answer_is_that_of_the_network_on_what_is_shown(lab: Lab, content: bytes) -> None:
    at = uploaded(content)
    shipped = checkpoints.shipped_model("sketches")
    verdict = answer(
        shipped.network(), photos.to_input(photos.read_image(content)), shipped.mean, shipped.std
    )
    (label, share), *_ = verdict.top(1)
    text = " ".join([*texts(at), *(line.value for line in at.info)])
    assert TEXT("photo.class", name=CLASSES[label], percent=f"{100 * share:.1f}") in text
    sentence = TEXT("photo.likely", name=CLASSES[label], percent=f"{100 * share:.1f}")
    assert (sentence in [line.value for line in at.info]) == verdict.likely
    assert not at.success  # green would read as "right"
    assert data_of(at, "evaluation.photo.seen")["sheet"] != data_of(at, "evaluation.photo.square")["sheet"]
    assert "validation images where its confidence was" in text


def test_a_photo_lies_upright() -> None:
    picture = photos.read_image(rotated())
    assert picture.size == (80, 120) and picture.getpixel((40, 10))[1] > 100 > picture.getpixel((40, 10))[2]
    assert photos.square(picture, 256).shape == (1, 3, 256, 256)
    assert photos.read_image(transparent()).getpixel((0, 0)) == (255, 255, 255)


def test_it_says_so_when_no_class_is_likely(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    from pages.panels.evaluation import own_photo

    monkeypatch.setattr("core.evaluation.answer.LIKELY", 1.0)
    monkeypatch.setattr(own_photo, "LIKELY", 1.0)
    at = uploaded(rotated())
    assert any(line.value.startswith("No class is likely: none gets more than 100%") for line in at.warning)
    assert not any("The network says" in line.value for line in at.info)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("content", "key"),
    [(b"", "photo_empty"), (rotated()[:300], "photo_damaged"), (b"<svg onload=alert(1)>", "photo_format")],
)
def test_what_is_no_photo_is_one_sentence(lab: Lab, content: bytes, key: str, language: str) -> None:
    at = uploaded(content, language)
    formats = {"en": ", ", "zh": "、"}[language].join(photos.FORMATS)
    assert errors(at) == [words("errors", language)(key, formats=formats)]
    assert not shows(at, "evaluation.photo.seen")


def test_a_refused_file_takes_the_picture_before_away(lab: Lab) -> None:
    at = uploaded(rotated())
    assert shows(at, "evaluation.photo.chart")
    file = at.file_uploader(key="evaluation.file")
    assert not file.proto.type  # a type that the browser refuses would never reach the server
    healthy(file.upload("mine.svg", b"<svg/>", "image/svg+xml").run())
    assert len(errors(at)) == 1 and not shows(at, "evaluation.photo.chart")
    at.query_params["layers.source"] = "upload"
    healthy(at.switch_page("pages/layers.py").run())
    assert not shows(at, "layers.picture")


def test_a_photo_needs_no_data_set(lab: Lab) -> None:
    at = visit("evaluation", evaluation__run="shipped-cifar-10")  # CIFAR-10 isn't on this machine
    assert SHARED("picture.none") in [info.value for info in at.info]
    at = healthy(at.file_uploader(key="evaluation.file").upload("mine.jpg", rotated(), "image/jpeg").run())
    assert shows(
        at, "evaluation.photo.chart"
    ) and "validation images where its confidence was" not in " ".join(texts(at))


def test_the_camera_is_a_source_too(lab: Lab) -> None:
    at = visit(
        "evaluation",
        evaluation__run="shipped",
        evaluation__tab__open="photo",
        evaluation__photo__source="camera",
    )
    assert SHARED("picture.camera.none") in [info.value for info in at.info]


def test_a_photo_goes_along_to_the_other_pages_until_it_is_taken_away(lab: Lab) -> None:
    at = uploaded(rotated())
    seen = data_of(at, "evaluation.photo.seen")["sheet"]
    at.query_params["layers.source"] = "upload"
    healthy(at.switch_page("pages/layers.py").run())
    assert data_of(at, "layers.picture")["sheet"] == seen
    healthy(at.file_uploader(key="layers.file").upload("other.png", transparent(), "image/png").run())
    assert data_of(at, "layers.picture")["sheet"] != seen
    healthy(at.file_uploader(key="layers.file").clear().run())
    assert SHARED("picture.none") in [info.value for info in at.info] and not shows(at, "layers.picture")
