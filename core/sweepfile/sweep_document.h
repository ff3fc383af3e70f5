// A sweep file, read but not expanded: every value checked by itself, with the places that errors
// about combinations of them point at. Private to core/sweepfile.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/sweep_spec.h"
#include "core/sweepfile/spec_errors.h"

namespace adares {

struct AxisDocument {
  Axis axis;
  std::vector<Place> value_places;  // one for each value
};

// A rule matches a cell when for each of its axes the cell has one of the values.
struct ExcludeRule {
  Place place;
  std::map<std::string, std::vector<std::string>> values;  // axis -> canonical values
};

struct SweepDocument {
  std::string name;
  std::string title;
  std::map<std::string, std::string> labels;
  Objective objective;
  TrialSpec base;                           // overrides applied
  Place base_place;                         // of the key `base`, or of the file
  std::map<std::string, Place> set_places;  // path -> where `base` sets it
  std::vector<Override> overrides;
  std::vector<AxisDocument> axes;  // in product order
  std::vector<ExcludeRule> exclude;
  std::map<std::string, std::string> baseline;  // axis -> canonical value
  Place baseline_place;
  std::vector<int64_t> seeds;
  Place seeds_place;
  int priority = 50;
};

}  // namespace adares
