// One transfer after another, each from where the file ends.
#include "client/download.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/curl_api.h"
#include "client/data_errors.h"
#include "client/number_format.h"
#include "client/partial_file.h"
#include "client/problem.h"
#include "core/status.h"

namespace adares::client {
namespace {

constexpr int kTickMs = 100;
constexpr long kNoTimeoutMs = 1L << 30;
constexpr long kPartialContent = 206;
constexpr long kRangeNotSatisfiable = 416;

absl::Status Failed(absl::StatusCode code, const std::string& message) {
  return MakeError(code, reason::kDownloadFailed, message);
}

// One request and its answer.
class Transfer {
 public:
  using Clock = std::chrono::steady_clock;

  Transfer(const CurlApi& api, const Download& download, PartialFile& file)
      : api_(api), download_(download), file_(file), begun_(file.size()) {}
  ~Transfer() {
    if (multi_ != nullptr && easy_ != nullptr) api_.multi_remove_handle(multi_, easy_);
    if (easy_ != nullptr) api_.easy_cleanup(easy_);
    if (multi_ != nullptr) api_.multi_cleanup(multi_);
  }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  absl::Status Run(Signals& signals, const OnBytes& on_bytes) {
    Prepare();
    for (int running = 1; running > 0;) {
      api_.multi_perform(multi_, &running);
      on_bytes(begun_, file_.size());
      if (signals.Take().interrupt) return absl::CancelledError("interrupted");
      if (Clock::now() - moved_at_ > download_.patience) return Silent();
      if (running > 0) api_.multi_poll(multi_, nullptr, 0, kTickMs, nullptr);
    }
    int waiting = 0;
    const CURLMsg* message = api_.multi_info_read(multi_, &waiting);
    return Result(message == nullptr ? CURLE_FAILED_INIT : message->data.result);
  }

  bool has_written() const { return has_written_; }
  // Whether the connection was lost, so that another request may bring more.
  bool is_broken_off() const { return broke_off_; }
  // Whether the server cannot go on at the place where it was to.
  bool must_begin_again() const { return must_begin_again_; }

 private:
  void Prepare() {
    easy_ = api_.easy_init();
    multi_ = api_.multi_init();
    if (easy_ == nullptr || multi_ == nullptr) throw std::bad_alloc();
    Set(CURLOPT_URL, download_.url.c_str());
    Set(CURLOPT_PROTOCOLS_STR, "http,https,file");
    Set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    Set(CURLOPT_FOLLOWLOCATION, 1L);
    Set(CURLOPT_MAXREDIRS, 5L);
    Set(CURLOPT_FAILONERROR, 1L);
    Set(CURLOPT_NOSIGNAL, 1L);
    Set(CURLOPT_QUICK_EXIT, 1L);  // an interrupt does not wait for the resolver
    Set(CURLOPT_USERAGENT, "adares");
    // Its own timeouts take means over seconds; Run looks at the bytes themselves.
    Set(CURLOPT_CONNECTTIMEOUT_MS, kNoTimeoutMs);
    Set(CURLOPT_ERRORBUFFER, error_.data());
    Set(CURLOPT_WRITEFUNCTION, &Transfer::Write);
    Set(CURLOPT_WRITEDATA, static_cast<void*>(this));
    const std::string range = absl::StrCat(begun_, "-");
    // Not CURLOPT_RESUME_FROM, which takes a whole file for an error.
    if (begun_ > 0) Set(CURLOPT_RANGE, range.c_str());
    api_.multi_add_handle(multi_, easy_);
  }

  template <typename Value>
  void Set(CURLoption option, Value value) {
    api_.easy_setopt(easy_, option, value);
  }

  // 0 for a file.
  long HttpStatus() const {
    long status = 0;
    api_.easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    return status;
  }

  static size_t Write(char* data, size_t size, size_t count, void* self) {
    return static_cast<Transfer*>(self)->Take({data, size * count}) ? size * count : 0;
  }

  bool Take(std::string_view bytes) {
    if (received_ == 0) problem_ = Begin();
    if (problem_.ok() && file_.size() + std::ssize(bytes) > download_.bytes) {
      problem_ = WrongSize("more than ");
    }
    has_written_ = has_written_ || problem_.ok();
    if (problem_.ok()) problem_ = file_.Append(bytes);
    received_ += std::ssize(bytes);
    moved_at_ = Clock::now();
    return problem_.ok();
  }

  // Before the first byte is taken.
  absl::Status Begin() {
    // Some servers give whole files only.
    const long status = HttpStatus();
    const int64_t begins_at = status == kPartialContent || status == 0 ? begun_ : 0;
    curl_off_t length = -1;
    api_.easy_getinfo(easy_, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    if (length >= 0 && begins_at + length != download_.bytes) {
      // Either another file, or not the range that was asked for; a request for the whole tells.
      must_begin_again_ = begins_at > 0;
      return WrongSize("", begins_at + length);
    }
    if (begins_at < begun_) ADARES_RETURN_IF_ERROR(file_.Clear());
    begun_ = begins_at;
    return absl::OkStatus();
  }

  absl::Status WrongSize(const std::string& more, std::optional<int64_t> bytes = {}) const {
    return WithHint(
        MakeError(absl::StatusCode::kInternal, reason::kDataInvalid,
                  absl::StrCat(download_.url, " has ", more, bytes.value_or(download_.bytes),
                               " bytes, and the published file ", download_.bytes)),
        "that is another file; give another source with --from URL");
  }

  std::string Detail(CURLcode code) const {
    return error_[0] != '\0' ? error_.data() : api_.easy_strerror(code);
  }

  absl::Status Result(CURLcode code) {
    if (!problem_.ok()) return problem_;
    const std::string host = HostOf(download_.url);
    switch (code) {
      case CURLE_OK:
        if (file_.size() == download_.bytes) return absl::OkStatus();
        return WrongSize("", file_.size());
      case CURLE_HTTP_RETURNED_ERROR:
        return HttpError();
      case CURLE_FILE_COULDNT_READ_FILE:
        return Failed(absl::StatusCode::kNotFound, absl::StrCat("there is no ", download_.url));
      case CURLE_BAD_DOWNLOAD_RESUME:
      case CURLE_RANGE_ERROR:
        must_begin_again_ = begun_ > 0;
        break;
      case CURLE_URL_MALFORMAT:
      case CURLE_UNSUPPORTED_PROTOCOL:
        return UsageError(absl::StrCat(download_.url, " is no address: ", Detail(code)));
      default:
        break;
    }
    if (!HasConnected()) {
      return Failed(absl::StatusCode::kUnavailable,
                    absl::StrCat("cannot reach ", host, ": ", Detail(code)));
    }
    broke_off_ = true;
    return Failed(absl::StatusCode::kUnavailable,
                  absl::StrCat(host, " broke off at ", Place(), ": ", Detail(code)));
  }

  // Nothing came for too long.
  absl::Status Silent() const {
    const std::string host = HostOf(download_.url);
    return Failed(absl::StatusCode::kUnavailable,
                  HasConnected() ? absl::StrCat(host, " sends no more, at ", Place())
                                 : absl::StrCat("cannot reach ", host, ": it does not answer"));
  }

  std::string Place() const {
    return absl::StrCat(ShowBytes(file_.size()), " of ", ShowBytes(download_.bytes));
  }

  bool HasConnected() const {
    curl_off_t microseconds = 0;
    api_.easy_getinfo(easy_, CURLINFO_PRETRANSFER_TIME_T, &microseconds);
    return microseconds > 0;
  }

  absl::Status HttpError() {
    const long status = HttpStatus();
    must_begin_again_ = status == kRangeNotSatisfiable && begun_ > 0;
    const std::string message =
        absl::StrCat(HostOf(download_.url), " answers ", status, " to ", download_.url);
    if (status == 404 || status == 410) return Failed(absl::StatusCode::kNotFound, message);
    if (status == 401 || status == 403) return Failed(absl::StatusCode::kPermissionDenied, message);
    return Failed(absl::StatusCode::kUnavailable, message);
  }

  const CurlApi& api_;
  const Download& download_;
  PartialFile& file_;
  CURL* easy_ = nullptr;
  CURLM* multi_ = nullptr;
  std::array<char, CURL_ERROR_SIZE> error_ = {};
  int64_t begun_;
  int64_t received_ = 0;
  Clock::time_point moved_at_ = Clock::now();  // when something came
  bool has_written_ = false;
  bool broke_off_ = false;
  bool must_begin_again_ = false;
  absl::Status problem_;  // with what came
};

}  // namespace

std::string HostOf(const std::string& url) {
  const size_t scheme = url.find("://");
  if (scheme == std::string::npos || url.starts_with("file:")) return url;
  const size_t begin = scheme + 3;
  return url.substr(begin, url.find_first_of("/?#", begin) - begin);
}

absl::Status RunDownload(const Download& download, Signals& signals, const OnBytes& on_bytes) {
  ADARES_ASSIGN_OR_RETURN(const CurlApi* api, CurlApi::Load());
  ADARES_ASSIGN_OR_RETURN(const auto file, PartialFile::Open(download.path));
  if (file->size() > download.bytes) ADARES_RETURN_IF_ERROR(file->Clear());
  int64_t furthest = file->size();
  while (file->size() < download.bytes) {
    Transfer transfer(*api, download, *file);
    const absl::Status status = transfer.Run(signals, on_bytes);
    if (status.ok()) break;
    // A page in the place of the file, as of a network that wants a login, spoils nothing.
    const bool is_spoilt = ErrorReason(status) == reason::kDataInvalid && transfer.has_written();
    if (is_spoilt || transfer.must_begin_again()) ADARES_RETURN_IF_ERROR(file->Clear());
    const bool has_gained = transfer.is_broken_off() && file->size() > furthest;
    if (!has_gained && !transfer.must_begin_again()) return status;
    furthest = std::max(furthest, file->size());
  }
  return file->Sync();
}

}  // namespace adares::client
