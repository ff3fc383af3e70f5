// `adares sweep|trial pause, resume, cancel, retry` and `adares worker cordon, uncordon, drain`.
#pragma once

#include "client/command_line.h"

namespace adares::client {

// To the commands about sweeps, trials and workers.
void AddSweepControlCommands(CLI::App& sweep, CommandLine& line);
void AddTrialControlCommands(CLI::App& trial, CommandLine& line);
void AddWorkerControlCommands(CLI::App& worker, CommandLine& line);

}  // namespace adares::client
