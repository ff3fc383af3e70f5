#include "worker/trainer/foreign_checkpoints.h"

#include <cstdio>
#include <optional>

#include "absl/strings/str_cat.h"
#include "worker/trainer/checkpoint_folder.h"
#include "worker/trainer/safetensors.h"

namespace adares {
namespace {

// nullopt where the files do not say.
std::optional<std::string> FormatOf(const StoredCheckpoint& checkpoint) {
  const auto file =
      safetensors::ReadFile(absl::StrCat(checkpoint.path, "/", std::string(kCheckpointStateFile)));
  if (!file.ok()) return std::nullopt;
  const auto format = file->metadata().find(std::string(kCheckpointFormatKey));
  if (format == file->metadata().end()) return std::nullopt;
  return format->second;
}

}  // namespace

void SetForeignCheckpointsAside(const std::string& path) {
  const CheckpointFolder folder(path);
  const auto stored = folder.List();
  if (!stored.ok()) return;
  for (const StoredCheckpoint& checkpoint : *stored) {
    const std::optional<std::string> format = FormatOf(checkpoint);
    if (!format || *format == kCheckpointFormat) continue;
    const absl::Status aside = folder.SetAside(checkpoint);
    std::fprintf(stderr, "checkpoint left aside: %s has format %s, and this trainer reads %s%s\n",
                 checkpoint.path.c_str(), format->c_str(), std::string(kCheckpointFormat).c_str(),
                 aside.ok() ? "" : "; it could not be renamed");
  }
}

}  // namespace adares
