// Rules between the fields of `data`, and between them and the size of the data set. Thread-safe:
// pure functions.
#pragma once

#include <optional>

#include "core/dataset_table.h"
#include "core/trial_spec.h"
#include "core/trial_spec_fields.h"

namespace adares {

// The first rule that the spec breaks. What depends on the size of a data set is asked where it is
// known without reading it.
std::optional<TrialSpecConflict> FindDataConflict(const TrialSpec& spec);

// The same for the rules about sizes alone, with a data set whose parts have `size` pictures.
std::optional<TrialSpecConflict> FindSizeConflict(const TrialSpec& spec, const PartSize& size);

// How many pictures are trained on: the size asked for, or the share of what validation leaves.
// `available` is the size of the training part.
int64_t TrainingExamples(const DataSpec& data, int64_t available);

}  // namespace adares
