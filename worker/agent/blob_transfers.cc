#include "worker/agent/blob_transfers.h"

#include <grpcpp/client_context.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/sha256.h"
#include "core/status.h"
#include "rpc/grpc_status.h"
#include "rpc/names.h"
#include "worker/agent/disk_error.h"

namespace adares::worker {
namespace {

namespace fs = std::filesystem;

constexpr size_t kChunkBytes = 512 << 10;
// A call takes no longer than this, and as long again as it takes to send its bytes slowly.
constexpr std::chrono::seconds kAnswerLimit{30};
constexpr int64_t kSlowestBytesPerSecond = 256 << 10;

absl::Status FileError(const std::string& what, const fs::path& path) {
  return DiskError(absl::StrCat("cannot ", what, " ", path.string()));
}

// Up to a chunk from where the file stands; empty at its end.
std::string NextChunk(std::ifstream& file) {
  std::string chunk(kChunkBytes, '\0');
  file.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
  chunk.resize(static_cast<size_t>(file.gcount()));
  return chunk;
}

absl::StatusOr<CheckpointFile> Describe(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  CheckpointFile described{path.filename(), "", 0};
  Sha256 hash;
  for (std::string chunk = NextChunk(file); !chunk.empty(); chunk = NextChunk(file)) {
    hash.Add(chunk);
    described.size_bytes += static_cast<int64_t>(chunk.size());
  }
  if (file.bad() || !file.eof()) return FileError("read", path);
  described.sha256 = hash.Hex();
  return described;
}

absl::StatusOr<std::vector<fs::path>> FilesIn(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {  // ++ throws
    std::error_code unknown;
    const bool is_file = entry->is_regular_file(unknown);
    if (is_file && IsCheckpointFileName(entry->path().filename().string())) {
      files.push_back(entry->path());
    }
  }
  std::ranges::sort(files);
  if (error || files.empty()) return FileError("find files in", folder);
  return files;
}

absl::Status Cancelled() { return absl::CancelledError("the transfer was given up"); }

}  // namespace

struct BlobTransfers::Job : std::enable_shared_from_this<BlobTransfers::Job> {
  std::function<void(Job&)> work;  // in the thread

  std::mutex mutex;                     // guards the rest
  bool dropped = false;                 // nobody waits for it
  grpc::ClientContext* call = nullptr;  // under way

  bool IsDropped() {
    const std::lock_guard lock(mutex);
    return dropped;
  }

  void Drop() {
    const std::lock_guard lock(mutex);
    dropped = true;
    if (call != nullptr) call->TryCancel();
  }

  // Makes a call that Drop can end.
  template <typename Body>
  absl::Status Call(int64_t bytes, Body body) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kAnswerLimit +
                         std::chrono::seconds(bytes / kSlowestBytesPerSecond));
    {
      const std::lock_guard lock(mutex);
      if (dropped) return Cancelled();
      call = &context;
    }
    absl::Status status = body(context);
    const std::lock_guard lock(mutex);
    call = nullptr;
    return status;
  }
};

class BlobTransfers::Handle : public Transfer {
 public:
  explicit Handle(std::shared_ptr<Job> job) : job_(std::move(job)) {}
  ~Handle() override { job_->Drop(); }

 private:
  const std::shared_ptr<Job> job_;
};

BlobTransfers::BlobTransfers(v1::WorkerService::Stub& stub, const WorkerIdentity& identity,
                             PostToOwner post)
    : stub_(stub), identity_(identity), post_(std::move(post)), thread_([this] { Run(); }) {}

BlobTransfers::~BlobTransfers() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    jobs_.clear();
    if (current_) current_->Drop();
  }
  changed_.notify_all();
}

std::unique_ptr<Transfer> BlobTransfers::Start(std::shared_ptr<Job> job) {
  auto handle = std::make_unique<Handle>(job);
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  changed_.notify_all();
  return handle;
}

void BlobTransfers::Run() {
  while (true) {
    std::shared_ptr<Job> job;
    {
      std::unique_lock lock(mutex_);
      current_ = nullptr;
      changed_.wait(lock, [this] { return closing_ || !jobs_.empty(); });
      if (closing_) return;
      job = current_ = std::move(jobs_.front());
      jobs_.pop_front();
    }
    if (!job->IsDropped()) job->work(*job);
  }
}

std::unique_ptr<Transfer> BlobTransfers::Upload(
    const AttemptId& id, const fs::path& folder,
    std::function<void(absl::StatusOr<std::vector<CheckpointFile>>)> done) {
  auto job = std::make_shared<Job>();
  job->work = [this, id, folder, done = std::move(done)](Job& self) {
    auto files = UploadFolder(self, id, folder);
    post_([job = self.shared_from_this(), done, files = std::move(files)] {
      if (!job->IsDropped()) done(files);
    });
  };
  return Start(std::move(job));
}

std::unique_ptr<Transfer> BlobTransfers::Download(const std::vector<CheckpointFile>& files,
                                                  const fs::path& folder,
                                                  std::function<void(absl::Status)> done) {
  auto job = std::make_shared<Job>();
  job->work = [this, files, folder, done = std::move(done)](Job& self) {
    std::error_code error;
    fs::create_directories(folder, error);
    absl::Status status = error ? FileError("make", folder) : absl::OkStatus();
    for (const CheckpointFile& file : files) {
      if (status.ok()) status = DownloadFile(self, file, folder / file.name);
    }
    post_([job = self.shared_from_this(), done, status] {
      if (!job->IsDropped()) done(status);
    });
  };
  return Start(std::move(job));
}

absl::StatusOr<std::vector<CheckpointFile>> BlobTransfers::UploadFolder(Job& job,
                                                                        const AttemptId& id,
                                                                        const fs::path& folder) {
  ADARES_ASSIGN_OR_RETURN(const std::vector<fs::path> paths, FilesIn(folder));
  std::vector<CheckpointFile> files;
  for (const fs::path& path : paths) {
    ADARES_ASSIGN_OR_RETURN(CheckpointFile file, Describe(path));
    v1::BlobUpload upload;
    upload.set_worker(identity_.name);
    upload.set_instance(identity_.instance.own);
    upload.set_trial(TrialResource(id.sweep, id.trial));
    upload.set_attempt(id.attempt);
    upload.set_sha256(file.sha256);
    upload.set_size_bytes(file.size_bytes);
    ADARES_RETURN_IF_ERROR(UploadFile(job, upload, path));
    files.push_back(std::move(file));
  }
  return files;
}

absl::Status BlobTransfers::UploadFile(Job& job, const v1::BlobUpload& upload,
                                       const fs::path& path) {
  v1::GetUploadRequest request;
  *request.mutable_upload() = upload;
  v1::GetUploadResponse known;
  ADARES_RETURN_IF_ERROR(job.Call(0, [&](grpc::ClientContext& context) {
    return FromGrpcStatus(stub_.GetUpload(&context, request, &known));
  }));
  if (known.complete()) return absl::OkStatus();
  return SendFile(job, upload, known.received_bytes(), path);
}

absl::Status BlobTransfers::SendFile(Job& job, const v1::BlobUpload& upload, int64_t offset,
                                     const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file.seekg(offset)) return FileError("read", path);
  v1::UploadBlobResponse response;
  const auto send = [&](grpc::ClientContext& context) {
    const auto stream = stub_.UploadBlob(&context, &response);
    v1::UploadBlobRequest request;
    *request.mutable_begin()->mutable_upload() = upload;
    request.mutable_begin()->set_offset(offset);
    // A write that fails says that the call has ended; Finish says how.
    bool goes_on = stream->Write(request);
    for (std::string chunk = NextChunk(file); goes_on && !chunk.empty(); chunk = NextChunk(file)) {
      request.set_chunk(std::move(chunk));
      goes_on = stream->Write(request);
    }
    stream->WritesDone();
    return FromGrpcStatus(stream->Finish());
  };
  ADARES_RETURN_IF_ERROR(job.Call(upload.size_bytes() - offset, send));
  if (response.received_bytes() == upload.size_bytes()) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("the upload of ", path.string(), " was cut off"));
}

absl::Status BlobTransfers::DownloadFile(Job& job, const CheckpointFile& file,
                                         const fs::path& path) {
  std::error_code none_yet;
  auto have = static_cast<int64_t>(fs::file_size(path, none_yet));
  const bool goes_on = !none_yet && have <= file.size_bytes;
  if (!goes_on) have = 0;
  std::ofstream out(path, std::ios::binary | (goes_on ? std::ios::app : std::ios::trunc));
  v1::DownloadBlobRequest request;
  request.set_sha256(file.sha256);
  request.set_offset(have);
  const auto receive = [&](grpc::ClientContext& context) {
    const auto stream = stub_.DownloadBlob(&context, request);
    v1::DownloadBlobResponse response;
    while (stream->Read(&response)) {
      have += static_cast<int64_t>(response.chunk().size());
      if (have > file.size_bytes ||
          !out.write(response.chunk().data(),
                     static_cast<std::streamsize>(response.chunk().size()))) {
        context.TryCancel();
        break;
      }
    }
    absl::Status status = FromGrpcStatus(stream->Finish());
    if (!out) return FileError("write", path);
    if (have <= file.size_bytes) return status;
    return absl::DataLossError(
        absl::StrCat("blob ", file.sha256, " came with more bytes than ", file.size_bytes));
  };
  const absl::Status received = job.Call(file.size_bytes - have, receive);
  out.close();
  if (absl::IsDataLoss(received)) fs::remove(path, none_yet);  // nothing to go on from
  ADARES_RETURN_IF_ERROR(received);
  if (!out) return FileError("write", path);
  ADARES_ASSIGN_OR_RETURN(const CheckpointFile got, Describe(path));
  if (got.sha256 == file.sha256) return absl::OkStatus();
  fs::remove(path, none_yet);
  return absl::DataLossError(
      absl::StrCat("blob ", file.sha256, " came with the hash ", got.sha256));
}

}  // namespace adares::worker
