"""The networks of the speed comparison in plain PyTorch, written from their descriptions.

`paper18` and `paper50` are those of the paper (docs/trainer.md, "Networks"): one learned skip weight for
each block in y = relu(F(x) + w x), Keras' padding, convolutions with biases, Keras' batch norm.
`resnet18` and `resnet50` are He et al.'s with a 3x3 stem for small pictures, without skip weights.
"""
import torch
from torch import nn
from torch.nn import functional as F

CLASSES = 10


class SameConv(nn.Module):
    """A convolution with the padding `same` of Keras: the odd row is behind."""

    def __init__(self, inside, outside, kernel, stride):
        super().__init__()
        self.kernel, self.stride = kernel, stride
        self.conv = nn.Conv2d(inside, outside, kernel, stride)

    def forward(self, x):
        pads = []
        for size in (x.shape[3], x.shape[2]):
            out = -(-size // self.stride)
            total = max((out - 1) * self.stride + self.kernel - size, 0)
            pads += [total // 2, total - total // 2]
        return self.conv(F.pad(x, pads))


class Block(nn.Module):
    """y = relu(path(x) + w * side(x)); w is learned, or absent."""

    def __init__(self, path, side, weighted):
        super().__init__()
        self.path, self.side = path, side
        self.weight = nn.Parameter(torch.ones(())) if weighted else None

    def forward(self, x):
        side = x if self.side is None else self.side(x)
        return torch.relu(self.path(x) + (side if self.weight is None else self.weight * side))


def conv(inside, outside, kernel, stride, bias):
    return nn.Conv2d(inside, outside, kernel, stride, kernel // 2, bias=bias)


def same_pad_pool(x):
    total = [max((-(-size // 2) - 1) * 2 + 3 - size, 0) for size in (x.shape[3], x.shape[2])]
    pads = [half for t in total for half in (t // 2, t - t // 2)]
    return F.max_pool2d(F.pad(x, pads, value=float("-inf")), 3, 2)


class Paper18(nn.Module):
    def __init__(self):
        super().__init__()
        norm = lambda channels: nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)
        self.stem = nn.Sequential(SameConv(3, 64, 7, 2), norm(64), nn.ReLU())
        blocks, inside = [], 64
        for width in (64, 128, 256, 512):
            for stride in (2, 1):
                path = nn.Sequential(SameConv(inside, width, 3, stride), norm(width), nn.ReLU(),
                                     SameConv(width, width, 3, 1), norm(width))
                side = (nn.Sequential(SameConv(inside, width, 1, stride), norm(width))
                        if stride == 2 else None)
                blocks.append(Block(path, side, weighted=True))
                inside = width
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Linear(512, CLASSES)

    def forward(self, x):
        return self.head(self.blocks(same_pad_pool(self.stem(x))).mean((2, 3)))


class Bottlenecks(nn.Module):
    """ResNet-50: Keras' with skip weights, or He et al.'s with a 3x3 stem."""

    def __init__(self, paper):
        super().__init__()
        norm = ((lambda channels: nn.BatchNorm2d(channels, eps=1.001e-5, momentum=0.01)) if paper
                else nn.BatchNorm2d)
        if paper:
            self.stem = nn.Sequential(nn.ZeroPad2d(3), nn.Conv2d(3, 64, 7, 2), norm(64), nn.ReLU(),
                                      nn.ZeroPad2d(1), nn.MaxPool2d(3, 2))
        else:
            self.stem = nn.Sequential(conv(3, 64, 3, 1, False), norm(64), nn.ReLU())
        blocks, inside = [], 64
        for width, count, first in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
            for i in range(count):
                stride = first if i == 0 else 1
                strides = (stride, 1) if paper else (1, stride)
                path = nn.Sequential(
                    conv(inside, width, 1, strides[0], paper), norm(width), nn.ReLU(),
                    conv(width, width, 3, strides[1], paper), norm(width), nn.ReLU(),
                    conv(width, 4 * width, 1, 1, paper), norm(4 * width))
                side = (nn.Sequential(conv(inside, 4 * width, 1, stride, paper), norm(4 * width))
                        if i == 0 else None)
                blocks.append(Block(path, side, weighted=paper))
                inside = 4 * width
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Linear(2048, CLASSES)

    def forward(self, x):
        return self.head(self.blocks(self.stem(x)).mean((2, 3)))


class ResNet18(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(conv(3, 64, 3, 1, False), nn.BatchNorm2d(64), nn.ReLU())
        blocks, inside = [], 64
        for width, first in ((64, 1), (128, 2), (256, 2), (512, 2)):
            for stride in (first, 1):
                path = nn.Sequential(
                    conv(inside, width, 3, stride, False), nn.BatchNorm2d(width), nn.ReLU(),
                    conv(width, width, 3, 1, False), nn.BatchNorm2d(width))
                side = (nn.Sequential(conv(inside, width, 1, stride, False), nn.BatchNorm2d(width))
                        if inside != width else None)
                blocks.append(Block(path, side, weighted=False))
                inside = width
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Linear(512, CLASSES)

    def forward(self, x):
        return self.head(self.blocks(self.stem(x)).mean((2, 3)))


NETWORKS = {"paper18": Paper18, "paper50": lambda: Bottlenecks(paper=True), "resnet18": ResNet18,
            "resnet50": lambda: Bottlenecks(paper=False)}
# Trainable parameters, 10 classes, as docs/trainer.md and the trainer have them.
PARAMETERS = {"paper18": 11_190_738, "paper50": 23_555_098, "resnet18": 11_173_962,
              "resnet50": 23_520_842}
