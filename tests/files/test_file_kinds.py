"""core.files.file_kinds: files that hold no state_dict are named for what they are, with what to do."""

import bz2
import gzip
import io
import lzma
import pickle
import tarfile
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from core.errors import InputError
from core.files.state_dict import MAX_BYTES, load_state_dict, load_wrapped
from core.lenet import LeNet
from tests.files.test_state_dict import STATE, saved
from tests.files.test_state_dict_hostile import archived, peak_of

PT, ST = saved(STATE), safetensors.torch.save(dict(STATE))


def tar(*names: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(name))
    return buffer.getvalue()


def numpys(save: Callable[..., None], *arrays: object, **named: object) -> bytes:
    buffer = io.BytesIO()
    save(buffer, *arrays, **named)
    return buffer.getvalue()


def script() -> bytes:
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.script(LeNet()), buffer)
    return buffer.getvalue()


def exported() -> bytes:
    """Names in a file of torch.export.save; making a real one takes seconds."""
    members = ["archive_format", "archive_version", "models/model.json", "data/weights/weight_0", "byteorder"]
    return archived([(f"net/{name}", b"") for name in members])


KINDS: dict[str, tuple[bytes, str, str]] = {
    "Git LFS": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n",
        "weights_lfs",
        "git lfs pull",
    ),
    "HTML": (b"\xef\xbb\xbf\n <!-- page -->\n<HTML lang=en><body>", "weights_html", "HTML"),
    "HTML 5": (b"<!doctype html><title>Sign in</title>", "weights_html", "HTML"),
    "XML": (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "weights_html", "HTML"),
    "torch.export": (exported(), "weights_exported", "torch.export"),
    "torch.export before 2.7": (
        archived([("serialized_exported_program.json", b"{}"), ("serialized_state_dict.pt", b"")]),
        "weights_exported",
        "torch.export",
    ),
    "torch.package": (archived([("net/.data/extern_modules", b"")]), "weights_package", "torch.package"),
    "npz": (numpys(np.savez_compressed, a=np.ones(3)), "weights_numpy_file", "numpy"),
    "npy": (numpys(np.save, np.ones(3)), "weights_numpy_file", "numpy"),
    "Keras": (
        archived([(name, b"") for name in ("metadata.json", "config.json", "model.weights.h5")]),
        "weights_elsewhere",
        "Keras",
    ),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(100), "weights_elsewhere", "Keras"),
    "ONNX": (b"\x08\x08\x12\x07pytorch\x1a\x032.1" + bytes(100), "weights_elsewhere", "ONNX"),
    "ONNX without a producer": (b"\x08\x09\x3a\x90\x01" + bytes(100), "weights_elsewhere", "ONNX"),
    "Core ML": (b"\x08\x05\x12\x30\x0a\x10" + bytes(100), "weights_no_format", "neither"),
    "empty zip": (b"PK\x03\x04" + bytes(100) + b"PK\x05\x06" + bytes(18), "weights_damaged", "data.pkl"),
    "SavedModel": (b"\x08\x01\x12\x80\x02" + bytes(100), "weights_elsewhere", "TensorFlow"),
    "TensorFlow's index": (
        bytes(100) + b"\x57\xfb\x80\x8b\x24\x75\x47\xdb",
        "weights_elsewhere",
        "TensorFlow",
    ),
    "TensorFlow's list": (b'model_checkpoint_path: "model-5"\n', "weights_elsewhere", "TensorFlow"),
    "TensorFlow Lite": (b"\x1c\0\0\0TFL3" + bytes(100), "weights_elsewhere", "TensorFlow Lite"),
    "gzip": (gzip.compress(PT), "weights_packed", "gzip"),
    "bzip2": (bz2.compress(PT), "weights_packed", "bzip2"),
    "xz": (lzma.compress(PT), "weights_packed", "xz"),
    "tar": (tar("lenet.pt"), "weights_packed", "tar"),
    "tar before 0.4": (tar("sys_info", "pickle", "tensors", "storages"), "weights_tar", "0.4"),
    "cut before 1.6": (saved(STATE, _use_new_zipfile_serialization=False)[:-1], "weights_cut_off", "cut off"),
    "zip of several": (
        archived([("runs/lenet.pt", PT), ("__MACOSX/x", b""), ("notes.txt", b"")], zipfile.ZIP_DEFLATED),
        "weights_zip",
        "runs/lenet.pt, notes.txt",
    ),
    "pickle": (pickle.dumps({"a": [1]}), "weights_pickle", "pickle"),
    "pickle of protocol 0": (pickle.dumps({"a": 1}, 0), "weights_pickle", "pickle"),
    "pickled state_dict": (pickle.dumps(OrderedDict(STATE)), "weights_pickle", "OrderedDict"),
    "pickled model": (
        b"\x80\x04\x95\x20\0\0\0\0\0\0\0\x8c\x14sklearn.linear_model\x8c\x05Lasso\x93.",
        "weights_pickle",
        "sklearn.linear_model.Lasso",
    ),
    "pickled model of Python 2": (b"csklearn.svm.classes\nSVC\np0\n.", "weights_pickle", "sklearn.svm"),
    "pickle that runs": (b"cos\nsystem\n(S'true'\ntR.", "weights_code", "os.system"),
    "cut .pt": (PT[:120_000], "weights_cut_off", "120000"),
    "cut by a byte": (PT[:-1], "weights_cut_off", "cut off"),
    "cut .safetensors": (ST[:-1], "weights_cut_off", "cut off"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_named(kind: str) -> None:
    data, key, word = KINDS[kind]
    with pytest.raises(InputError) as error:
        load_wrapped(data)
    assert error.value.key == key and word in str(error.value) and word.isascii()
    assert ("would run code" in str(error.value)) == (key == "weights_code")
    assert error.value.sentence("zh") and len(str(error.value)) < 400


@pytest.mark.filterwarnings("ignore:.*torch.jit.* is deprecated")
def test_torchscript_is_named() -> None:
    with pytest.raises(InputError, match=r"TorchScript .*torch\.jit\.load\(…\)\.state_dict\(\)") as error:
        load_wrapped(script())
    assert "TorchScript" in error.value.sentence("zh")


@pytest.mark.parametrize("name", ["lenet.ckpt", "lenet.pth.tar", "pytorch_model.bin", "lenet"])
def test_the_content_decides_not_the_name(name: str, tmp_path: Path) -> None:
    for data in (PT, ST):
        (tmp_path / name).write_bytes(data)
        assert load_state_dict(tmp_path / name).keys() == STATE.keys()


def test_a_file_with_something_behind_it_is_damaged_not_cut_off() -> None:
    with pytest.raises(InputError) as error:
        load_wrapped(ST + bytes(4))
    assert error.value.key == "weights_damaged"


def test_a_tar_of_nothing_but_beginnings_costs_little() -> None:
    data = (bytes(257) + b"ustar").ljust(512, b"\0") * (MAX_BYTES // 512)

    def read() -> None:
        with pytest.raises(InputError):
            load_wrapped(data)

    assert peak_of(read) < 2**20
