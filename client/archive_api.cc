// Version 13 of the interface is that of all releases 3.x.
#include "client/archive_api.h"

#include "client/lazy_library.h"
#include "core/status.h"

namespace adares::client {
namespace {

absl::StatusOr<ArchiveApi> LoadFunctions() {
  ADARES_ASSIGN_OR_RETURN(const LazyLibrary library,
                          LazyLibrary::Open("libarchive.so.13", "libarchive13"));
  ArchiveApi api = {};
  const bool has_all = library.Find("archive_read_new", &api.read_new) &&
                       library.Find("archive_read_free", &api.read_free) &&
                       library.Find("archive_read_support_filter_gzip", &api.support_gzip) &&
                       library.Find("archive_read_support_format_tar", &api.support_tar) &&
                       library.Find("archive_read_support_format_raw", &api.support_raw) &&
                       library.Find("archive_read_open_filename", &api.open_filename) &&
                       library.Find("archive_read_next_header", &api.next_header) &&
                       library.Find("archive_read_data", &api.read_data) &&
                       library.Find("archive_error_string", &api.error_string) &&
                       library.Find("archive_entry_pathname", &api.pathname) &&
                       library.Find("archive_entry_filetype", &api.filetype) &&
                       library.Find("archive_entry_hardlink", &api.hardlink);
  if (!has_all) return absl::InternalError("libarchive.so.13 is too old");
  return api;
}

}  // namespace

absl::StatusOr<const ArchiveApi*> ArchiveApi::Load() {
  static const absl::StatusOr<ArchiveApi> api = LoadFunctions();
  if (!api.ok()) return api.status();
  return &*api;
}

}  // namespace adares::client
