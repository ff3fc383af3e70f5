// Rules between the fields of a trial spec, but for those of `model.skip` and `data`.
#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/data_conflicts.h"
#include "core/network_table.h"
#include "core/number_text.h"
#include "core/skip_conflicts.h"
#include "core/trial_spec_fields.h"

namespace adares {
namespace {

std::optional<TrialSpecConflict> DepthConflict(const ModelSpec& model) {
  const std::vector<int64_t> depths = DepthsOf(model.family);
  if (std::find(depths.begin(), depths.end(), model.depth) != depths.end()) return {};
  return TrialSpecConflict{
      absl::StrCat("family ", std::string(Name(model.family)), " has no network of depth ",
                   model.depth, "; model.depth must be one of ", absl::StrJoin(depths, ", ")),
      {"model.depth", "model.family"}};
}

std::optional<TrialSpecConflict> LayerConflict(const ModelSpec& model) {
  if (model.stem != Stem::kCifar && model.family != Family::kResnet) {
    return TrialSpecConflict{
        absl::StrCat("model.stem is for family resnet; family ", std::string(Name(model.family)),
                     " has a stem of its own, so leave it out"),
        {"model.stem", "model.family"}};
  }
  if (model.norm == Norm::kBatch) return {};
  if (model.family == Family::kPaper) {
    return TrialSpecConflict{
        "family paper is what was published, with batch norm; model.norm none is for the families "
        "cifar and resnet",
        {"model.norm", "model.family"}};
  }
  if (model.last_norm == LastNorm::kAffine) return {};
  return TrialSpecConflict{
      absl::StrCat("with model.norm none there is no batch norm that model.last_norm ",
                   std::string(Name(model.last_norm)), " could change; leave it out"),
      {"model.last_norm", "model.norm"}};
}

std::optional<TrialSpecConflict> ScheduleConflict(const TrainSpec& train) {
  if (train.warmup_epochs == 0) return {};
  if (train.schedule == ScheduleKind::kOneCycle) {
    return TrialSpecConflict{
        "train.schedule one-cycle has a warm-up of its own; leave train.warmup_epochs out",
        {"train.warmup_epochs", "train.schedule"}};
  }
  if (train.warmup_epochs < static_cast<double>(train.epochs)) return {};
  return TrialSpecConflict{
      absl::StrCat("train.warmup_epochs ", FormatNumber(train.warmup_epochs),
                   " leave none of train.epochs ", train.epochs, " to train in; take fewer"),
      {"train.warmup_epochs", "train.epochs"}};
}

// Networks that end in one pixel on the pictures of 28 and 32 pixels.
bool EndsInOnePixel(const ModelSpec& model) {
  return model.family == Family::kPaper || model.stem == Stem::kImagenet;
}

std::optional<TrialSpecConflict> BatchOfOneConflict(const TrialSpec& spec) {
  if (spec.train.batch_size > 1 || !EndsInOnePixel(spec.model) || spec.model.norm == Norm::kNone) {
    return {};
  }
  return TrialSpecConflict{
      absl::StrCat("family ", std::string(Name(spec.model.family)),
                   " ends in one pixel, where batch norm needs two pictures; train.batch_size "
                   "must be at least 2"),
      {"train.batch_size", "model.family"}};
}

}  // namespace

std::optional<TrialSpecConflict> FindConflict(const TrialSpec& spec) {
  if (auto conflict = DepthConflict(spec.model)) return conflict;
  if (auto conflict = FindSkipConflict(spec)) return conflict;
  if (auto conflict = LayerConflict(spec.model)) return conflict;
  if (auto conflict = ScheduleConflict(spec.train)) return conflict;
  if (auto conflict = BatchOfOneConflict(spec)) return conflict;
  return FindDataConflict(spec);
}

}  // namespace adares
