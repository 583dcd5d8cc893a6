#include "finemix/text/sentencepiece.h"

#include <sentencepiece_processor.h>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "finemix/io/bytes.h"

namespace finemix {
namespace {

constexpr std::uint64_t kMaxModelBytes = 64 << 20;  // the largest in use have 250,000 pieces, 5 MB

}  // namespace

SentencePieceModel::SentencePieceModel(const std::filesystem::path& path)
    : name_(path.native()), processor_(std::make_unique<sentencepiece::SentencePieceProcessor>()) {
  sentencepiece::SetMinLogLevel(3);  // it would print what is thrown here
  const std::string bytes = read_text_file(path, kMaxModelBytes);
  const auto status = processor_->LoadFromSerializedProto(bytes);
  if (!status.ok()) {
    throw Error(ErrorKind::kMalformed, printable(name_) + ": is no sentencepiece model (" +
                                           printable(status.message()) +
                                           "); is the file whole, and the right one?");
  }
}

SentencePieceModel::~SentencePieceModel() = default;

std::vector<std::int32_t> SentencePieceModel::encode(std::string_view text) const {
  std::vector<int> ids;
  const auto status = processor_->Encode(text, &ids);
  if (!status.ok()) {
    throw Error(ErrorKind::kInternal,
                printable(name_) + ": a text cannot be encoded: " + printable(status.message()));
  }
  return ids;
}

std::size_t SentencePieceModel::size() const {
  return static_cast<std::size_t>(processor_->GetPieceSize());
}

const std::string& SentencePieceModel::piece(std::int32_t id) const {
  if (id < 0 || static_cast<std::size_t>(id) >= size()) {
    throw Error(ErrorKind::kInternal, printable(name_) + ": no piece has id " + std::to_string(id) +
                                          ", expected 0 to " + std::to_string(size() - 1));
  }
  return processor_->IdToPiece(id);
}

std::int32_t SentencePieceModel::id(std::string_view piece) const {
  return processor_->PieceToId(piece);
}

}  // namespace finemix
