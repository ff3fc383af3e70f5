// The built-in data set: pictures of oriented textures, so that everything runs with no files at
// all.
#pragma once

#include "core/dataset_table.h"
#include "worker/trainer/decoded_images.h"

namespace adares {

// Makes 3x32x32 pictures of ten classes, as many of each (label = index mod 10). A picture shows a
// grating in a soft window; the class is the grating's orientation (five) and period (two). Phase,
// place, colour, contrast, a weaker grating of another orientation and noise are random, so that no
// linear function of the pixels separates the classes. Integer arithmetic only: the same bytes on
// every machine. Thread-safe.
DecodedData MakeSynthetic(PartSize size = kSyntheticSize);

}  // namespace adares
