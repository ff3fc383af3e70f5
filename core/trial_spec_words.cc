// The tables of words.
#include "core/trial_spec_words.h"

namespace adares {
namespace {

template <typename Enum>
using Word = std::pair<Enum, std::string_view>;

constexpr Word<Granularity> kGranularities[] = {
    {Granularity::kNone, "none"},   {Granularity::kUnified, "unified"},
    {Granularity::kStage, "stage"}, {Granularity::kBlockType, "block-type"},
    {Granularity::kBlock, "block"}, {Granularity::kChannel, "channel"},
};
constexpr Word<SkipPlacement> kPlacements[] = {
    {SkipPlacement::kSkip, "skip"},
    {SkipPlacement::kResidual, "residual"},
    {SkipPlacement::kBoth, "both"},
    {SkipPlacement::kConvex, "convex"},
};
constexpr Word<SkipTraining> kTrainings[] = {{SkipTraining::kLearned, "learned"},
                                             {SkipTraining::kFrozen, "frozen"}};
constexpr Word<Family> kFamilies[] = {{Family::kCifar, "cifar"}, {Family::kPaper, "paper"}};
constexpr Word<Dataset> kDatasets[] = {
    {Dataset::kMnist, "mnist"},
    {Dataset::kCifar10, "cifar10"},
    {Dataset::kSynthetic, "synthetic"},
};
constexpr Word<Augment> kAugments[] = {
    {Augment::kNone, "none"},
    {Augment::kCrop, "crop"},
    {Augment::kFlip, "flip"},
    {Augment::kCropFlip, "crop-flip"},
};
constexpr Word<OptimizerKind> kOptimizers[] = {{OptimizerKind::kSgd, "sgd"},
                                               {OptimizerKind::kAdam, "adam"}};
constexpr Word<ScheduleKind> kSchedules[] = {{ScheduleKind::kConstant, "constant"},
                                             {ScheduleKind::kCosine, "cosine"}};

template <typename Enum>
std::string_view NameOf(Enum value) {
  for (const auto& [candidate, word] : WordsOf<Enum>()) {
    if (candidate == value) return word;
  }
  return "unknown";
}

}  // namespace

template <>
Words<Granularity> WordsOf<Granularity>() {
  return kGranularities;
}
template <>
Words<SkipPlacement> WordsOf<SkipPlacement>() {
  return kPlacements;
}
template <>
Words<SkipTraining> WordsOf<SkipTraining>() {
  return kTrainings;
}
template <>
Words<Family> WordsOf<Family>() {
  return kFamilies;
}
template <>
Words<Dataset> WordsOf<Dataset>() {
  return kDatasets;
}
template <>
Words<Augment> WordsOf<Augment>() {
  return kAugments;
}
template <>
Words<OptimizerKind> WordsOf<OptimizerKind>() {
  return kOptimizers;
}
template <>
Words<ScheduleKind> WordsOf<ScheduleKind>() {
  return kSchedules;
}

std::string_view Name(Granularity granularity) { return NameOf(granularity); }
std::string_view Name(SkipPlacement placement) { return NameOf(placement); }
std::string_view Name(SkipTraining training) { return NameOf(training); }
std::string_view Name(Family family) { return NameOf(family); }
std::string_view Name(Dataset dataset) { return NameOf(dataset); }
std::string_view Name(Augment augment) { return NameOf(augment); }
std::string_view Name(OptimizerKind optimizer) { return NameOf(optimizer); }
std::string_view Name(ScheduleKind schedule) { return NameOf(schedule); }

}  // namespace adares
