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
    {SkipPlacement::kSkip, "skip"},           {SkipPlacement::kResidual, "residual"},
    {SkipPlacement::kBoth, "both"},           {SkipPlacement::kConvex, "convex"},
    {SkipPlacement::kSpherical, "spherical"},
};
constexpr Word<SkipTraining> kTrainings[] = {{SkipTraining::kLearned, "learned"},
                                             {SkipTraining::kFrozen, "frozen"}};
constexpr Word<Family> kFamilies[] = {
    {Family::kCifar, "cifar"},
    {Family::kPaper, "paper"},
    {Family::kResnet, "resnet"},
};
constexpr Word<Stem> kStems[] = {{Stem::kCifar, "cifar"}, {Stem::kImagenet, "imagenet"}};
constexpr Word<Norm> kNorms[] = {{Norm::kBatch, "batch"}, {Norm::kNone, "none"}};
constexpr Word<LastNorm> kLastNorms[] = {
    {LastNorm::kAffine, "affine"},
    {LastNorm::kZero, "zero"},
    {LastNorm::kNoAffine, "no-affine"},
};
constexpr Word<Dataset> kDatasets[] = {
    {Dataset::kMnist, "mnist"},     {Dataset::kFashionMnist, "fashion-mnist"},
    {Dataset::kCifar10, "cifar10"}, {Dataset::kCifar100, "cifar100"},
    {Dataset::kFolder, "folder"},   {Dataset::kSynthetic, "synthetic"},
};
constexpr Word<bool> kSwitch[] = {{true, "on"}, {false, "off"}};
constexpr Word<Augment> kAugments[] = {
    {Augment::kNone, "none"},
    {Augment::kCrop, "crop"},
    {Augment::kFlip, "flip"},
    {Augment::kCropFlip, "crop-flip"},
};
constexpr Word<OptimizerKind> kOptimizers[] = {
    {OptimizerKind::kSgd, "sgd"},
    {OptimizerKind::kNesterov, "nesterov"},
    {OptimizerKind::kAdam, "adam"},
    {OptimizerKind::kAdamW, "adamw"},
    {OptimizerKind::kKerasAdam, "keras-adam"},
};
constexpr Word<ScheduleKind> kSchedules[] = {
    {ScheduleKind::kConstant, "constant"},
    {ScheduleKind::kCosine, "cosine"},
    {ScheduleKind::kStep, "step"},
    {ScheduleKind::kOneCycle, "one-cycle"},
};
constexpr Word<Precision> kPrecisions[] = {
    {Precision::kFp32, "fp32"},
    {Precision::kTf32, "tf32"},
    {Precision::kBf16, "bf16"},
};

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
Words<Stem> WordsOf<Stem>() {
  return kStems;
}
template <>
Words<Norm> WordsOf<Norm>() {
  return kNorms;
}
template <>
Words<LastNorm> WordsOf<LastNorm>() {
  return kLastNorms;
}
template <>
Words<bool> WordsOf<bool>() {
  return kSwitch;
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
template <>
Words<Precision> WordsOf<Precision>() {
  return kPrecisions;
}

std::string_view Name(Granularity granularity) { return WordOf(granularity); }
std::string_view Name(SkipPlacement placement) { return WordOf(placement); }
std::string_view Name(SkipTraining training) { return WordOf(training); }
std::string_view Name(Family family) { return WordOf(family); }
std::string_view Name(Stem stem) { return WordOf(stem); }
std::string_view Name(Norm norm) { return WordOf(norm); }
std::string_view Name(LastNorm norm) { return WordOf(norm); }
std::string_view Name(Dataset dataset) { return WordOf(dataset); }
std::string_view Name(Augment augment) { return WordOf(augment); }
std::string_view Name(OptimizerKind optimizer) { return WordOf(optimizer); }
std::string_view Name(ScheduleKind schedule) { return WordOf(schedule); }
std::string_view Name(Precision precision) { return WordOf(precision); }

}  // namespace adares
