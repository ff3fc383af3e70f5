// What a coordinator takes of a worker, and what workers therefore stay within: numbers that both
// sides know, so that a worker of the same version is never refused for size.
#pragma once

#include <cstddef>
#include <cstdint>

namespace adares {

// Of one report.
inline constexpr int kMaxRecordsPerReport = 2'000;
inline constexpr int64_t kMaxReportBytes = 1 << 20;

// Of one record.
inline constexpr int kMaxPointsPerRecord = 10'000;
inline constexpr int kMaxLogLinesPerRecord = 1'000;
inline constexpr size_t kMaxLogLineBytes = 4'096;

// Of the log of one attempt: workers leave out what would go beyond, but for the last lines, and
// the coordinator keeps out higher numbers.
inline constexpr int64_t kMaxLogLinesPerAttempt = 100'000;
inline constexpr int64_t kMaxLogBytesPerAttempt = 64 << 20;

// Trials at a time, and attempts that it holds: what has ended is held until it is acknowledged.
inline constexpr int kMaxSlots = 1'024;
inline constexpr int kMaxHeldAttempts = 10'000;

// Of an attempt: far beyond what anybody trains, and small enough to be reckoned with.
inline constexpr int64_t kMaxTotalSteps = 1'000'000'000'000;
inline constexpr int64_t kMaxTotalEpochs = 1'000'000;
// Of the numbers of records and of log lines.
inline constexpr int64_t kMaxSequence = int64_t{1} << 53;

// Of texts: names are what machines are called, messages what people read.
inline constexpr size_t kMaxNameBytes = 200;
inline constexpr size_t kMaxMessageTextBytes = 4'096;
inline constexpr size_t kMaxLogTailLines = 20;
// Entries of an attempt's provenance or digests.
inline constexpr size_t kMaxFacts = 64;

// Workers that are connected; each keeps a stream of each kind open.
inline constexpr size_t kMaxConnectedWorkers = 2'000;

// Keys that the metrics of one trial may have; points of further ones are kept out.
inline constexpr int kMaxMetricKeysPerTrial = 1'000;
// Sites that the skip weights of one trial may have; rows of further ones are kept out.
inline constexpr int kMaxSitesPerTrial = 10'000;

}  // namespace adares
