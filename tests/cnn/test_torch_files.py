"""Tensors are read from a file as PyTorch writes it, and a pickle that names more does nothing."""

import hashlib
import pickle
import pickletools
import struct
import sys
import types
from collections import OrderedDict

import numpy as np
import pytest

from hybrid_wbc.cnn.torch_files import read_tensors
from hybrid_wbc.errors import InputError

MAGIC = 0x1950A86A20F9469CFC6C
INFO = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"int": 4}}


class Storage:
    def __init__(self, key, count):
        self.key, self.count = key, count


class Tensor:
    """Pickled as PyTorch pickles one of its own."""

    def __init__(self, key, offset, shape, strides, count):
        self.storage, self.place = Storage(key, count), (offset, shape, strides)

    def __reduce__(self):
        rebuild = sys.modules["torch._utils"]._rebuild_tensor_v2
        return rebuild, (self.storage, *self.place, False, OrderedDict())


class Pickler(pickle.Pickler):
    def persistent_id(self, thing):
        if isinstance(thing, Storage):
            kind = sys.modules["torch"].FloatStorage
            return "storage", kind, thing.key, "cpu", thing.count, None
        return None


@pytest.fixture
def write(monkeypatch, tmp_path):
    """Write a file as PyTorch does; the names that it pickles are there only meanwhile."""

    def written(tensors, numbers, *, magic=MAGIC):
        torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
        torch.FloatStorage = type("FloatStorage", (), {"__module__": "torch"})

        def _rebuild_tensor_v2():
            raise AssertionError("nothing that a file names is called")

        _rebuild_tensor_v2.__module__ = "torch._utils"
        _rebuild_tensor_v2.__qualname__ = "_rebuild_tensor_v2"
        utils._rebuild_tensor_v2 = _rebuild_tensor_v2
        path = tmp_path / "tensors.pth"
        with monkeypatch.context() as names, path.open("wb") as file:
            names.setitem(sys.modules, "torch", torch)
            names.setitem(sys.modules, "torch._utils", utils)
            for part in (magic, 1001, INFO, tensors, sorted(numbers)):
                Pickler(file, protocol=2).dump(part)
            for key in sorted(numbers):
                file.write(struct.pack("<q", len(numbers[key])))
                file.write(np.asarray(numbers[key], "<f4").tobytes())
        return path

    return written


def test_tensors_come_out_in_their_own_order_of_axes(write):
    tensors = OrderedDict(
        whole=Tensor("1", 0, (2, 3), (3, 1), 6), turned=Tensor("1", 0, (3, 2), (1, 3), 6),
        part=Tensor("1", 4, (2,), (1,), 6), number=Tensor("0", 0, (), (), 1),
    )  # fmt: skip
    read = read_tensors(write(tensors, {"0": [7], "1": range(6)}))
    assert list(read) == list(tensors)
    assert read["whole"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert read["turned"].tolist() == [[0, 3], [1, 4], [2, 5]]
    assert read["part"].tolist() == [4, 5]
    assert read["number"] == 7
    assert read["whole"].dtype == np.float32


class Hostile:
    """What a pickle may hold: at loading Python calls what it names."""

    def __init__(self, call, *arguments):
        self.call, self.arguments = call, arguments

    def __reduce__(self):
        return self.call, self.arguments


@pytest.mark.parametrize("where", ["tensors", "magic"])
def test_a_hostile_pickle_does_nothing_and_is_refused_in_one_line(where, write, tmp_path):
    touched = tmp_path / "touched"
    hostile = Hostile(open, str(touched), "w")
    parts = {"tensors": {}, "magic": MAGIC} | {where: hostile}
    path = write(parts["tensors"], {}, magic=parts["magic"])
    assert any(
        "open" in str(argument) for _, argument, _ in pickletools.genops(pickle.dumps(hostile))
    )
    with pytest.raises(InputError) as refused:
        read_tensors(path)
    assert not touched.exists()
    message = str(refused.value)
    assert message.startswith(f"{path}: cannot be read as a file of tensors: it names ")
    assert message.endswith(".open") and "\n" not in message


@pytest.mark.parametrize(
    "tensor",
    [
        Tensor("0", 0, (7,), (1,), 6),
        Tensor("0", 5, (2,), (1,), 6),
        Tensor("0", 0, (2, 3), (4, 1), 6),
        Tensor("0", 0, (2,), (-1,), 6),
        Tensor("0", -1, (2,), (1,), 6),
    ],
)
def test_a_tensor_that_reaches_beyond_its_numbers_is_refused(tensor, write):
    with pytest.raises(InputError, match="reaches beyond its numbers"):
        read_tensors(write({"weight": tensor}, {"0": range(6)}))


def test_a_file_of_another_checksum_is_refused_before_it_is_read(write, tmp_path):
    touched = tmp_path / "touched"
    path = write({"weight": Hostile(open, str(touched), "w")}, {})
    with pytest.raises(InputError, match=r"tensors\.pth: is not the file that was published"):
        read_tensors(path, "0" * 64)
    assert not touched.exists()


def test_the_right_checksum_is_let_through(write):
    path = write({"weight": Tensor("0", 0, (2,), (1,), 2)}, {"0": [1, 2]})
    checksum = hashlib.sha256(path.read_bytes()).hexdigest()
    assert read_tensors(path, checksum)["weight"].tolist() == [1, 2]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 a zip", pickle.dumps(1) * 5])
def test_another_kind_of_file_is_refused_by_name(content, tmp_path):
    path = tmp_path / "other.pth"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"other\.pth: cannot be read as a file of tensors"):
        read_tensors(path)


def test_a_file_that_ends_early_is_refused(write):
    path = write({"weight": Tensor("0", 0, (6,), (1,), 6)}, {"0": range(6)})
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(InputError, match="cannot be read as a file of tensors"):
        read_tensors(path)
