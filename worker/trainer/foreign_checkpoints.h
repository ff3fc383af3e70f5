// Checkpoints that another version of the trainer wrote. Not thread-safe: works on files.
#pragma once

#include <string>
#include <string_view>

namespace adares {

// What a checkpoint says of itself in the metadata of its state, and the one that is written now.
inline constexpr std::string_view kCheckpointStateFile = "state.safetensors";
inline constexpr std::string_view kCheckpointFormatKey = "adares_checkpoint";
inline constexpr std::string_view kCheckpointFormat = "2";

// Sets checkpoints of another format in the folder aside, and says so in the log: for a trial whose
// checkpoint a coordinator chose, where nobody could bring the version back that wrote it. What
// cannot be read stays for whoever reads it.
void SetForeignCheckpointsAside(const std::string& folder);

}  // namespace adares
