// How much of a message a record fills, so that lists end before nobody could receive them. Private
// to server/store.
#pragma once

#include <cstdint>

#include "core/records.h"

namespace adares {

// A page of a list, and one look at changes, ends with the record that reaches this. Clients take
// messages of 16 MiB, and the largest record has a tenth of that.
inline constexpr int64_t kBytesOfPage = 4 << 20;
// The same for series, whose rows are small and of one size: as much as fits.
inline constexpr int64_t kBytesOfSeries = 12 << 20;

// About the bytes that the record has in a message; rather too many than too few.
int64_t BytesOf(const SweepRecord& sweep);
int64_t BytesOf(const TrialRecord& trial);
int64_t BytesOf(const AttemptRecord& attempt);
int64_t BytesOf(const WorkerRecord& worker);
int64_t BytesOf(const VariantResult& variant);
// Of one row, without its name.
inline constexpr int64_t kBytesOfPoint = 40;
inline constexpr int64_t kBytesOfSkipWeight = 96;

}  // namespace adares
