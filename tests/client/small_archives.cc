// Written by libarchive, without times.
#include "tests/client/small_archives.h"

#include <archive.h>
#include <archive_entry.h>

#include <random>
#include <stdexcept>

#include "core/sha256.h"

namespace adares::client {
namespace {

using Writer = std::unique_ptr<archive, decltype(archive_write_free)*>;

la_ssize_t Collect(archive*, void* text, const void* bytes, size_t size) {
  static_cast<std::string*>(text)->append(static_cast<const char*>(bytes), size);
  return static_cast<la_ssize_t>(size);
}

void Check(archive* writer, int result) {
  if (result < ARCHIVE_OK) throw std::runtime_error(archive_error_string(writer));
}

std::string Pack(const std::vector<TarEntry>& entries, bool is_tar) {
  std::string packed;
  const Writer writer(archive_write_new(), archive_write_free);
  Check(writer.get(), archive_write_add_filter_gzip(writer.get()));
  Check(writer.get(), is_tar ? archive_write_set_format_ustar(writer.get())
                             : archive_write_set_format_raw(writer.get()));
  Check(writer.get(), archive_write_set_options(writer.get(), "gzip:!timestamp"));
  archive_write_set_bytes_in_last_block(writer.get(), 1);
  Check(writer.get(), archive_write_open(writer.get(), &packed, nullptr, Collect, nullptr));
  for (const TarEntry& one : entries) {
    const std::unique_ptr<archive_entry, decltype(archive_entry_free)*> entry(archive_entry_new(),
                                                                              archive_entry_free);
    archive_entry_set_pathname(entry.get(), one.name.c_str());
    archive_entry_set_filetype(entry.get(), one.name.ends_with('/') ? AE_IFDIR : AE_IFREG);
    archive_entry_set_perm(entry.get(), 0755);
    if (!one.symlink.empty()) {
      archive_entry_set_filetype(entry.get(), AE_IFLNK);
      archive_entry_set_symlink(entry.get(), one.symlink.c_str());
    }
    if (!one.hardlink.empty()) archive_entry_set_hardlink(entry.get(), one.hardlink.c_str());
    archive_entry_set_size(entry.get(), std::ssize(one.bytes));
    Check(writer.get(), archive_write_header(writer.get(), entry.get()));
    archive_write_data(writer.get(), one.bytes.data(), one.bytes.size());
  }
  Check(writer.get(), archive_write_close(writer.get()));
  return packed;
}

void AppendBigEndian(uint32_t value, std::string* bytes) {
  for (int shift = 24; shift >= 0; shift -= 8) *bytes += static_cast<char>(value >> shift & 0xff);
}

std::string HeaderOf(const DataFile& file) {
  std::string header;
  if (file.form == DataForm::kCifar10 || file.form == DataForm::kCifar100) return header;
  const bool is_images = file.form == DataForm::kIdxImages;
  AppendBigEndian(is_images ? 0x803 : 0x801, &header);
  AppendBigEndian(static_cast<uint32_t>(file.records), &header);
  if (is_images) AppendBigEndian(28, &header);
  if (is_images) AppendBigEndian(28, &header);
  return header;
}

// What the table says of an archive.
void Describe(SmallDataset& dataset, DataArchive archive, const std::string& bytes) {
  archive.bytes = std::ssize(bytes);
  archive.sha256 = Sha256Hex(bytes);
  dataset.archives.push_back({archive.name, bytes});
  dataset.source.archives.push_back(std::move(archive));
}

}  // namespace

std::string GzipOf(const std::string& bytes) { return Pack({{"data", bytes}}, false); }
std::string TarGzipOf(const std::vector<TarEntry>& entries) { return Pack(entries, true); }

std::string BytesOf(const DataFile& file) {
  std::string bytes = HeaderOf(file);
  std::mt19937 random(static_cast<uint32_t>(file.records));
  for (int64_t record = 0; record < file.records; ++record) {
    int64_t pixels = RecordBytes(file.form);
    if (file.form != DataForm::kIdxImages) bytes += static_cast<char>(record % 10);
    if (file.form == DataForm::kCifar100) bytes += static_cast<char>(record % 100);
    pixels -= file.form == DataForm::kIdxImages ? 0 : file.form == DataForm::kCifar100 ? 2 : 1;
    for (; pixels > 0; --pixels) bytes += static_cast<char>(random() & 0xff);
  }
  return bytes;
}

SmallDataset SmallMnist() {
  SmallDataset dataset;
  dataset.source.dataset = "mnist";
  dataset.source.folder = "mnist";
  for (const DataFile& file :
       {DataFile{"mnist/train-images-idx3-ubyte", DataForm::kIdxImages, 2000, ""},
        DataFile{"mnist/train-labels-idx1-ubyte", DataForm::kIdxLabels, 2000, ""},
        DataFile{"mnist/t10k-images-idx3-ubyte", DataForm::kIdxImages, 10, ""},
        DataFile{"mnist/t10k-labels-idx1-ubyte", DataForm::kIdxLabels, 10, ""}}) {
    DataArchive archive{file.path.substr(6) + ".gz", Packing::kGzip, 0, "", {file}};
    archive.files[0].sha256 = Sha256Hex(BytesOf(file));
    Describe(dataset, archive, GzipOf(BytesOf(file)));
  }
  return dataset;
}

SmallDataset SmallCifar10() {
  SmallDataset dataset;
  dataset.source.dataset = "cifar10";
  dataset.source.folder = "cifar-10-batches-bin";
  const DataFile train{"cifar-10-batches-bin/data_batch_1.bin", DataForm::kCifar10, 60, ""};
  const DataFile test{"cifar-10-batches-bin/test_batch.bin", DataForm::kCifar10, 20, ""};
  Describe(dataset, {"cifar-10-binary.tar.gz", Packing::kTarGzip, 0, "", {train, test}},
           TarGzipOf({{"cifar-10-batches-bin/", ""},
                      {"cifar-10-batches-bin/batches.meta.txt", "airplane\n"},
                      {train.path, BytesOf(train)},
                      {"./" + test.path, BytesOf(test)}}));
  return dataset;
}

}  // namespace adares::client
