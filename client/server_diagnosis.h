// What `adares doctor` makes of a coordinator's answers. Thread-safe: pure functions.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "adares/v1/admin_service.pb.h"
#include "adares/v1/resources.pb.h"
#include "client/diagnosis.h"
#include "core/timestamp.h"
#include "core/volume.h"

namespace adares::client {

// What a coordinator answered.
struct ServerAnswers {
  std::string address;  // by which this program reached it
  v1::ServerInfo info;
  v1::CheckHealthResponse health;
  std::vector<v1::Worker> workers;
  absl::StatusOr<std::vector<v1::Sweep>> sweeps = std::vector<v1::Sweep>();
  Timestamp asked_at;     // by this machine's clock
  Timestamp answered_at;  // when the info had come
};

// `version` is this program's.
std::vector<Diagnosis> DiagnoseServer(const ServerAnswers& answers, const std::string& version);

// Of a coordinator that cannot be asked. Where nobody named one, its absence is no error: a single
// machine needs none.
Diagnosis DiagnoseAbsence(const absl::Status& status, const std::string& address, bool is_named);

// Whether a database may lie there. `place` says where that is: "the coordinator's state folder".
std::vector<Diagnosis> DiagnoseVolume(const std::string& check, const std::string& place,
                                      const Volume& volume, int64_t database_bytes);

}  // namespace adares::client
