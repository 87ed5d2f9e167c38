"""The shapes of ResNet-50's 161 learnt arrays (He et al. 2015, with 1000 classes), in layer order."""

from math import prod

BLOCKS = [(64, 3), (128, 4), (256, 6), (512, 3)]  # width of the bottleneck, number of blocks
EXPANSION = 4


def convolution(outputs, inputs, kernel):
    """A convolution without bias, and the scale and shift of the batch normalisation after it."""
    return [(outputs, inputs, kernel, kernel), (outputs,), (outputs,)]


def shapes():
    found = convolution(64, 3, 7)
    inputs = 64
    for width, blocks in BLOCKS:
        for block in range(blocks):
            found += convolution(width, inputs, 1)
            found += convolution(width, width, 3)
            found += convolution(width * EXPANSION, width, 1)
            if block == 0:
                found += convolution(width * EXPANSION, inputs, 1)
            inputs = width * EXPANSION
    return found + [(1000, inputs), (1000,)]


def sizes():
    return [prod(shape) for shape in shapes()]
