// The words that stand for the enumerations of a trial spec. Private to core.
#pragma once

#include <span>
#include <string_view>
#include <utility>

#include "core/trial_spec.h"

namespace adares {

template <typename Enum>
using Words = std::span<const std::pair<Enum, std::string_view>>;

// All words of an enumeration, in the order in which messages and documentation list them.
template <typename Enum>
Words<Enum> WordsOf();

template <>
Words<Granularity> WordsOf<Granularity>();
template <>
Words<SkipPlacement> WordsOf<SkipPlacement>();
template <>
Words<SkipTraining> WordsOf<SkipTraining>();
template <>
Words<Family> WordsOf<Family>();
template <>
Words<Stem> WordsOf<Stem>();
template <>
Words<Norm> WordsOf<Norm>();
template <>
Words<LastNorm> WordsOf<LastNorm>();
template <>
Words<Dataset> WordsOf<Dataset>();
template <>
Words<bool> WordsOf<bool>();
template <>
Words<Augment> WordsOf<Augment>();
template <>
Words<OptimizerKind> WordsOf<OptimizerKind>();
template <>
Words<ScheduleKind> WordsOf<ScheduleKind>();
template <>
Words<Precision> WordsOf<Precision>();

// The first word that stands for the value.
template <typename Enum>
std::string_view WordOf(Enum value) {
  for (const auto& [candidate, word] : WordsOf<Enum>()) {
    if (candidate == value) return word;
  }
  return "unknown";
}

}  // namespace adares
