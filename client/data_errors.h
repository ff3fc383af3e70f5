// Reasons of failures that happen on this machine alone, beside those of the API in core/status.h.
// Thread-safe: constants.
#pragma once

#include <string_view>

namespace adares::reason {

inline constexpr std::string_view kDownloadFailed = "DOWNLOAD_FAILED";  // nothing came, or not all
inline constexpr std::string_view kDataInvalid = "DATA_INVALID";  // what came is not what is meant
inline constexpr std::string_view kDataMissing = "DATA_MISSING";
inline constexpr std::string_view kDataBusy = "DATA_BUSY";          // somebody else fetches it
inline constexpr std::string_view kFolderBroken = "FOLDER_BROKEN";  // cannot be read or written

}  // namespace adares::reason
