// Decoded data sets in a folder, shared by the trainers of a machine.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "worker/trainer/decoded_images.h"

namespace adares {

// The folder for decoded data where none is named: $XDG_CACHE_HOME/adares, else
// $HOME/.cache/adares; empty where neither is an absolute path. Reads the environment.
std::string DefaultCacheFolder();

// What a data set is decoded from.
struct DataSource {
  std::string name;                // of its file in the cache: "cifar10"
  std::vector<std::string> files;  // and folders, by absolute paths
  std::function<absl::StatusOr<DecodedData>()> decode;
  // What has one file in the cache, whatever files it is made of; empty: what has these files.
  std::string place = {};
};

// Any number of processes may use one folder. Not thread-safe.
class DataCache {
 public:
  // `folder` is made where it is missing. Empty: data are kept in this process alone.
  explicit DataCache(std::string folder) : folder_(std::move(folder)) {}

  // The data of the cache, if they are of these files as they are now; else decodes them and puts
  // them there, while others that want the same wait. A file in the cache that is damaged or not
  // ours is replaced. Where the folder cannot be used, the data are in plain memory, and a line on
  // standard error says so once. Errors are those of `decode`.
  //
  // Keeps what it gave last: the same files, unchanged, are neither read nor checked again.
  absl::StatusOr<ImageData> Get(const DataSource& source);

  // Lets go of what it gave last.
  void Forget() { last_.reset(); }

 private:
  absl::StatusOr<ImageData> Load(const DataSource& source, const std::string& key);
  absl::StatusOr<ImageData> DecodeAndKeep(const DataSource& source, const std::string& path,
                                          const std::string& key);
  void SayOnce(const std::string& text);

  const std::string folder_;
  bool has_said_ = false;
  std::string last_key_;  // of the sources of `last_`
  std::optional<ImageData> last_;
};

}  // namespace adares
