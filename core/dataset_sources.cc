// Sizes and SHA-256 of the archives are those of TensorFlow Datasets, url_checksums/mnist.txt,
// fashion_mnist.txt, cifar10.txt and cifar100.txt (https://github.com/tensorflow/datasets). Of the
// unpacked files only MNIST's checksums are published by several projects, with the same values,
// and a copy of MNIST that was unpacked elsewhere has them. Of Fashion-MNIST's and CIFAR's unpacked
// files no SHA-256 was found at any source.
#include "core/dataset_sources.h"

#include "core/dataset_table.h"

namespace adares {
namespace {

// Four IDX files, each in an archive of its own. Archives and digests come in the table's order.
struct IdxArchive {
  int64_t bytes;
  const char* sha256;
  const char* unpacked_sha256;
};

DatasetSource IdxSource(Dataset dataset, std::vector<std::string> addresses, const PartSize& size,
                        const IdxArchive (&archives)[4]) {
  DatasetSource source{std::string(Name(dataset)), "", std::move(addresses), {}};
  const std::vector<std::string> paths = FilesOfDataset(dataset);
  for (size_t i = 0; i < paths.size(); ++i) {
    const size_t slash = paths[i].find('/');
    source.folder = paths[i].substr(0, slash);
    const DataForm form = i % 2 == 0 ? DataForm::kIdxImages : DataForm::kIdxLabels;
    const int64_t records = i < 2 ? size.train : size.test;
    source.archives.push_back({paths[i].substr(slash + 1) + ".gz",
                               Packing::kGzip,
                               archives[i].bytes,
                               archives[i].sha256,
                               {{paths[i], form, records, archives[i].unpacked_sha256}}});
  }
  return source;
}

// One archive with all files. The files of the training part share its records.
DatasetSource CifarSource(Dataset dataset, DataArchive archive, DataForm form,
                          const PartSize& size) {
  const std::vector<std::string> paths = FilesOfDataset(dataset);
  const auto train_files = static_cast<int64_t>(paths.size()) - 1;
  for (const std::string& path : paths) {
    const bool is_test = path == paths.back();
    archive.files.push_back({path, form, is_test ? size.test : size.train / train_files, ""});
  }
  const std::string folder = paths.front().substr(0, paths.front().find('/'));
  return {std::string(Name(dataset)),
          folder,
          {"https://www.cs.toronto.edu/~kriz/"},
          {std::move(archive)}};
}

// The publisher's own address, http://yann.lecun.com/exdb/mnist/, no longer gives the files out.
DatasetSource Mnist() {
  return IdxSource(Dataset::kMnist,
                   {"https://storage.googleapis.com/cvdf-datasets/mnist/",
                    "https://ossci-datasets.s3.amazonaws.com/mnist/"},
                   kMnistSize,
                   {{9'912'422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                     "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"},
                    {28'881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                     "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"},
                    {1'648'877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                     "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"},
                    {4'542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
                     "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"}});
}

DatasetSource FashionMnist() {
  return IdxSource(
      Dataset::kFashionMnist, {"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"},
      kFashionMnistSize,
      {{26'421'880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84", ""},
       {29'515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845", ""},
       {4'422'102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073", ""},
       {5'148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5", ""}});
}

DatasetSource Cifar10() {
  return CifarSource(Dataset::kCifar10,
                     {"cifar-10-binary.tar.gz",
                      Packing::kTarGzip,
                      170'052'171,
                      "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
                      {}},
                     DataForm::kCifar10, kCifar10Size);
}

DatasetSource Cifar100() {
  return CifarSource(Dataset::kCifar100,
                     {"cifar-100-binary.tar.gz",
                      Packing::kTarGzip,
                      168'513'733,
                      "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
                      {}},
                     DataForm::kCifar100, kCifar100Size);
}

}  // namespace

int64_t HeaderBytes(DataForm form) {
  if (form == DataForm::kIdxImages) return 16;
  return form == DataForm::kIdxLabels ? 8 : 0;
}

int64_t RecordBytes(DataForm form) {
  switch (form) {
    case DataForm::kIdxImages:
      return 28 * 28;
    case DataForm::kIdxLabels:
      return 1;
    case DataForm::kCifar10:
      return 1 + 3 * 32 * 32;
    case DataForm::kCifar100:
      break;
  }
  return 2 + 3 * 32 * 32;
}

int64_t FileBytes(const DataFile& file) {
  return HeaderBytes(file.form) + file.records * RecordBytes(file.form);
}

std::optional<DatasetSource> SourceOfDataset(Dataset dataset) {
  switch (dataset) {
    case Dataset::kMnist:
      return Mnist();
    case Dataset::kFashionMnist:
      return FashionMnist();
    case Dataset::kCifar10:
      return Cifar10();
    case Dataset::kCifar100:
      return Cifar100();
    case Dataset::kFolder:
    case Dataset::kSynthetic:
      break;
  }
  return std::nullopt;
}

std::vector<DatasetSource> DatasetSources() {
  return {Mnist(), FashionMnist(), Cifar10(), Cifar100()};
}

}  // namespace adares
