#include "finemix/text/special_view.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace finemix {
namespace {

class SpecialView : public Tokenizer {
 public:
  SpecialView(std::shared_ptr<const Tokenizer> tokenizer, std::vector<std::int32_t> special_ids)
      : tokenizer_(std::move(tokenizer)), special_ids_(std::move(special_ids)) {
    std::ranges::set_intersection(tokenizer_->framing_ids(), special_ids_,
                                  std::back_inserter(framing_ids_));
  }

  void append_encoding(const Example& example, std::size_t max_length,
                       EncodedTexts& out) const override {
    tokenizer_->append_encoding(example, max_length, out);
  }
  std::vector<std::int32_t> pieces(std::string_view text) const override {
    return tokenizer_->pieces(text);
  }
  std::size_t vocabulary_size() const override { return tokenizer_->vocabulary_size(); }
  const std::string& token(std::int32_t id) const override { return tokenizer_->token(id); }
  PieceText piece_text(std::int32_t id) const override { return tokenizer_->piece_text(id); }
  std::int32_t id(std::string_view token) const override { return tokenizer_->id(token); }
  std::span<const std::int32_t> special_ids() const override { return special_ids_; }
  std::span<const std::int32_t> framing_ids() const override { return framing_ids_; }

 private:
  std::shared_ptr<const Tokenizer> tokenizer_;
  std::vector<std::int32_t> special_ids_;
  std::vector<std::int32_t> framing_ids_;
};

}  // namespace

std::shared_ptr<const Tokenizer> with_special_ids(std::shared_ptr<const Tokenizer> tokenizer,
                                                  std::vector<std::int32_t> special_ids) {
  return std::make_shared<SpecialView>(std::move(tokenizer), std::move(special_ids));
}

}  // namespace finemix
