// A sweep file, read but not expanded: every value checked by itself, with the places that errors
// about combinations of them point at. Private to core/sweepfile.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/sweep_spec.h"
#include "core/sweepfile/spec_errors.h"

namespace adares {

// A field with its canonical text, or a preset's path with its name (core/presets.h).
struct Setting {
  std::string path;
  std::string text;
  Place place;  // of the value
};

struct AxisDocument {
  Axis axis;
  // For each value what it sets: one field or preset, or all that a named value holds.
  std::vector<std::vector<Setting>> settings;
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
  Place objective_place;               // of the metric, where the file names one
  Place stop_place;                    // of the rule, where the file has one
  std::vector<Setting> base;           // in file order, each path once
  Place base_place;                    // of the key `base`, or of the file
  std::vector<Override> overrides;     // each path once
  std::vector<Setting> override_base;  // the same with canonical texts, without places
  std::vector<AxisDocument> axes;      // in product order
  std::vector<ExcludeRule> exclude;
  std::map<std::string, std::string> baseline;  // axis -> canonical value
  Place baseline_place;
  std::vector<int64_t> seeds;
  Place seeds_place;
  Schedule schedule;
};

}  // namespace adares
