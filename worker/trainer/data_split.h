// Which pictures of a data set a trial uses for what. Thread-safe: pure functions.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "core/trial_spec.h"
#include "worker/trainer/image_set.h"

namespace adares {

// Training and validation are disjoint parts of the training set.
struct DataSplit {
  std::vector<uint32_t> train;       // indices into the training set, rising
  std::vector<uint32_t> validation;  // indices into the training set, rising; may be empty
  std::vector<uint32_t> test;        // indices into the test set, the first ones
  // Of all pictures of the training set. data.label_noise made `noisy_labels` of those to train on
  // wrong.
  std::vector<uint16_t> train_labels;
  int64_t noisy_labels = 0;
};

// Divides by the trial's seed, the same on every machine. Each class has in both parts its share of
// the training set by the method of largest remainders; equal remainders are rounded up for classes
// by the seed. The validation part takes pictures from the front of each class's order, the
// training part from its end. So a smaller part consists of pictures of the larger one where the
// classes are of one size, or with at most one picture of each class exchanged; and what is trained
// on hangs on what is held out only as far as the two meet, and by at most one picture of each
// class where the classes are of other sizes without it.
//
// Wrong labels have a random stream of their own and are drawn from the other classes alike. With a
// larger share of them, those of a smaller share stay.
//
// INVALID_ARGUMENT naming the numbers where the wanted sizes do not fit the data set.
absl::StatusOr<DataSplit> SplitData(const TrialSpec& spec, const ImageData& data);

// The data as the trial sees them: with the split's labels, which must outlive the result, and
// with statistics that leave pixels in 0..1 where the trial does not normalise.
ImageData DataOfTrial(const DataSpec& spec, const DataSplit& split, ImageData data);

}  // namespace adares
