// Three files: the network under torchvision's names, all else, and the checksums of both.
#include "worker/trainer/checkpoint.h"

#include <algorithm>
#include <bit>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/sha256.h"
#include "core/status.h"
#include "worker/trainer/atomic_file.h"
#include "worker/trainer/file_bytes.h"
#include "worker/trainer/foreign_checkpoints.h"
#include "worker/trainer/state_tensors.h"
#include "worker/trainer/tensor_file.h"

namespace adares {
namespace {

constexpr char kModel[] = "model.safetensors";
constexpr char kChecksums[] = "SHA256SUMS";  // as sha256sum writes and checks it
constexpr char kWayOut[] = "remove this checkpoint";
constexpr std::string_view kState = kCheckpointStateFile;
constexpr std::string_view kFormat = kCheckpointFormat;
constexpr std::string_view kProvenance = "provenance.";

safetensors::Metadata MetadataOf(const TrainingInput& input, const TrainingState& state) {
  safetensors::Metadata metadata = {{std::string(kCheckpointFormatKey), std::string(kFormat)},
                                    {"trial", CanonicalJson(input.spec)},
                                    {"results", state.results.hex()}};
  for (const auto& [key, value] : input.provenance) {
    metadata[absl::StrCat(std::string(kProvenance), key)] = value;
  }
  return metadata;
}

absl::StatusOr<std::string> ChecksumLine(const std::string& folder, const std::string& name) {
  const auto bytes = ReadFileBytes(absl::StrCat(folder, "/", name), kWayOut);
  ADARES_RETURN_IF_ERROR(bytes.status());
  const std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  return absl::StrCat(Sha256Hex(text), "  ", name, "\n");
}

absl::StatusOr<std::string> Checksums(const std::string& folder) {
  ADARES_ASSIGN_OR_RETURN(std::string text, ChecksumLine(folder, kModel));
  ADARES_ASSIGN_OR_RETURN(const std::string line, ChecksumLine(folder, std::string(kState)));
  return text + line;
}

absl::Status CheckChecksums(const std::string& folder) {
  const std::string path = absl::StrCat(folder, "/", kChecksums);
  const auto stored = ReadFileBytes(path, kWayOut);
  ADARES_RETURN_IF_ERROR(stored.status());
  ADARES_ASSIGN_OR_RETURN(const std::string found, Checksums(folder));
  if (std::equal(found.begin(), found.end(), stored->begin(), stored->end())) {
    return absl::OkStatus();
  }
  return absl::DataLossError(
      absl::StrCat(path, ": the checkpoint's files are not what was written; remove the folder"));
}

// `text` of the metadata; DATA_LOSS where there is none.
absl::StatusOr<std::string> Text(const safetensors::Metadata& metadata, const std::string& key,
                                 const std::string& path) {
  const auto found = metadata.find(key);
  if (found != metadata.end()) return found->second;
  return absl::DataLossError(
      absl::StrCat(path, ": lacks the metadata ", key, "; it is no checkpoint of adares-trainer"));
}

Provenance ProvenanceOf(const safetensors::Metadata& metadata) {
  Provenance provenance;
  for (const auto& [key, value] : metadata) {
    if (key.starts_with(kProvenance)) provenance[key.substr(kProvenance.size())] = value;
  }
  return provenance;
}

std::string Of(const Provenance& provenance, const std::string& key) {
  const auto found = provenance.find(key);
  return found == provenance.end() ? "unknown" : found->second;
}

// The way out where a coordinator chose the checkpoint.
constexpr char kAnew[] = "; with a coordinator: adares trial retry --from-scratch";

// Whether the checkpoint is one of this trial on this data.
absl::Status CheckIdentity(const TrainingInput& input, const safetensors::Metadata& metadata,
                           const std::string& path) {
  ADARES_ASSIGN_OR_RETURN(const std::string format,
                          Text(metadata, std::string(kCheckpointFormatKey), path));
  ADARES_ASSIGN_OR_RETURN(const std::string trial, Text(metadata, "trial", path));
  if (format != kFormat) {
    return absl::FailedPreconditionError(absl::StrCat(
        path, ": has format ", format, ", and this trainer reads ", std::string(kFormat),
        "; use the version that wrote it, or another folder", kAnew));
  }
  if (trial != CanonicalJson(input.spec)) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": belongs to another trial, with the specification ", trial,
                     "; take another folder for checkpoints"));
  }
  const std::string taps = Of(ProvenanceOf(metadata), "taps");
  if (taps != Of(input.provenance, "taps")) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": was written ", taps == "all" ? "with" : "without",
                     " --keep-dead-taps, which leaves other parameters to the optimizer; go on in "
                     "the same way",
                     kAnew));
  }
  const std::string now = Of(input.provenance, "data_digest");
  const std::string then = Of(ProvenanceOf(metadata), "data_digest");
  if (now == then) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(path, ": was trained on other data (SHA-256 ", then, ", now ", now,
                   "); bring that data back, or take another folder for checkpoints", kAnew));
}

}  // namespace

absl::Status WriteCheckpoint(const TrainingInput& input, const TrainingState& state,
                             const std::string& folder) {
  const std::string model = absl::StrCat(folder, "/", kModel);
  ADARES_RETURN_IF_ERROR(SaveModule(*state.model, {{"format", "pt"}}, model));
  ADARES_RETURN_IF_ERROR(SaveTensors(TensorsOfState(state), MetadataOf(input, state),
                                     absl::StrCat(folder, "/", std::string(kState))));
  ADARES_ASSIGN_OR_RETURN(const std::string checksums, Checksums(folder));
  return WriteFileAtomically(absl::StrCat(folder, "/", kChecksums), {checksums});
}

absl::StatusOr<Provenance> ReadCheckpoint(const TrainingInput& input, const std::string& folder,
                                          TrainingState& state) {
  ADARES_RETURN_IF_ERROR(CheckChecksums(folder));
  const std::string path = absl::StrCat(folder, "/", std::string(kState));
  ADARES_ASSIGN_OR_RETURN(const StoredTensors stored, LoadTensors(path));
  ADARES_RETURN_IF_ERROR(CheckIdentity(input, stored.metadata, path));
  ADARES_RETURN_IF_ERROR(LoadModule(*state.model, absl::StrCat(folder, "/", kModel)).status());
  ADARES_RETURN_IF_ERROR(Annotate(RestoreState(stored.tensors, input.spec.train, state), path));
  ADARES_ASSIGN_OR_RETURN(std::string results, Text(stored.metadata, "results", path));
  state.results = ResultDigest(std::move(results));
  return ProvenanceOf(stored.metadata);
}

}  // namespace adares
