// The functions of libcurl that are used, loaded when they are first needed. Brings libcurl's
// header in: for download.cc only. Thread-safe.
#pragma once

#include <curl/curl.h>

#include "absl/status/statusor.h"

namespace adares::client {

struct CurlApi {
  decltype(curl_global_init)* global_init;
  decltype(curl_easy_init)* easy_init;
  decltype(curl_easy_setopt)* easy_setopt;
  decltype(curl_easy_getinfo)* easy_getinfo;
  decltype(curl_easy_strerror)* easy_strerror;
  decltype(curl_easy_cleanup)* easy_cleanup;
  decltype(curl_multi_init)* multi_init;
  decltype(curl_multi_add_handle)* multi_add_handle;
  decltype(curl_multi_remove_handle)* multi_remove_handle;
  decltype(curl_multi_perform)* multi_perform;
  decltype(curl_multi_poll)* multi_poll;
  decltype(curl_multi_info_read)* multi_info_read;
  decltype(curl_multi_cleanup)* multi_cleanup;

  // FAILED_PRECONDITION where libcurl is not installed.
  static absl::StatusOr<const CurlApi*> Load();
};

}  // namespace adares::client
