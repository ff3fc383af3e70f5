// What a coordinator is and whether it works, as texts and CSV. Thread-safe: pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "adares/v1/admin_service.pb.h"
#include "client/csv.h"
#include "core/timestamp.h"

namespace adares::client {

// Of `adares server info`; `now` is this machine's clock.
std::string ServerInfoText(const v1::ServerInfo& info, Timestamp now, bool color);
// One row.
std::vector<CsvRow> ServerInfoCsv(const v1::ServerInfo& info);

// Of `adares server health`.
struct ServerHealth {
  std::optional<bool> serving;  // what the standard service says; nullopt where there is none
  v1::CheckHealthResponse health;

  bool IsSound() const { return serving.value_or(true) && health.healthy(); }
};
std::string HealthText(const ServerHealth& health, Timestamp now, bool color);
std::vector<CsvRow> HealthCsv(const ServerHealth& health);
std::string HealthJson(const ServerHealth& health);

}  // namespace adares::client
