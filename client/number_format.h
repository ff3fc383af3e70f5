// Numbers, durations and times for people (tables) and for programs (CSV). Independent of the
// locale. Thread-safe: pure functions.
#pragma once

#include <cstdint>
#include <string>

#include "core/timestamp.h"

namespace adares::client {

// For tables: four decimals below 100, one above, an exponent form for very small and large values:
// "0.9873", "812.4", "1.2e-05", "nan".
std::string ShowNumber(double value);
// For columns that are compared by eye: four decimals as long as they show anything, "0.0003".
std::string ShowResult(double value);
// The same with a sign: "+0.0012".
std::string ShowDifference(double value);
// "[-0.0012, +0.0031]".
std::string ShowInterval(double low, double high);

// Of 1000: "812 B", "54.9 MB".
std::string ShowBytes(int64_t bytes);

// For CSV: the shortest text that reads back as the same double; "nan", "inf", "-inf".
std::string ExactNumber(double value);
// The same, but "" for NaN where NaN stands for "there is none".
std::string ExactOrEmpty(double value);

// "38s", "1m12s", "2h05m", "3d04h"; negative durations are "0s".
std::string ShowDuration(Duration duration);

// "2026-01-31T09:30:00.123456Z"; the fraction only where there is one.
std::string IsoTime(Timestamp time);

}  // namespace adares::client
