// A store of blobs against a model of it, a set: uploads that begin, go on, meet and end in any
// order, removals, and restarts. Each two bytes are an operation and its argument.
#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <string>

#include "core/sha256.h"
#include "core/status.h"
#include "server/artifacts/blob_store.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/scratch_folder.h"

namespace adares {
namespace {

using fuzz::Require;

const std::array kContents = {std::string(""), std::string("a blob"), std::string(5'000, 'x')};

class Run {
 public:
  Run() : folder_(fuzz::ScratchFolder() / "blobs") {
    std::filesystem::remove_all(folder_);
    Open();
  }

  void Do(uint8_t operation, uint8_t argument) {
    const size_t which = argument % kContents.size();
    switch (operation % 8) {
      case 0:
        return Begin(which, argument / 3);
      case 1:
        return Append(which, argument);
      case 2:
        return Finish(which);
      case 3:
        return Look(which);
      case 4:
        return Spoil(which);
      case 5:
        uploads_[which].reset();
        return;
      case 6:
        return Remove(which);
      default:
        return Open();
    }
  }

 private:
  static BlobName NameOf(size_t which) {
    return {Sha256Hex(kContents[which]), std::ssize(kContents[which])};
  }

  void Open() {
    for (auto& upload : uploads_) upload.reset();
    store_.reset();
    auto store = BlobStore::Open(folder_, {.reserve_bytes = 0}, Timestamp());
    Require(store.ok(), "a store can be opened however it was left");
    store_ = *std::move(store);
    for (size_t which = 0; which < kContents.size(); ++which) Look(which);
  }

  // Where the bytes end, or elsewhere.
  void Begin(size_t which, int64_t shift) {
    const BlobName name = NameOf(which);
    const int64_t received = store_->Received(name);
    const int64_t offset = shift % 4 == 3 ? received + shift : received;
    uploads_[which].reset();
    auto upload = store_->Begin(name, offset, Timestamp());
    if (whole_.contains(which)) {
      return Require(upload.ok() && *upload == nullptr, "what is whole is not uploaded again");
    }
    if (offset != received) {
      return Require(ErrorReason(upload.status()) == reason::kUploadMoved,
                     "an upload goes on where the bytes end");
    }
    Require(upload.ok() && *upload != nullptr, "an upload begins");
    Require((*upload)->received_bytes() == received, "where it should");
    uploads_[which] = *std::move(upload);
  }

  void Append(size_t which, size_t length) {
    if (!uploads_[which]) return;
    BlobUpload& upload = *uploads_[which];
    const auto at = static_cast<size_t>(upload.received_bytes());
    const absl::Status status =
        store_->Append(upload, std::string_view(kContents[which]).substr(at, length * 50));
    Require(status.ok(), "bytes within the blob are taken");
  }

  void Spoil(size_t which) {
    if (!uploads_[which]) return;
    BlobUpload& upload = *uploads_[which];
    const absl::Status status = store_->Append(upload, "!");
    if (!status.ok()) return Require(upload.is_complete(), "only beyond the end there is no room");
    spoiled_.insert(which);
  }

  void Finish(size_t which) {
    if (!uploads_[which] || !uploads_[which]->is_complete()) return;
    const absl::Status status = store_->Finish(*uploads_[which], Timestamp());
    if (spoiled_.contains(which)) {
      Require(ErrorReason(status) == reason::kBlobMismatch, "what has another hash is refused");
    } else {
      Require(status.ok(), "a whole blob gets its name");
      whole_.insert(which);
    }
    spoiled_.erase(which);
    uploads_[which].reset();
    Look(which);
  }

  void Remove(size_t which) {
    if (!whole_.contains(which)) return;
    std::filesystem::remove_all(folder_);
    whole_.clear();
    spoiled_.clear();
    Open();
  }

  void Look(size_t which) {
    const BlobName name = NameOf(which);
    const auto is_whole = store_->IsWhole(name, Timestamp());
    Require(is_whole.ok() && *is_whole == whole_.contains(which), "the store knows what it has");
    const auto reader = store_->Read(name.sha256);
    Require(reader.ok() == whole_.contains(which), "and only that can be read");
    if (!reader.ok()) return;
    const auto bytes = (*reader)->Read(0, 10'000);
    Require(bytes.ok() && *bytes == kContents[which], "as it was");
  }

  const std::filesystem::path folder_;
  std::unique_ptr<BlobStore> store_;
  std::array<std::unique_ptr<BlobUpload>, kContents.size()> uploads_;
  std::set<size_t> whole_;
  std::set<size_t> spoiled_;  // parts with a wrong byte
};

}  // namespace
}  // namespace adares

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  adares::Run run;
  for (size_t at = 0; at + 1 < size && at < 200; at += 2) run.Do(data[at], data[at + 1]);
  return 0;
}
