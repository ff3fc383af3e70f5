// A token is base64url of "1", the list and the key, each ended by a newline. "1" is the version.
#include "server/store/page_token.h"

#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/status.h"

namespace adares {
namespace {

constexpr char kVersion[] = "1";

}  // namespace

absl::Status InvalidPageToken() {
  return MakeError(absl::StatusCode::kInvalidArgument, reason::kPageTokenInvalid,
                   "the page token is none of this list; take it from the previous page of the "
                   "same list, or leave it empty for the first page",
                   {{"field", "page_token"}});
}

std::string MakePageToken(std::string_view list, std::string_view key) {
  return absl::WebSafeBase64Escape(
      absl::StrCat(kVersion, "\n", std::string(list), "\n", std::string(key)));
}

absl::StatusOr<std::string> PageTokenKey(std::string_view list, const std::string& token) {
  std::string text;
  if (!absl::WebSafeBase64Unescape(token, &text)) return InvalidPageToken();
  const std::vector<std::string> parts = absl::StrSplit(text, '\n');
  if (parts.size() != 3 || parts[0] != kVersion || parts[1] != list) return InvalidPageToken();
  return parts[2];
}

absl::StatusOr<int64_t> PageTokenNumber(std::string_view list, const std::string& token) {
  ADARES_ASSIGN_OR_RETURN(const std::string key, PageTokenKey(list, token));
  int64_t number = 0;
  if (!absl::SimpleAtoi(key, &number)) return InvalidPageToken();
  return number;
}

}  // namespace adares
