// Augmentation, folders and sizes.
#include "core/data_conflicts.h"

#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"

namespace adares {
namespace {

constexpr int64_t kFewestTrainingExamples = 2;  // batch norm has no variance over one

// A mirrored digit or texture may belong to another class. Whoever names a folder knows what is in
// it.
bool MirrorsKeepClasses(Dataset dataset) {
  return dataset != Dataset::kMnist && dataset != Dataset::kSynthetic;
}

std::optional<TrialSpecConflict> AugmentConflict(const DataSpec& data) {
  const bool mirrors = data.augment == Augment::kFlip || data.augment == Augment::kCropFlip;
  if (!mirrors || MirrorsKeepClasses(data.dataset)) return {};
  return TrialSpecConflict{
      absl::StrCat("data.augment ", std::string(Name(data.augment)),
                   " mirrors pictures, and a mirrored picture of ", std::string(Name(data.dataset)),
                   " may belong to another class; take ",
                   data.augment == Augment::kFlip ? "none" : "crop", ", or another dataset"),
      {"data.augment", "data.dataset"}};
}

std::optional<TrialSpecConflict> FolderConflict(const DataSpec& data) {
  if ((data.dataset == Dataset::kFolder) == !data.folder.empty()) return {};
  if (data.folder.empty()) {
    return TrialSpecConflict{
        "data.dataset folder needs data.folder, the name of a folder below the folder of data sets",
        {"data.dataset"}};
  }
  return TrialSpecConflict{
      absl::StrCat("data.folder is for data.dataset folder, and ", std::string(Name(data.dataset)),
                   " has a place of its own; leave one of them out"),
      {"data.folder", "data.dataset"}};
}

std::optional<TrialSpecConflict> FractionConflict(const DataSpec& data) {
  if (data.train_size == 0 || data.train_fraction == 1) return {};
  return TrialSpecConflict{
      "data.train_size and data.train_fraction both say how much to train on; leave one of them "
      "out",
      {"data.train_fraction", "data.train_size"}};
}

std::optional<TrialSpecConflict> TrainSizeConflict(const DataSpec& data, int64_t available) {
  const std::string of_available =
      absl::StrCat(available, " training examples of ", std::string(Name(data.dataset)));
  const int64_t examples = TrainingExamples(data, available);
  if (data.train_size > 0 && examples < kFewestTrainingExamples) {
    return TrialSpecConflict{
        absl::StrCat("data.train_size ", data.train_size, " is too little to train on; take ",
                     kFewestTrainingExamples, " or more, or 0 for all"),
        {"data.train_size"}};
  }
  if (examples < kFewestTrainingExamples && data.train_fraction < 1) {
    return TrialSpecConflict{
        absl::StrCat("data.train_fraction and data.validation_size ", data.validation_size,
                     " leave fewer than ", kFewestTrainingExamples, " of the ", of_available,
                     "; take a larger share, or hold out less"),
        {"data.train_fraction", "data.validation_size", "data.dataset"}};
  }
  if (examples < kFewestTrainingExamples) {
    return TrialSpecConflict{
        absl::StrCat("data.validation_size ", data.validation_size, " leaves fewer than ",
                     kFewestTrainingExamples, " of the ", of_available, "; hold out at most ",
                     available - kFewestTrainingExamples),
        {"data.validation_size", "data.dataset"}};
  }
  if (examples + data.validation_size <= available) return {};
  return TrialSpecConflict{
      absl::StrCat("data.train_size ", data.train_size, " and data.validation_size ",
                   data.validation_size, " together need more than the ", of_available,
                   "; take fewer"),
      {"data.train_size", "data.validation_size", "data.dataset"}};
}

std::optional<TrialSpecConflict> TestSizeConflict(const DataSpec& data, int64_t available) {
  if (data.test_size <= available) return {};
  return TrialSpecConflict{
      absl::StrCat("data.test_size ", data.test_size, " is more than the ", available,
                   " test examples of ", std::string(Name(data.dataset)),
                   "; take fewer, or 0 for all"),
      {"data.test_size", "data.dataset"}};
}

// To be asked once the sizes are known to be possible.
std::optional<TrialSpecConflict> BatchConflict(const TrialSpec& spec, int64_t available) {
  const int64_t examples = TrainingExamples(spec.data, available);
  if (spec.train.batch_size <= examples) return {};
  const bool is_rest = spec.data.train_size == 0;
  return TrialSpecConflict{
      absl::StrCat("train.batch_size ", spec.train.batch_size, " is larger than ",
                   is_rest ? "what is left to train on, " : "data.train_size ", examples,
                   "; there would be no whole batch"),
      {"train.batch_size", is_rest ? "data.validation_size" : "data.train_size"}};
}

}  // namespace

int64_t TrainingExamples(const DataSpec& data, int64_t available) {
  if (data.train_size > 0) return data.train_size;
  // 0.29 of 100 is 29, though the nearest double of 0.29 is less than that.
  constexpr double kRoundOff = 1e-6;
  const double share = static_cast<double>(available - data.validation_size) * data.train_fraction;
  return static_cast<int64_t>(std::floor(share + kRoundOff));
}

std::optional<TrialSpecConflict> FindSizeConflict(const TrialSpec& spec, const PartSize& size) {
  if (auto conflict = TrainSizeConflict(spec.data, size.train)) return conflict;
  if (auto conflict = TestSizeConflict(spec.data, size.test)) return conflict;
  return BatchConflict(spec, size.train);
}

std::optional<TrialSpecConflict> FindDataConflict(const TrialSpec& spec) {
  if (auto conflict = AugmentConflict(spec.data)) return conflict;
  if (auto conflict = FolderConflict(spec.data)) return conflict;
  if (auto conflict = FractionConflict(spec.data)) return conflict;
  const std::optional<PartSize> size = SizeOfDataset(spec.data.dataset);
  return size ? FindSizeConflict(spec, *size) : std::nullopt;
}

}  // namespace adares
