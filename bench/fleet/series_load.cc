#include "bench/fleet/series_load.h"

#include <algorithm>
#include <utility>

#include "bench/fleet/records.h"

namespace adares::bench {

void SeriesLoad::Assigned(SimulatedWorker& worker, const AttemptId& id) {
  attempts_.push_back(id);
  shares_[&worker].series.push_back({id});
  worker.Report(id, {StartRecord(plan_.points)});
}

void SeriesLoad::Begin() {
  flows_ = true;
  for (auto& [worker, share] : shares_) Send(*worker, share);
}

void SeriesLoad::Finish() {
  flows_ = false;
  for (auto& [worker, share] : shares_) {
    for (const Series& series : share.series) {
      worker->Report(series.id, {FinishedRecord()}, /*ends=*/true);
    }
  }
}

int64_t SeriesLoad::NextBatch(int64_t done) const {
  return std::min(plan_.batch, plan_.points - done);
}

void SeriesLoad::Send(SimulatedWorker& worker, Share& share) {
  for (size_t full = 0; full < share.series.size() && share.in_flight < plan_.window;) {
    Series& series = share.series[share.turn];
    share.turn = (share.turn + 1) % share.series.size();
    if (series.sent == plan_.points) {
      ++full;
      continue;
    }
    full = 0;
    ++share.in_flight;
    SendBatch(worker, series);
  }
}

void SeriesLoad::SendBatch(SimulatedWorker& worker, Series& series) {
  std::vector<std::string> records;
  const int64_t end = series.sent + NextBatch(series.sent);
  while (series.sent < end) {
    const int64_t count = std::min(plan_.record, end - series.sent);
    records.push_back(PointsRecord(plan_.key, series.sent, count));
    series.sent += count;
  }
  worker.Report(series.id, std::move(records));
}

void SeriesLoad::Acknowledged(SimulatedWorker& worker, const AttemptId& id) {
  if (!flows_) {
    ++begun_;
    return;
  }
  Share& share = shares_.at(&worker);
  --share.in_flight;
  Series& series = *std::ranges::find(share.series, id, &Series::id);
  series.durable += NextBatch(series.durable);
  if (series.durable == plan_.points) ++complete_;
  Send(worker, share);
}

void SeriesLoad::Ended(SimulatedWorker&, const AttemptId&) { ++ended_; }

}  // namespace adares::bench
