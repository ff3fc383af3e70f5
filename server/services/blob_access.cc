#include "server/services/blob_access.h"

#include <utility>

#include "core/status.h"

namespace adares {

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
