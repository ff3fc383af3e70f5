#include "bench/fleet/completing_load.h"

#include <utility>

#include "bench/fleet/records.h"

namespace adares::bench {
namespace {

constexpr int64_t kSteps = 100;

}  // namespace

CompletingLoad::CompletingLoad(std::vector<std::string> keys)
    : keys_(std::move(keys)), start_(StartRecord(kSteps)), finished_(FinishedRecord()) {}

void CompletingLoad::Assigned(SimulatedWorker& worker, const AttemptId& id) {
  if (!given_.insert(id).second) ++given_twice_;
  std::vector<std::string> records = {start_};
  for (const std::string& key : keys_) {
    records.push_back(FinalPointRecord(key, kSteps, FinalValue(id.trial, key)));
  }
  records.push_back(finished_);
  worker.Report(id, std::move(records), /*ends=*/true);
}

void CompletingLoad::Ended(SimulatedWorker&, const AttemptId&) { ++completed_; }

}  // namespace adares::bench
