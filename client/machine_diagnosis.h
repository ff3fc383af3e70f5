// What `adares doctor` sees on this machine: programs, the trainer and its linear algebra, data
// sets, and the disk. Not thread-safe; main thread only, as it starts programs.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/data_folder.h"
#include "client/diagnosis.h"
#include "client/signals.h"

namespace adares::client {

struct MachineOptions {
  std::string data;     // folder of data sets; may be empty
  std::string state;    // of `adares run`; need not be there
  std::string trainer;  // the program
  std::chrono::milliseconds patience = std::chrono::seconds(60);  // with a program that starts
};

// CANCELLED where an interrupt came.
absl::StatusOr<std::vector<Diagnosis>> DiagnoseMachine(const MachineOptions& options,
                                                       Signals& signals);

// The parts that need no machine. `libraries` are the real paths of the linear algebra that the
// trainer loads.
Diagnosis DiagnoseBlas(const std::vector<std::string>& libraries);
Diagnosis DiagnoseData(const std::string& folder, bool exists,
                       const std::vector<DatasetPresence>& found);

// The paths behind `=>` in what the dynamic loader lists, of libraries for linear algebra.
std::vector<std::string> BlasFiles(const std::vector<std::string>& loader_lines);

}  // namespace adares::client
