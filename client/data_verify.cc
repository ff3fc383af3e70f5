// One pass over the bytes, for checksum and form together.
#include "client/data_verify.h"

#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/data_form.h"
#include "core/sha256.h"

namespace adares::client {
namespace {

constexpr size_t kPieceBytes = 1 << 20;

// Hands out the file piece by piece; false with errno where it cannot be read to its end.
bool ReadInPieces(const std::string& path, const std::function<void(std::string_view)>& take) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"),
                                                             std::fclose);
  if (file == nullptr) return false;
  std::vector<char> piece(kPieceBytes);
  for (size_t size; (size = std::fread(piece.data(), 1, piece.size(), file.get())) > 0;) {
    take({piece.data(), size});
  }
  return std::ferror(file.get()) == 0;
}

}  // namespace

std::string Sha256OfFile(const std::string& path) {
  Sha256 sha256;
  return ReadInPieces(path, [&](std::string_view bytes) { sha256.Add(bytes); }) ? sha256.Hex() : "";
}

FileVerdict VerifyFile(const std::string& data, const std::string& dataset, const DataFile& file) {
  FileVerdict verdict{dataset, file.path, FileVerdict::State::kMissing, 0, "", ""};
  const std::string path = data + "/" + file.path;
  std::error_code ignored;  // is as good as missing
  if (!std::filesystem::exists(path, ignored)) return verdict;
  Sha256 sha256;
  DataFormCheck form(file);
  const bool is_read = ReadInPieces(path, [&](std::string_view bytes) {
    sha256.Add(bytes);
    form.Add(bytes);
    verdict.bytes += static_cast<int64_t>(bytes.size());
  });
  verdict.state = FileVerdict::State::kBroken;
  if (!is_read) {
    verdict.problem = absl::StrCat("cannot be read: ", std::generic_category().message(errno));
    return verdict;
  }
  verdict.sha256 = sha256.Hex();
  verdict.problem = form.Problem();
  if (!verdict.problem.empty()) return verdict;
  if (file.sha256.empty()) {
    verdict.state = FileVerdict::State::kSound;
  } else {
    verdict.state = verdict.sha256 == file.sha256 ? FileVerdict::State::kAsPublished
                                                  : FileVerdict::State::kDiffers;
  }
  return verdict;
}

}  // namespace adares::client
