// Whether a series still moves, without assuming how. Thread-safe: pure functions.
#pragma once

#include <vector>

namespace adares {

// Mann 1945 (doi 10.2307/1907187) and Kendall: the normal score of the number of pairs that rise
// less the number that fall, with the correction for ties and for continuity. Above 1.96 or below
// -1.96 a series without trend and of independent values comes 1 time in 20. 0 for fewer than two
// different values.
double MannKendallScore(const std::vector<double>& values);

// Theil 1950 and Sen 1968 (doi 10.1080/01621459.1968.10480934): the median of the slopes of all
// pairs. `places` grow; both are of one size, at least 2.
double TheilSenSlope(const std::vector<double>& places, const std::vector<double>& values);

}  // namespace adares
