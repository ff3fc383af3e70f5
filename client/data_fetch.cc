// Everything happens below .fetch/, which is on the same file system: the last step is a rename.
#include "client/data_fetch.h"

#include <filesystem>
#include <set>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/data_errors.h"
#include "client/data_folder.h"
#include "client/data_verify.h"
#include "client/download.h"
#include "client/fetch_folder.h"
#include "client/number_format.h"
#include "client/problem.h"
#include "client/unpack.h"
#include "core/status.h"

namespace adares::client {
namespace {

namespace fs = std::filesystem;

// One call of FetchDataset.
class Fetching {
 public:
  Fetching(const DatasetSource& source, const FetchRequest& request, Signals& signals,
           FetchDisplay& display)
      : source_(source),
        request_(request),
        signals_(signals),
        display_(display),
        data_(request.data),
        work_(data_, source.dataset) {}

  absl::StatusOr<FetchOutcome> Run() {
    FetchOutcome outcome{source_.dataset, source_.folder, false, 0};
    ADARES_RETURN_IF_ERROR(Look());
    outcome.was_there = missing_.empty();
    if (!outcome.was_there) ADARES_RETURN_IF_ERROR(Bring());
    outcome.bytes = LookAtSource(request_.data, source_).bytes;
    return outcome;
  }

 private:
  // What is missing, where nothing is in the way.
  absl::Status Look() {
    const DatasetPresence there = LookAtSource(request_.data, source_);
    missing_ = {there.missing.begin(), there.missing.end()};
    if (there.wrong_size.empty()) return absl::OkStatus();
    return WithHint(MakeError(absl::StatusCode::kFailedPrecondition, reason::kStateConflict,
                              absl::StrCat((data_ / there.wrong_size.front()).string(),
                                           " is there, and is not as large as the published file")),
                    "move it away, and give the same command again");
  }

  absl::Status Bring() {
    ADARES_RETURN_IF_ERROR(work_.Make());
    ADARES_ASSIGN_OR_RETURN(const auto lock, work_.Lock());
    ADARES_RETURN_IF_ERROR(Look());  // whoever had the lock before may have brought something
    for (const DataArchive& archive : source_.archives) {
      if (IsNeeded(archive)) ADARES_RETURN_IF_ERROR(BringArchive(archive));
    }
    ADARES_RETURN_IF_ERROR(UnpackAll());
    ADARES_RETURN_IF_ERROR(PutInPlace());
    work_.CleanUp();
    return absl::OkStatus();
  }

  bool IsNeeded(const DataArchive& archive) const {
    for (const DataFile& file : archive.files) {
      if (missing_.contains(file.path)) return true;
    }
    return false;
  }

  std::string PartialPath(const DataArchive& archive) const {
    return (work_ / (archive.name + ".partial")).string();
  }

  // From the first address that has it.
  absl::Status BringArchive(const DataArchive& archive) {
    std::error_code error;
    if (fs::exists(work_ / archive.name, error)) return CheckWhole(archive);
    const std::vector<std::string> addresses =
        request_.from.empty() ? source_.addresses : std::vector<std::string>{request_.from};
    absl::Status status;
    for (const std::string& address : addresses) {
      if (!status.ok()) {
        display_.Note(absl::StrCat(std::string(status.message()), "; trying ", HostOf(address)));
      }
      status = DownloadFrom(address, archive);
      if (status.ok() || absl::IsCancelled(status) || !IsTheSources(status)) return status;
    }
    return status;
  }

  // Whether another source may do better.
  static bool IsTheSources(const absl::Status& status) {
    const std::string reason = ErrorReason(status);
    return reason == reason::kDownloadFailed || reason == reason::kDataInvalid;
  }

  absl::Status DownloadFrom(const std::string& address, const DataArchive& archive) {
    Download download;
    download.url = address + archive.name;
    download.path = PartialPath(archive);
    download.bytes = archive.bytes;
    download.patience = request_.patience;
    const int64_t there = SizeOrZero(download.path);
    display_.Note(absl::StrCat(
        there == 0 ? "fetching " : absl::StrCat("going on at ", ShowBytes(there), " with "),
        download.url, " (", ShowBytes(archive.bytes), ")"));
    display_.Begin(archive.name, archive.bytes, FetchDisplay::Clock::now());
    const absl::Status status =
        RunDownload(download, signals_, [this](int64_t begun, int64_t now_there) {
          display_.Update(begun, now_there, FetchDisplay::Clock::now());
        });
    display_.Clear();
    if (!status.ok()) return Explain(status, download);
    return CheckDownloaded(download, archive);
  }

  // What there is to do about a failed download.
  absl::Status Explain(const absl::Status& status, const Download& download) const {
    const int64_t there = SizeOrZero(download.path);
    std::error_code ignored;
    // An empty file of somebody else's is one that is about to grow.
    const bool is_ours = ErrorReason(status) != reason::kDataBusy;
    if (there == 0 && is_ours) fs::remove(download.path, ignored);
    if (absl::IsCancelled(status)) {
      return absl::CancelledError(absl::StrCat("interrupted at ", ShowBytes(there), " of ",
                                               ShowBytes(download.bytes),
                                               "; the same command goes on from there"));
    }
    if (ErrorReason(status) != reason::kDownloadFailed) return status;
    const std::string again =
        there == 0 ? "" : absl::StrCat("the same command goes on at ", ShowBytes(there), "; or ");
    const std::vector<std::string> addresses = AddressesToCome();
    return WithHint(status, absl::StrCat(again, "download ", absl::StrJoin(addresses, " and "),
                                         " on a machine with network and put ",
                                         addresses.size() == 1 ? "it" : "them", " into ",
                                         work_.path().string(), "/, or give --from URL"));
  }

  // Of all archives that are needed and not here, so that one way to another machine is enough.
  std::vector<std::string> AddressesToCome() const {
    std::vector<std::string> addresses;
    for (const DataArchive& archive : source_.archives) {
      std::error_code ignored;
      if (!IsNeeded(archive) || fs::exists(work_ / archive.name, ignored)) continue;
      addresses.push_back(source_.addresses.front() + archive.name);
    }
    return addresses;
  }

  absl::Status CheckDownloaded(const Download& download, const DataArchive& archive) const {
    if (Sha256OfFile(download.path) == archive.sha256) {
      return Rename(download.path, work_ / archive.name);
    }
    std::error_code ignored;
    fs::remove(download.path, ignored);
    return WithHint(
        MakeError(absl::StatusCode::kInternal, reason::kDataInvalid,
                  absl::StrCat(download.url, " has another SHA-256 than the published file; ",
                               "what was downloaded is removed")),
        "the same command downloads it again; --from URL names another source");
  }

  // What somebody put there, or an earlier call.
  absl::Status CheckWhole(const DataArchive& archive) const {
    const fs::path path = work_ / archive.name;
    if (SizeOrZero(path) == archive.bytes && Sha256OfFile(path.string()) == archive.sha256) {
      return absl::OkStatus();
    }
    return WithHint(MakeError(absl::StatusCode::kInternal, reason::kDataInvalid,
                              absl::StrCat(path.string(), " is not the published file")),
                    "remove it, and give the same command again");
  }

  absl::Status UnpackAll() {
    const fs::path unpacked = Unpacked();
    std::error_code ignored;  // says itself what it cannot make
    fs::remove_all(unpacked, ignored);
    ADARES_RETURN_IF_ERROR(MakeFolders(unpacked));
    for (const DataArchive& archive : source_.archives) {
      if (!IsNeeded(archive)) continue;
      display_.Note("unpacking " + archive.name);
      ADARES_RETURN_IF_ERROR(Unpack((work_ / archive.name).string(), archive, unpacked.string()));
      for (const DataFile& file : archive.files) ADARES_RETURN_IF_ERROR(CheckUnpacked(file));
    }
    if (!signals_.Take().interrupt) return absl::OkStatus();
    return absl::CancelledError("interrupted; the same command goes on");
  }

  absl::Status CheckUnpacked(const DataFile& file) const {
    const FileVerdict verdict = VerifyFile(Unpacked().string(), source_.dataset, file);
    if (verdict.state == FileVerdict::State::kAsPublished ||
        verdict.state == FileVerdict::State::kSound) {
      return absl::OkStatus();
    }
    return MakeError(
        absl::StatusCode::kInternal, reason::kDataInvalid,
        absl::StrCat(file.path, ", unpacked: ",
                     verdict.problem.empty() ? "another SHA-256 than published" : verdict.problem));
  }

  // A new folder comes as a whole, a missing file by itself.
  absl::Status PutInPlace() const {
    std::error_code error;
    if (!fs::exists(data_ / source_.folder, error)) {
      ADARES_RETURN_IF_ERROR(SyncFolder(Unpacked() / source_.folder));
      ADARES_RETURN_IF_ERROR(Rename(Unpacked() / source_.folder, data_ / source_.folder));
      return SyncFolder(data_);
    }
    for (const std::string& file : missing_) {
      ADARES_RETURN_IF_ERROR(Rename(Unpacked() / file, data_ / file));
    }
    return SyncFolder(data_ / source_.folder);
  }

  fs::path Unpacked() const { return work_ / "unpacked"; }

  const DatasetSource& source_;
  const FetchRequest& request_;
  Signals& signals_;
  FetchDisplay& display_;
  const fs::path data_;
  const FetchFolder work_;
  std::set<std::string> missing_;  // as of the last Look
};

}  // namespace

absl::StatusOr<FetchOutcome> FetchDataset(const DatasetSource& source, const FetchRequest& request,
                                          Signals& signals, FetchDisplay& display) {
  return Fetching(source, request, signals, display).Run();
}

}  // namespace adares::client
