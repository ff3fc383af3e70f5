// One cell of a sweep: which value each axis has, and the configuration that this makes. Private to
// core/sweepfile.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/sweepfile/sweep_document.h"
#include "core/trial_spec_fields.h"

namespace adares {

using Cell = std::vector<size_t>;  // for each axis the index of its value

// The configuration of a cell. Later ones win: the defaults, the recipe, the method, `base`,
// overrides, axes in product order. Of several recipes or methods the last one counts alone.
TrialSpec SpecOfCell(const SweepDocument& document, const Cell& cell);

// Blames what can be changed with the least effect: an axis value, else an override, else the base.
// `label` names the cell.
absl::Status CellError(const SweepDocument& document, const Cell& cell, const std::string& label,
                       const TrialSpecConflict& conflict, const SpecErrors& errors);

}  // namespace adares
