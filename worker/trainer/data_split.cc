// The seeded division into training, validation and test, and wrong labels.
#include "worker/trainer/data_split.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "core/data_conflicts.h"
#include "worker/trainer/random.h"

namespace adares {
namespace {

// Of the split's stream; the classes' own begin at 1.
constexpr uint64_t kRoundingIndex = 0;

uint64_t Seed(const TrialSpec& spec) { return static_cast<uint64_t>(spec.seed); }

// The pictures of each class in random order. One stream a class, so that the order of one does not
// hang on the others.
std::vector<std::vector<uint32_t>> ShuffledClasses(const TrialSpec& spec, const ImageData& data) {
  std::vector<std::vector<uint32_t>> classes(static_cast<size_t>(data.classes));
  for (uint32_t i = 0; i < data.train.labels.size(); ++i) {
    classes[data.train.labels[i]].push_back(i);
  }
  for (size_t c = 0; c < classes.size(); ++c) {
    Random random(Seed(spec), RandomStream::kSplit, c + 1);
    std::vector<uint32_t> shuffled;
    for (const uint32_t place : Permutation(static_cast<uint32_t>(classes[c].size()), random)) {
      shuffled.push_back(classes[c][place]);
    }
    classes[c] = std::move(shuffled);
  }
  return classes;
}

// How much of `total` each class gets that has sizes[c] of the whole: the method of largest
// remainders. Of equal remainders the first in `rounding` win.
std::vector<int64_t> Shares(int64_t total, const std::vector<int64_t>& sizes,
                            const std::vector<uint32_t>& rounding) {
  const int64_t whole = std::accumulate(sizes.begin(), sizes.end(), int64_t{0});
  std::vector<int64_t> shares(sizes.size(), 0);
  if (whole == 0) return shares;
  std::vector<int64_t> remainders(sizes.size());
  int64_t left = total;
  for (size_t c = 0; c < sizes.size(); ++c) {
    shares[c] = total * sizes[c] / whole;  // both below 2^32
    remainders[c] = total * sizes[c] % whole;
    left -= shares[c];
  }
  std::vector<uint32_t> order = rounding;
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return remainders[a] > remainders[b]; });
  for (size_t i = 0; i < static_cast<size_t>(left); ++i) ++shares[order[i]];
  return shares;
}

// Takes the parts from the two ends of each class.
void DivideTrainingSet(const TrialSpec& spec, const ImageData& data, DataSplit& split) {
  const std::vector<std::vector<uint32_t>> classes = ShuffledClasses(spec, data);
  Random random(Seed(spec), RandomStream::kSplit, kRoundingIndex);
  const std::vector<uint32_t> rounding = Permutation(static_cast<uint32_t>(classes.size()), random);
  std::vector<int64_t> sizes;
  for (const auto& members : classes) sizes.push_back(std::ssize(members));
  const std::vector<int64_t> held_out = Shares(spec.data.validation_size, sizes, rounding);
  for (size_t c = 0; c < sizes.size(); ++c) sizes[c] -= held_out[c];
  const std::vector<int64_t> wanted =
      Shares(TrainingExamples(spec.data, data.train.size()), sizes, rounding);
  for (size_t c = 0; c < classes.size(); ++c) {
    split.validation.insert(split.validation.end(), classes[c].begin(),
                            classes[c].begin() + held_out[c]);
    split.train.insert(split.train.end(), classes[c].end() - wanted[c], classes[c].end());
  }
  std::sort(split.validation.begin(), split.validation.end());
  std::sort(split.train.begin(), split.train.end());
}

// Shares are written in decimals: 0.29 of 100 are 29, although the double is a little less.
int64_t RoundedDown(double share, size_t count) {
  return static_cast<int64_t>(std::floor(share * static_cast<double>(count) + 1e-6));
}

void MakeLabelsWrong(const TrialSpec& spec, int64_t classes, DataSplit& split) {
  split.noisy_labels = RoundedDown(spec.data.label_noise, split.train.size());
  Random random(Seed(spec), RandomStream::kLabelNoise);
  std::vector<uint32_t> order = split.train;
  for (size_t i = 0; i < static_cast<size_t>(split.noisy_labels); ++i) {
    std::swap(order[i], order[i + random.Below(order.size() - i)]);
    uint16_t& label = split.train_labels[order[i]];
    const auto other = static_cast<uint16_t>(random.Below(static_cast<uint64_t>(classes) - 1));
    label = other < label ? other : static_cast<uint16_t>(other + 1);
  }
}

}  // namespace

absl::StatusOr<DataSplit> SplitData(const TrialSpec& spec, const ImageData& data) {
  if (const auto conflict = FindSizeConflict(spec, {data.train.size(), data.test.size()})) {
    return absl::InvalidArgumentError(conflict->message);
  }
  DataSplit split;
  DivideTrainingSet(spec, data, split);
  split.train_labels.assign(data.train.labels.begin(), data.train.labels.end());
  MakeLabelsWrong(spec, data.classes, split);
  const int64_t test_size = spec.data.test_size;
  split.test.resize(static_cast<size_t>(test_size > 0 ? test_size : data.test.size()));
  std::iota(split.test.begin(), split.test.end(), 0u);
  return split;
}

ImageData DataOfTrial(const DataSpec& spec, const DataSplit& split, ImageData data) {
  data.train.labels = split.train_labels;
  if (!spec.normalise) data.statistics = {{0, 0, 0}, {1, 1, 1}};
  return data;
}

}  // namespace adares
