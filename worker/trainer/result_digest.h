// One hash of everything that a trial reports but times: two runs with the same hash have the same
// metrics, skip weights and flags, bit for bit and row for row. Not thread-safe.
#pragma once

#include <string>

#include "core/measurement.h"
#include "core/trainer_protocol.h"

namespace adares {

class ResultDigest {
 public:
  // Of no rows; or as it was after some, for a run that goes on from there.
  explicit ResultDigest(std::string hex = "") : hex_(std::move(hex)) {}

  // Adds the rows that the event has, in their order. Rows of metrics that measure time differ from
  // run to run and are left out.
  void Add(const trainer_protocol::Event& event);

  // SHA-256 in hex, of the rows so far; empty for none.
  const std::string& hex() const { return hex_; }

 private:
  void Add(const MetricPoint& point);
  void Add(const SkipWeightPoint& weight);
  void Add(const Flag& flag);
  void AddRow(const std::string& row);

  std::string hex_;
};

}  // namespace adares
