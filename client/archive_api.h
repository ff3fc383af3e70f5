// The functions of libarchive that are used, loaded when they are first needed. Brings libarchive's
// headers in: for unpack.cc only. Thread-safe.
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include "absl/status/statusor.h"

namespace adares::client {

struct ArchiveApi {
  decltype(archive_read_new)* read_new;
  decltype(archive_read_free)* read_free;
  decltype(archive_read_support_filter_gzip)* support_gzip;
  decltype(archive_read_support_format_tar)* support_tar;
  decltype(archive_read_support_format_raw)* support_raw;
  decltype(archive_read_open_filename)* open_filename;
  decltype(archive_read_next_header)* next_header;
  decltype(archive_read_data)* read_data;
  decltype(archive_error_string)* error_string;
  decltype(archive_entry_pathname)* pathname;
  decltype(archive_entry_filetype)* filetype;
  decltype(archive_entry_hardlink)* hardlink;

  // FAILED_PRECONDITION where libarchive is not installed.
  static absl::StatusOr<const ArchiveApi*> Load();
};

}  // namespace adares::client
