// What the programs of a fleet said.
#pragma once

#include <sys/types.h>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace adares::torture {

struct Logs {
  // Lines that tell of a loss which nothing in a torture test explains, with their file.
  std::vector<std::string> breaches;
  // The trainer whose end each attempt saw, by SWEEP/ID#NUMBER.
  std::map<std::string, std::set<pid_t>> exited_trainers;
  // How often each program was started, by its name: server, w0, ...
  std::map<std::string, int> starts;
};

// Reads all logs of a fleet's folder: NUMBER-PROGRAM.err.
Logs ReadLogs(const std::string& folder);

}  // namespace adares::torture
