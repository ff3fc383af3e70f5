// What simulated workers report, in the form in which it travels. Thread-safe: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace adares::bench {

// The beginning of an attempt of `total_steps` steps, with the provenance of a small trainer.
std::string StartRecord(int64_t total_steps);

// `count` points of one key at the steps `first_step`, `first_step` + 1, ...; see ValueAt.
std::string PointsRecord(const std::string& key, int64_t first_step, int64_t count);

// One point of a key after the last step.
std::string FinalPointRecord(const std::string& key, int64_t step, double value);

// The attempt trained to its end.
std::string FinishedRecord();

// The value of the points above at a step.
double ValueAt(int64_t step);

// What a trial's last metrics are: a number of its own for each trial (12 hex digits) and key, so
// that one that ended up elsewhere is noticed.
double FinalValue(const std::string& trial, const std::string& key);

}  // namespace adares::bench
