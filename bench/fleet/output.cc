#include "bench/fleet/output.h"

#include <cmath>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

namespace adares::bench {

void Print(const Result& result) {
  std::printf("\n%s\n", result.command.c_str());
  for (const auto& [fact, value] : result.machine) {
    std::printf("  %-40s %s\n", fact.c_str(), value.c_str());
  }
  for (const Figure& figure : result.outcome.figures) {
    std::printf("  %-40s %.6g\n", figure.name.c_str(), figure.value);
  }
  for (const std::string& wrong : result.outcome.wrong) {
    std::printf("  WRONG: %s\n", wrong.c_str());
  }
  std::fflush(stdout);
}

absl::Status WriteJson(const Result& result, const std::string& path) {
  nlohmann::ordered_json document;
  document["scenario"] = result.scenario;
  document["command"] = result.command;
  document["machine"] = result.machine;
  document["figures"] = nlohmann::ordered_json::object();
  for (const Figure& figure : result.outcome.figures) {
    if (std::isfinite(figure.value)) document["figures"][figure.name] = figure.value;
  }
  document["wrong"] = result.outcome.wrong;
  std::ofstream file(path);
  file << document.dump(2) << "\n";
  file.close();
  return file ? absl::OkStatus() : absl::InternalError("cannot write " + path);
}

}  // namespace adares::bench
