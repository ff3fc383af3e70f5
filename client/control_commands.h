// `adares sweep|trial pause, resume, cancel, retry`.
#pragma once

#include "client/command_line.h"

namespace adares::client {

// To the commands about sweeps and trials.
void AddSweepControlCommands(CLI::App& sweep, CommandLine& line);
void AddTrialControlCommands(CLI::App& trial, CommandLine& line);

}  // namespace adares::client
