// libcurl keeps its binary interface since 2006, hence the one file name.
#include "client/curl_api.h"

#include "client/lazy_library.h"
#include "core/status.h"

namespace adares::client {
namespace {

absl::StatusOr<CurlApi> LoadFunctions() {
  ADARES_ASSIGN_OR_RETURN(const LazyLibrary library, LazyLibrary::Open("libcurl.so.4", "libcurl4"));
  CurlApi api = {};
  const bool has_all = library.Find("curl_global_init", &api.global_init) &&
                       library.Find("curl_easy_init", &api.easy_init) &&
                       library.Find("curl_easy_setopt", &api.easy_setopt) &&
                       library.Find("curl_easy_getinfo", &api.easy_getinfo) &&
                       library.Find("curl_easy_strerror", &api.easy_strerror) &&
                       library.Find("curl_easy_cleanup", &api.easy_cleanup) &&
                       library.Find("curl_multi_init", &api.multi_init) &&
                       library.Find("curl_multi_add_handle", &api.multi_add_handle) &&
                       library.Find("curl_multi_remove_handle", &api.multi_remove_handle) &&
                       library.Find("curl_multi_perform", &api.multi_perform) &&
                       library.Find("curl_multi_poll", &api.multi_poll) &&
                       library.Find("curl_multi_info_read", &api.multi_info_read) &&
                       library.Find("curl_multi_cleanup", &api.multi_cleanup);
  if (!has_all || api.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    return absl::InternalError("libcurl.so.4 is too old, or does not start");
  }
  return api;
}

}  // namespace

absl::StatusOr<const CurlApi*> CurlApi::Load() {
  static const absl::StatusOr<CurlApi> api = LoadFunctions();
  if (!api.ok()) return api.status();
  return &*api;
}

}  // namespace adares::client
