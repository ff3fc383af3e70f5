// Data sets that are folders of pictures: FOLDER/train/CLASS/*.png and FOLDER/test/CLASS/*.png.
// Thread-safe: pure functions of the files.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "worker/trainer/decoded_images.h"

namespace adares {

struct PictureFile {
  std::string path;
  uint16_t label = 0;  // place of its class in the sorted names
};

struct FolderListing {
  int64_t classes = 0;  // folders in train/, 2 to 1000
  // The first picture of each class, then the second of each, and so on, by sorted names, so that
  // the first pictures of a part are of all classes alike. Neither is empty.
  std::vector<PictureFile> train;
  std::vector<PictureFile> test;
};

// What is in a folder. Names that begin with a dot are passed over, and files beside the folders of
// the classes. NOT_FOUND where a part is missing, INVALID_ARGUMENT where a class has no pictures to
// train on, exists in test/ alone, or holds something else than PNG files; both name the place.
absl::StatusOr<FolderListing> ListFolder(const std::string& folder);

// Decodes the files, which must all have the size and colours of the first. NOT_FOUND and DATA_LOSS
// naming the file; RESOURCE_EXHAUSTED where the pictures do not fit into the machine's memory.
absl::StatusOr<DecodedData> ReadFolder(const FolderListing& listing);

}  // namespace adares
