// Rules between the fields of a trial spec.
#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/trial_spec_fields.h"

namespace adares {
namespace {

constexpr int64_t kCifarDepths[] = {8, 14, 20, 32, 44, 56};
constexpr int64_t kPaperDepth = 18;

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

std::optional<TrialSpecConflict> SkipConflict(const SkipSpec& skip) {
  if (skip.granularity != Granularity::kNone || skip.init == SkipInit{}) return {};
  return TrialSpecConflict{
      "granularity none is the plain ResNet, whose skip weight is the constant 1; "
      "model.skip.init must be 1 there (leave it out, or exclude the combination)",
      {"model.skip.init", "model.skip.granularity"}};
}

std::optional<TrialSpecConflict> BatchConflict(const TrialSpec& spec) {
  if (spec.model.family == Family::kPaper && spec.train.batch_size == 1) {
    return TrialSpecConflict{
        "family paper ends in one pixel, where batch norm needs two pictures; train.batch_size "
        "must "
        "be at least 2",
        {"train.batch_size", "model.family"}};
  }
  if (spec.data.train_size == 0 || spec.train.batch_size <= spec.data.train_size) return {};
  return TrialSpecConflict{
      absl::StrCat("train.batch_size ", spec.train.batch_size, " is larger than data.train_size ",
                   spec.data.train_size, "; there would be no whole batch"),
      {"train.batch_size", "data.train_size"}};
}

// Examples in the training part of the published files; 0 where there is no such limit.
int64_t PublishedTrainingExamples(Dataset dataset) {
  switch (dataset) {
    case Dataset::kMnist:
      return 60'000;
    case Dataset::kCifar10:
      return 50'000;
    case Dataset::kSynthetic:
      break;
  }
  return 0;
}

std::optional<TrialSpecConflict> SizeConflict(const DataSpec& data) {
  const int64_t published = PublishedTrainingExamples(data.dataset);
  const int64_t wanted = std::max<int64_t>(data.train_size, 1) + data.validation_size;
  if (published == 0 || wanted <= published) return {};
  return TrialSpecConflict{
      absl::StrCat("data.train_size ", data.train_size, " and data.validation_size ",
                   data.validation_size, " need more than the ", published,
                   " training examples of ", std::string(Name(data.dataset))),
      {"data.train_size", "data.validation_size", "data.dataset"}};
}

}  // namespace

std::optional<TrialSpecConflict> FindConflict(const TrialSpec& spec) {
  if (auto conflict = DepthConflict(spec.model)) return conflict;
  if (auto conflict = SkipConflict(spec.model.skip)) return conflict;
  if (auto conflict = BatchConflict(spec)) return conflict;
  return SizeConflict(spec.data);
}

}  // namespace adares
