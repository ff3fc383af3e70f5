#include "server/store/record_bytes.h"

#include <iterator>
#include <string>

namespace adares {
namespace {

// Of numbers, times and names of limited length in one record.
constexpr int64_t kOfRecord = 600;
// Of what stands around a text, or beside it.
constexpr int64_t kAround = 24;

int64_t BytesOf(const std::string& text) { return std::ssize(text) + kAround; }

template <typename Texts>
int64_t BytesOfAll(const Texts& texts) {
  int64_t bytes = 0;
  for (const std::string& text : texts) bytes += BytesOf(text);
  return bytes;
}

template <typename Pairs>
int64_t BytesOfPairs(const Pairs& pairs) {
  int64_t bytes = 0;
  for (const auto& [key, value] : pairs) bytes += BytesOf(key) + std::ssize(value);
  return bytes;
}

}  // namespace

int64_t BytesOf(const SweepRecord& sweep) {
  int64_t bytes = kOfRecord + BytesOf(sweep.title) + BytesOf(sweep.spec_text) +
                  BytesOfPairs(sweep.labels) + BytesOfPairs(sweep.baseline) +
                  BytesOfPairs(sweep.schedule.resources.labels) + 10 * std::ssize(sweep.seeds);
  for (const Axis& axis : sweep.axes) {
    bytes += BytesOf(axis.name) + BytesOf(axis.path) + BytesOfAll(axis.values);
  }
  for (const PendingReason& reason : sweep.pending) bytes += BytesOf(reason.why);
  return bytes;
}

int64_t BytesOf(const AttemptRecord& attempt) {
  return kOfRecord + BytesOf(attempt.message) + BytesOfAll(attempt.log_tail) +
         BytesOfPairs(attempt.provenance) + BytesOfPairs(attempt.digests);
}

int64_t BytesOf(const TrialRecord& trial) {
  int64_t bytes = kOfRecord + BytesOf(trial.variant_label) + BytesOfPairs(trial.axes) +
                  BytesOf(trial.spec_json) + BytesOf(trial.message);
  for (const auto& [key, value] : trial.last_metrics) bytes += BytesOf(key);
  for (const Flag& flag : trial.flags) bytes += BytesOf(flag.site) + BytesOf(flag.message);
  for (const AttemptRecord& attempt : trial.attempts) bytes += BytesOf(attempt);
  return bytes;
}

int64_t BytesOf(const WorkerRecord& worker) {
  int64_t bytes = kOfRecord + BytesOf(worker.hostname) + BytesOf(worker.version) +
                  BytesOf(worker.capability.device) + BytesOf(worker.cordon_reason) +
                  BytesOfPairs(worker.capability.labels);
  if (worker.capability.datasets) bytes += BytesOfAll(*worker.capability.datasets);
  return bytes;
}

int64_t BytesOf(const VariantResult& variant) {
  return kOfRecord + BytesOf(variant.label) + BytesOfPairs(variant.axes) +
         kAround * std::ssize(variant.values);
}

}  // namespace adares
