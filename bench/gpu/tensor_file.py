"""Tensors in safetensors files, as far as the comparison needs them; docs/checkpoints.md has the format."""
import json

import torch

_TYPES = {"F32": torch.float32, "F64": torch.float64, "I64": torch.int64}
_NAMES = {dtype: name for name, dtype in _TYPES.items()}


def load(path):
    """All tensors of a file, by name."""
    with open(path, "rb") as file:
        raw = bytearray(file.read())
    start = 8 + int.from_bytes(raw[:8], "little")
    tensors = {}
    for name, entry in json.loads(raw[8:start]).items():
        if name == "__metadata__":
            continue
        shape = torch.Size(entry["shape"])
        offset = start + entry["data_offsets"][0]
        tensor = torch.frombuffer(raw, dtype=_TYPES[entry["dtype"]], offset=offset,
                                  count=shape.numel())
        tensors[name] = tensor.reshape(shape)
    return tensors


def save(tensors, path):
    """Writes them row-major, in an order in which all are aligned."""
    ordered = sorted(tensors.items(), key=lambda item: (-item[1].element_size(), item[0]))
    header, blocks, offset = {}, [], 0
    for name, tensor in ordered:
        block = tensor.detach().cpu().contiguous().numpy().tobytes()
        header[name] = {"dtype": _NAMES[tensor.dtype], "shape": list(tensor.shape),
                        "data_offsets": [offset, offset + len(block)]}
        blocks.append(block)
        offset += len(block)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text + b"".join(blocks))
