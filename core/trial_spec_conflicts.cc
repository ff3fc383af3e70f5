// Rules between the fields of a trial spec.
#include <algorithm>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/dataset_table.h"
#include "core/skip_conflicts.h"
#include "core/trial_spec_fields.h"

namespace adares {
namespace {

constexpr int64_t kCifarDepths[] = {8, 14, 20, 32, 44, 56};
constexpr int64_t kPaperDepth = 18;
constexpr int64_t kFewestTrainingExamples = 2;  // batch norm has no variance over one

std::optional<TrialSpecConflict> DepthConflict(const ModelSpec& model) {
  std::string depths;
  if (model.family == Family::kCifar) {
    if (std::count(std::begin(kCifarDepths), std::end(kCifarDepths), model.depth) > 0) return {};
    depths = absl::StrCat("one of ", absl::StrJoin(kCifarDepths, ", "));
  } else {
    if (model.depth == kPaperDepth) return {};
    depths = absl::StrCat(kPaperDepth);
  }
  return TrialSpecConflict{
      absl::StrCat("family ", std::string(Name(model.family)), " has no network of depth ",
                   model.depth, "; model.depth must be ", depths),
      {"model.depth", "model.family"}};
}

std::optional<TrialSpecConflict> AugmentConflict(const DataSpec& data) {
  const bool mirrors = data.augment == Augment::kFlip || data.augment == Augment::kCropFlip;
  if (!mirrors || data.dataset == Dataset::kCifar10) return {};
  return TrialSpecConflict{
      absl::StrCat("data.augment ", std::string(Name(data.augment)),
                   " mirrors pictures, and a mirrored picture of ", std::string(Name(data.dataset)),
                   " may belong to another class; take ",
                   data.augment == Augment::kFlip ? "none" : "crop", ", or the dataset cifar10"),
      {"data.augment", "data.dataset"}};
}

// What is trained on: the size asked for, or what validation leaves; it may be impossible.
int64_t TrainingExamples(const DataSpec& data) {
  if (data.train_size > 0) return data.train_size;
  return SizeOfDataset(data.dataset).train - data.validation_size;
}

std::optional<TrialSpecConflict> TrainSizeConflict(const DataSpec& data) {
  const int64_t published = SizeOfDataset(data.dataset).train;
  const std::string of_published =
      absl::StrCat(published, " training examples of ", std::string(Name(data.dataset)));
  if (data.train_size == 0 && TrainingExamples(data) < kFewestTrainingExamples) {
    return TrialSpecConflict{
        absl::StrCat("data.validation_size ", data.validation_size, " leaves fewer than ",
                     kFewestTrainingExamples, " of the ", of_published, "; hold out at most ",
                     published - kFewestTrainingExamples),
        {"data.validation_size", "data.dataset"}};
  }
  if (TrainingExamples(data) < kFewestTrainingExamples) {
    return TrialSpecConflict{
        absl::StrCat("data.train_size ", data.train_size, " is too little to train on; take ",
                     kFewestTrainingExamples, " or more, or 0 for all"),
        {"data.train_size"}};
  }
  if (TrainingExamples(data) + data.validation_size <= published) return {};
  return TrialSpecConflict{
      absl::StrCat("data.train_size ", data.train_size, " and data.validation_size ",
                   data.validation_size, " together need more than the ", of_published,
                   "; take fewer"),
      {"data.train_size", "data.validation_size", "data.dataset"}};
}

std::optional<TrialSpecConflict> TestSizeConflict(const DataSpec& data) {
  const int64_t published = SizeOfDataset(data.dataset).test;
  if (data.test_size <= published) return {};
  return TrialSpecConflict{
      absl::StrCat("data.test_size ", data.test_size, " is more than the ", published,
                   " test examples of ", std::string(Name(data.dataset)),
                   "; take fewer, or 0 for all"),
      {"data.test_size", "data.dataset"}};
}

// To be asked once the sizes are known to be possible.
std::optional<TrialSpecConflict> BatchConflict(const TrialSpec& spec) {
  if (spec.model.family == Family::kPaper && spec.train.batch_size == 1) {
    return TrialSpecConflict{
        "family paper ends in one pixel, where batch norm needs two pictures; train.batch_size "
        "must be at least 2",
        {"train.batch_size", "model.family"}};
  }
  const int64_t examples = TrainingExamples(spec.data);
  if (spec.train.batch_size <= examples) return {};
  const bool is_rest = spec.data.train_size == 0;
  return TrialSpecConflict{
      absl::StrCat("train.batch_size ", spec.train.batch_size, " is larger than ",
                   is_rest ? "what validation leaves to train on, " : "data.train_size ", examples,
                   "; there would be no whole batch"),
      {"train.batch_size", is_rest ? "data.validation_size" : "data.train_size"}};
}

}  // namespace

std::optional<TrialSpecConflict> FindConflict(const TrialSpec& spec) {
  if (auto conflict = DepthConflict(spec.model)) return conflict;
  if (auto conflict = FindSkipConflict(spec)) return conflict;
  if (auto conflict = AugmentConflict(spec.data)) return conflict;
  if (auto conflict = TrainSizeConflict(spec.data)) return conflict;
  if (auto conflict = TestSizeConflict(spec.data)) return conflict;
  return BatchConflict(spec);
}

}  // namespace adares
