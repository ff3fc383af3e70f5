#include "server/services/blob_access.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/checkpoint.h"
#include "core/status.h"
#include "rpc/convert.h"

namespace adares {
absl::Status CheckHash(const std::string& sha256) {
  if (IsSha256(sha256)) return absl::OkStatus();
  return InvalidField("sha256", "must be 64 lower-case hex digits");
}

absl::StatusOr<UploadTarget> TargetOf(const v1::BlobUpload& upload) {
  UploadTarget target{upload.worker(), upload.instance(), {}, {}};
  ADARES_ASSIGN_OR_RETURN(target.id, ParseAttempt(upload.trial(), upload.attempt()));
  ADARES_RETURN_IF_ERROR(CheckHash(upload.sha256()));
  if (upload.size_bytes() < 0 || upload.size_bytes() > kMaxBlobBytes) {
    return InvalidField("size_bytes",
                        absl::StrCat(upload.size_bytes(), " is not in 0..", kMaxBlobBytes));
  }
  target.blob = {upload.sha256(), upload.size_bytes()};
  return target;
}

void IfHeld(const BlobAccess& access, const UploadTarget& target, FilePool::Task then,
            std::function<void(const absl::Status&)> refused) {
  const absl::Status posted =
      access.loop->PostLook([files = access.files, target, then = std::move(then),
                             refused](const Coordinator& coordinator) mutable {
        const absl::Status held = coordinator.CheckHolds(target.worker, target.instance, target.id);
        if (!held.ok()) return refused(held);
        if (!files->TryPost(std::move(then))) refused(OverloadedError());
      });
  if (!posted.ok()) refused(posted);
}

}  // namespace adares
