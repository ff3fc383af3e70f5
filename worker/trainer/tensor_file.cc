// Between LibTorch's tensors and those of a file. A network is compared with all that a file has
// before anything is copied.
#include "worker/trainer/tensor_file.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/quoted_text.h"
#include "core/sha256.h"
#include "core/status.h"
#include "worker/trainer/convolution.h"

namespace adares {
namespace {

using safetensors::DType;
using safetensors::TensorView;

static_assert(std::endian::native == std::endian::little, "tensors are written as they lie");

// Of each kind of difference, in a message.
constexpr size_t kMaxListed = 8;

std::optional<DType> DTypeOf(const torch::Tensor& tensor) {
  switch (tensor.scalar_type()) {
    case torch::kBool:
      return DType::kBool;
    case torch::kUInt8:
      return DType::kU8;
    case torch::kInt8:
      return DType::kI8;
    case torch::kInt16:
      return DType::kI16;
    case torch::kFloat16:
      return DType::kF16;
    case torch::kBFloat16:
      return DType::kBF16;
    case torch::kInt32:
      return DType::kI32;
    case torch::kFloat32:
      return DType::kF32;
    case torch::kFloat64:
      return DType::kF64;
    case torch::kInt64:
      return DType::kI64;
    default:
      return std::nullopt;
  }
}

// As in files, or LibTorch's name for what files do not have.
std::string TypeName(const torch::Tensor& tensor) {
  const std::optional<DType> dtype = DTypeOf(tensor);
  return dtype ? std::string(Name(*dtype)) : torch::toString(tensor.scalar_type());
}

// By the names of their modules.
std::map<std::string, ConvolutionImpl*> ConvolutionsOf(const torch::nn::Module& module) {
  std::map<std::string, ConvolutionImpl*> convolutions;
  for (const auto& item : module.named_modules("", /*include_self=*/false)) {
    auto* convolution = item.value()->as<ConvolutionImpl>();
    if (convolution != nullptr) convolutions[item.key()] = convolution;
  }
  return convolutions;
}

std::string Describe(const std::string& dtype, const std::vector<int64_t>& shape) {
  return absl::StrCat(dtype, " [", absl::StrJoin(shape, ", "), "]");
}

// What is different between a network and a file, for one message.
class Differences {
 public:
  void Add(const std::string& kind, const std::string& what) { kinds_[kind].push_back(what); }
  bool empty() const { return kinds_.empty(); }

  std::string Text() const {
    std::vector<std::string> texts;
    for (const auto& [kind, all] : kinds_) {
      const size_t listed = std::min(all.size(), kMaxListed);
      const std::vector<std::string> first(all.begin(),
                                           all.begin() + static_cast<std::ptrdiff_t>(listed));
      texts.push_back(absl::StrCat(kind, " ", absl::StrJoin(first, ", ")));
      if (listed < all.size()) {
        absl::StrAppend(&texts.back(), " and ", all.size() - listed, " more");
      }
    }
    return absl::StrJoin(texts, "; ");
  }

 private:
  std::map<std::string, std::vector<std::string>> kinds_;
};

Differences Compare(const TensorMap& state,
                    const std::map<std::string, const TensorView*>& stored) {
  Differences differences;
  for (const auto& [name, tensor] : state) {
    const auto found = stored.find(name);
    if (found == stored.end()) {
      differences.Add("it lacks", Quoted(name));
      continue;
    }
    const TensorView& view = *found->second;
    if (DTypeOf(tensor) == view.dtype && tensor.sizes() == view.shape) continue;
    const std::string stored_as = Describe(std::string(Name(view.dtype)), view.shape);
    const std::string wanted = Describe(TypeName(tensor), tensor.sizes().vec());
    differences.Add("it differs in",
                    absl::StrCat(Quoted(name), " (", stored_as, ", the network has ", wanted, ")"));
  }
  for (const auto& [name, view] : stored) {
    if (!state.contains(name)) differences.Add("the network does not have", Quoted(name));
  }
  return differences;
}

// The file's bytes may lie at any address, and those of a BOOL may be more than 0 and 1: they are
// read as numbers, and the conversion on copying makes them true or false.
torch::Tensor RowMajorCopy(const TensorView& view, torch::ScalarType type) {
  torch::Tensor copy = torch::empty(view.shape, type == torch::kBool ? torch::kUInt8 : type);
  if (!view.bytes.empty()) std::memcpy(copy.data_ptr(), view.bytes.data(), view.bytes.size());
  return copy;
}

// The tensors as a file takes them; `owned` keeps what the views refer to.
absl::StatusOr<std::vector<TensorView>> ViewsOf(const TensorMap& tensors,
                                                std::vector<torch::Tensor>& owned) {
  std::vector<TensorView> views;
  for (const auto& [name, tensor] : tensors) {
    const std::optional<DType> dtype = DTypeOf(tensor);
    if (!dtype) {
      return absl::InvalidArgumentError(absl::StrCat(Quoted(name), " has type ", TypeName(tensor),
                                                     ", which safetensors does not have; convert "
                                                     "it first"));
    }
    owned.push_back(tensor.detach().to(torch::kCPU).contiguous());
    const torch::Tensor& values = owned.back();
    views.push_back({name,
                     *dtype,
                     values.sizes().vec(),
                     {static_cast<const uint8_t*>(values.data_ptr()), values.nbytes()}});
  }
  return views;
}

torch::ScalarType ScalarTypeOf(DType dtype) {
  switch (dtype) {
    case DType::kBool:
      return torch::kBool;
    case DType::kU8:
      return torch::kUInt8;
    case DType::kI8:
      return torch::kInt8;
    case DType::kI16:
    case DType::kU16:  // LibTorch 1.13 has no unsigned ones; the bits are kept
      return torch::kInt16;
    case DType::kF16:
      return torch::kFloat16;
    case DType::kBF16:
      return torch::kBFloat16;
    case DType::kI32:
    case DType::kU32:
      return torch::kInt32;
    case DType::kF32:
      return torch::kFloat32;
    case DType::kF64:
      return torch::kFloat64;
    case DType::kI64:
    case DType::kU64:
      break;
  }
  return torch::kInt64;
}

}  // namespace

TensorMap StateOf(const torch::nn::Module& module) {
  TensorMap state;
  for (const auto& parameter : module.named_parameters()) {
    state[parameter.key()] = parameter.value();
  }
  for (const auto& buffer : module.named_buffers()) state[buffer.key()] = buffer.value();
  for (const auto& [name, convolution] : ConvolutionsOf(module)) {
    state[name + ".weight"] = convolution->FullKernel();
  }
  return state;
}

absl::Status SaveTensors(const TensorMap& tensors, const safetensors::Metadata& metadata,
                         const std::string& path) {
  std::vector<torch::Tensor> owned;
  auto views = ViewsOf(tensors, owned);
  ADARES_RETURN_IF_ERROR(Annotate(views.status(), path));
  return safetensors::WriteFile(path, *std::move(views), metadata);
}

absl::StatusOr<StoredTensors> LoadTensors(const std::string& path) {
  ADARES_ASSIGN_OR_RETURN(const safetensors::File file, safetensors::ReadFile(path));
  StoredTensors stored{{}, file.metadata()};
  for (const TensorView& view : file.tensors()) {
    const torch::ScalarType type = ScalarTypeOf(view.dtype);
    stored.tensors[view.name] = RowMajorCopy(view, type).to(type);
  }
  return stored;
}

absl::Status SaveModule(const torch::nn::Module& module, const safetensors::Metadata& metadata,
                        const std::string& path) {
  return SaveTensors(StateOf(module), metadata, path);
}

absl::StatusOr<std::string> DigestOfModule(const torch::nn::Module& module) {
  std::vector<torch::Tensor> owned;
  ADARES_ASSIGN_OR_RETURN(std::vector<TensorView> views, ViewsOf(StateOf(module), owned));
  ADARES_ASSIGN_OR_RETURN(const safetensors::Layout layout,
                          safetensors::Arrange(std::move(views), {}));
  Sha256 digest;
  digest.Add(layout.head);
  for (const TensorView& view : layout.tensors) {
    digest.Add({reinterpret_cast<const char*>(view.bytes.data()), view.bytes.size()});
  }
  return digest.Hex();
}

absl::StatusOr<safetensors::Metadata> LoadModule(torch::nn::Module& module,
                                                 const std::string& path) {
  ADARES_ASSIGN_OR_RETURN(const safetensors::File file, safetensors::ReadFile(path));
  std::map<std::string, const TensorView*> stored;
  for (const TensorView& view : file.tensors()) stored[view.name] = &view;
  TensorMap state = StateOf(module);
  const Differences differences = Compare(state, stored);
  if (!differences.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": does not fit this network: ", differences.Text(),
                     "; load it into the network that it was saved from"));
  }
  const torch::NoGradGuard no_grad;
  for (auto& [name, tensor] : state) {
    tensor.copy_(RowMajorCopy(*stored.at(name), tensor.scalar_type()));
  }
  for (const auto& [name, convolution] : ConvolutionsOf(module)) {
    // Where all taps are held, it is the kernel itself that was copied into.
    if (convolution->DroppedCount() > 0) convolution->SetFullKernel(state[name + ".weight"]);
  }
  return file.metadata();
}

}  // namespace adares
