// Rules between the fields of `model.skip`.
#include "core/skip_conflicts.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "core/network_table.h"
#include "core/number_text.h"
#include "core/skip_constraint_text.h"
#include "core/skip_init_text.h"

namespace adares {
namespace {

using Conflict = std::optional<TrialSpecConflict>;
using Constraint = SkipConstraint::Kind;

constexpr char kGranularity[] = "model.skip.granularity";
constexpr char kPlacement[] = "model.skip.placement";
constexpr char kConstraint[] = "model.skip.constraint";
constexpr char kInit[] = "model.skip.init";
constexpr char kInitIdentity[] = "model.skip.init_identity";
constexpr char kInitConvolutional[] = "model.skip.init_convolutional";
constexpr char kTrain[] = "model.skip.train";
constexpr char kFrozenEpochs[] = "model.skip.frozen_epochs";
constexpr char kLrMult[] = "model.skip.lr_mult";
constexpr char kWeightDecay[] = "model.skip.weight_decay";
constexpr char kDecayCentre[] = "model.skip.decay_centre";
constexpr char kBranchDrop[] = "model.branch_drop";

// A conflict if the field has another value than its default: `because` says why it must not.
Conflict MustBeDefault(const TrialSpec& spec, const char* path, const char* cause_path,
                       std::string_view because) {
  const TrialSpecField& field = *FindTrialSpecField(path);
  const std::string text = field.text(TrialSpec{});
  if (field.text(spec) == text) return {};
  return TrialSpecConflict{absl::StrCat(std::string(because), "; ", path, " must be ", text,
                                        " there (leave it out, or exclude the combination)"),
                           {path, cause_path}};
}

Conflict PlainConflict(const TrialSpec& spec) {
  if (spec.model.skip.granularity != Granularity::kNone) return {};
  for (const char* path : {kInit, kInitIdentity, kInitConvolutional, kPlacement, kConstraint,
                           kTrain, kFrozenEpochs, kLrMult, kWeightDecay, kDecayCentre}) {
    if (auto conflict = MustBeDefault(
            spec, path, kGranularity,
            "granularity none is the plain ResNet, whose skip weight is the constant 1")) {
      return conflict;
    }
  }
  return {};
}

Conflict OverrideConflict(const SkipSpec& skip) {
  if (!skip.init_identity && !skip.init_convolutional) return {};
  if (skip.granularity == Granularity::kUnified || skip.granularity == Granularity::kStage) {
    const char* const path = skip.init_identity ? kInitIdentity : kInitConvolutional;
    return TrialSpecConflict{
        absl::StrCat(path, " is for blocks of one type, and with granularity ",
                     std::string(Name(skip.granularity)),
                     " blocks of both types share a weight; take granularity block-type, block or "
                     "channel, or leave it out"),
        {path, kGranularity}};
  }
  if (!skip.init_identity || !skip.init_convolutional || skip.init == SkipInit{}) return {};
  return TrialSpecConflict{
      "model.skip.init does nothing where both model.skip.init_identity and "
      "model.skip.init_convolutional are set; leave one of the three out",
      {kInit, kInitIdentity, kInitConvolutional}};
}

Conflict FrozenConflict(const TrialSpec& spec) {
  const SkipSpec& skip = spec.model.skip;
  if (skip.train == SkipTraining::kFrozen) {
    for (const char* path : {kConstraint, kFrozenEpochs, kLrMult, kWeightDecay, kDecayCentre}) {
      if (auto conflict = MustBeDefault(spec, path, kTrain,
                                        "model.skip.train frozen keeps the initial weights")) {
        return conflict;
      }
    }
  }
  if (skip.frozen_epochs == 0 || skip.frozen_epochs < spec.train.epochs) return {};
  return TrialSpecConflict{
      absl::StrCat("model.skip.frozen_epochs ", skip.frozen_epochs, " leaves none of train.epochs ",
                   spec.train.epochs,
                   " to learn the weights in; take fewer, or model.skip.train frozen"),
      {kFrozenEpochs, "train.epochs"}};
}

Conflict DecayConflict(const SkipSpec& skip) {
  if (skip.weight_decay == 0) {
    if (skip.decay_centre == 0) return {};
    return TrialSpecConflict{
        "model.skip.decay_centre does nothing where model.skip.weight_decay is 0; leave it out, or "
        "take a weight_decay > 0",
        {kDecayCentre, kWeightDecay}};
  }
  if (skip.placement == SkipPlacement::kSpherical) {
    return TrialSpecConflict{
        "model.skip.weight_decay pulls the parameter, which with model.skip.placement spherical is "
        "an angle and not the weight; take weight_decay 0, or another placement",
        {kWeightDecay, kPlacement}};
  }
  const Constraint kind = skip.constraint.kind;
  if (kind == Constraint::kNone || kind == Constraint::kClamp) return {};
  return TrialSpecConflict{
      absl::StrCat("model.skip.weight_decay pulls the raw parameter, which is not the weight under "
                   "model.skip.constraint ",
                   FormatSkipConstraint(skip.constraint),
                   "; take weight_decay 0, or the constraint none or clamp"),
      {kWeightDecay, kConstraint}};
}

// A cosine keeps the weight in a range already.
Conflict SphericalConflict(const TrialSpec& spec) {
  if (spec.model.skip.placement != SkipPlacement::kSpherical) return {};
  return MustBeDefault(spec, kConstraint, kPlacement,
                       "model.skip.placement spherical keeps the weight from -1 to 1, as the "
                       "cosine of an angle");
}

// The weights that a constraint, or the spherical placement, gives.
struct WeightRange {
  double low;
  double high;
  bool closed;  // the ends belong to it
  std::string text;
  std::string source;              // "model.skip.constraint sigmoid(1)"
  const char* path = kConstraint;  // of the source

  bool Contains(double value) const {
    return closed ? low <= value && value <= high : low < value && value < high;
  }
};

WeightRange RangeOf(const SkipSpec& skip) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const SkipConstraint& constraint = skip.constraint;
  const std::string high = FormatNumber(constraint.high);
  const std::string source =
      absl::StrCat(std::string(kConstraint), " ", FormatSkipConstraint(constraint));
  switch (constraint.kind) {
    case Constraint::kSigmoid:
      return {0, constraint.high, false, absl::StrCat("above 0 and below ", high), source};
    case Constraint::kTanh:
      return {-constraint.high, constraint.high, false,
              absl::StrCat("above -", high, " and below ", high), source};
    case Constraint::kSoftplus:
      return {0, kInfinity, false, "above 0", source};
    case Constraint::kClamp:
      return {constraint.low, constraint.high, true,
              absl::StrCat("from ", FormatNumber(constraint.low), " to ", high), source};
    case Constraint::kNone:
      break;
  }
  if (skip.placement == SkipPlacement::kSpherical) {
    return {-1, 1, true, "from -1 to 1", "model.skip.placement spherical", kPlacement};
  }
  return {-kInfinity, kInfinity, true, "any", source};
}

// Whether all initial weights are in the range, as far as they have bounds.
bool AreInside(const SkipInit& init, const ModelSpec& model, const WeightRange& range) {
  switch (init.kind) {
    case SkipInit::Kind::kMatchRms:
    case SkipInit::Kind::kAdmin:
      return true;  // it is moved into the range of a clamp, and goes with no other
    case SkipInit::Kind::kRootDepth:
      return range.Contains(init.value / std::sqrt(static_cast<double>(BlockCount(model))));
    case SkipInit::Kind::kDepthPower:
      return range.Contains(
          std::pow(init.value * static_cast<double>(BlockCount(model)), init.power));
    case SkipInit::Kind::kDecay:
      return range.Contains(init.value) && range.Contains(1);
    case SkipInit::Kind::kUniform:
      return range.Contains(init.value) && range.Contains(init.high);
    case SkipInit::Kind::kConstant:
    case SkipInit::Kind::kNormal:
      break;
  }
  return range.Contains(init.value);
}

Conflict InitConflict(const ModelSpec& model, const SkipInit& init, const char* path) {
  const WeightRange range = RangeOf(model.skip);
  const bool unbounded = init.kind == SkipInit::Kind::kNormal && !range.closed;
  const bool inside = AreInside(init, model, range);
  if (inside && !unbounded) return {};
  const std::string other = range.path == kConstraint ? "constraint" : "placement";
  return TrialSpecConflict{
      absl::StrCat(range.source, " gives weights ", range.text, ", and ", path, " ",
                   FormatSkipInit(init),
                   unbounded ? " has no bounds; take a uniform(low, high) inside, or clamp"
                             : " is not inside; take one that is, or another " + other),
      {path, range.path}};
}

// Rules that need to know the block, or its paths, need weights that one block has alone.
Conflict RuleConflict(const SkipSpec& skip, const SkipInit& init, const char* path) {
  const bool per_block = init.kind == SkipInit::Kind::kDecay;
  const bool adds_up = init.kind == SkipInit::Kind::kAdmin;
  const bool measured = init.kind == SkipInit::Kind::kMatchRms || adds_up;
  const bool shared =
      skip.granularity != Granularity::kBlock && skip.granularity != Granularity::kChannel;
  if ((per_block || measured) && shared) {
    return TrialSpecConflict{absl::StrCat(path, " ", FormatSkipInit(init),
                                          " gives each block its own weight, and with granularity ",
                                          std::string(Name(skip.granularity)),
                                          " blocks share one; take granularity block or channel"),
                             {path, kGranularity}};
  }
  if (adds_up && skip.placement != SkipPlacement::kSkip) {
    return TrialSpecConflict{
        absl::StrCat(path, " ", FormatSkipInit(init),
                     " gives the skip path its size, and model.skip.placement ",
                     std::string(Name(skip.placement)),
                     " weights the residual branch too or instead; take placement skip"),
        {path, kPlacement}};
  }
  const bool one_sided =
      skip.placement == SkipPlacement::kSkip || skip.placement == SkipPlacement::kResidual;
  if (measured && !one_sided) {
    return TrialSpecConflict{
        absl::StrCat(path, " ", FormatSkipInit(init),
                     " weighs one path against the other, and model.skip.placement ",
                     std::string(Name(skip.placement)), " weights both; take skip or residual"),
        {path, kPlacement}};
  }
  const bool mapped =
      skip.constraint.kind != Constraint::kNone && skip.constraint.kind != Constraint::kClamp;
  if (!measured || !mapped) return {};
  return TrialSpecConflict{
      absl::StrCat(path, " ", FormatSkipInit(init),
                   " is measured and may lie outside model.skip.constraint ",
                   FormatSkipConstraint(skip.constraint), "; take the constraint none or clamp"),
      {path, kConstraint}};
}

// Both rules that an initial value has to keep.
Conflict InitialValueConflict(const ModelSpec& model, const SkipInit& init, const char* path) {
  if (auto conflict = RuleConflict(model.skip, init, path)) return conflict;
  return InitConflict(model, init, path);
}

Conflict RangeConflict(const ModelSpec& model) {
  const SkipSpec& skip = model.skip;
  if (skip.init_identity) {
    if (auto found = InitialValueConflict(model, *skip.init_identity, kInitIdentity)) return found;
  }
  if (skip.init_convolutional) {
    if (auto found = InitialValueConflict(model, *skip.init_convolutional, kInitConvolutional)) {
      return found;
    }
  }
  if (!skip.init_identity || !skip.init_convolutional) {
    if (auto found = InitialValueConflict(model, skip.init, kInit)) return found;
  }
  const WeightRange range = RangeOf(skip);
  if (skip.placement != SkipPlacement::kBoth || range.Contains(1)) return {};
  return TrialSpecConflict{
      absl::StrCat("with model.skip.placement both the weight of the residual branch starts at 1, "
                   "and ",
                   range.source, " gives weights ", range.text,
                   "; take another constraint, or another placement"),
      {kConstraint, kPlacement}};
}

// Whether blocks that start with `init` have a skip path that is 0 and stays so.
bool IsClosed(const SkipSpec& skip, const std::optional<SkipInit>& own) {
  const SkipInit& init = own ? *own : skip.init;
  return skip.granularity != Granularity::kNone && skip.train == SkipTraining::kFrozen &&
         skip.placement != SkipPlacement::kResidual && init.kind == SkipInit::Kind::kConstant &&
         init.value == 0;
}

Conflict BranchDropConflict(const ModelSpec& model) {
  if (model.branch_drop == 0) return {};
  const SkipSpec& skip = model.skip;
  if (!IsClosed(skip, skip.init_identity) && !IsClosed(skip, skip.init_convolutional)) return {};
  return TrialSpecConflict{
      "model.branch_drop leaves the skip path alone where it drops a branch, and model.skip.train "
      "frozen at 0 closes that one too; leave branch_drop out, or take other weights",
      {kBranchDrop, kTrain}};
}

}  // namespace

Conflict FindSkipConflict(const TrialSpec& spec) {
  const SkipSpec& skip = spec.model.skip;
  if (auto conflict = PlainConflict(spec)) return conflict;
  if (auto conflict = OverrideConflict(skip)) return conflict;
  if (auto conflict = FrozenConflict(spec)) return conflict;
  if (auto conflict = SphericalConflict(spec)) return conflict;
  if (auto conflict = DecayConflict(skip)) return conflict;
  if (auto conflict = BranchDropConflict(spec.model)) return conflict;
  return RangeConflict(spec.model);
}

}  // namespace adares
