// Plays a trial by its script.
#pragma once

#include <string>

#include "core/trainer_protocol.h"
#include "tests/fakes/scripted_trainer/script.h"
#include "tests/fakes/scripted_trainer/stage.h"

namespace adares::fakes {

// Tells a made-up but plausible training: its numbers follow from the trial's specification alone.
// Returns when the trial has ended, if its ending lets the process live.
void Perform(const Script& script, const trainer_protocol::TrainCommand& command,
             const std::string& gate, Stage& stage);

}  // namespace adares::fakes
