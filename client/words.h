// The words that people read for the API's enumerations and numbers. Thread-safe: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "adares/v1/resources.pb.h"

namespace adares::client {

// The words of docs/states.md: "running", "worker-lost". An attempt without a reason runs.
std::string StateWord(v1::Sweep::State state);
std::string StateWord(v1::Trial::State state);
std::string StateWord(v1::Worker::State state);
std::string EndReasonWord(v1::Attempt::EndReason reason);
std::string StopAimWord(v1::Trial::StopAim aim);
// The words of docs/trainer.md: "branch-dead".
std::string FlagWord(v1::Flag::Kind kind);

// The words of all states of trials, and the states of some of them.
std::vector<std::string> TrialStateWords();
std::vector<v1::Trial::State> TrialStatesOf(const std::vector<std::string>& words);

// "higher is better".
std::string GoalWord(v1::Objective::Goal goal);

// "1 seed", "2 seeds".
std::string Plural(int64_t count, const char* word);

// "4 succeeded, 1 failed, 2 running, 5 waiting"; what is not there is left out.
std::string CountsText(const v1::TrialCounts& counts);

// "2 variants x 3 seeds = 6 trials".
std::string SizeText(const v1::Sweep& sweep);

}  // namespace adares::client
