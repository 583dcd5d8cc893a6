#include "finemix/model/pending_update.h"

#include <algorithm>
#include <utility>

#include "finemix/core/profile.h"
#include "finemix/model/balance.h"

namespace finemix {
namespace {

// Short enough that no thread waits long for the one that is at it when a loop ends.
constexpr std::int64_t kPiece = 1 << 14;  // elements

}  // namespace

void PendingUpdate::put_off(std::int64_t elements, Body body) {
  settle();
  elements_ = elements;
  pieces_ = (elements + kPiece - 1) / kPiece;
  body_ = std::move(body);
  next_ = 0;
}

bool PendingUpdate::do_next() {
  if (next_ >= pieces_) return false;
  const std::int64_t piece = next_++;
  if (piece >= pieces_) return false;
  do_piece(piece);
  return true;
}

void PendingUpdate::settle(std::int64_t end) {
  const std::int64_t first = next_;
  const std::int64_t wanted = std::min(pieces_, (end + kPiece - 1) / kPiece);
  if (first < wanted) {
    const ProfilePart part("AdamW");
    balanced_for(wanted - first, 1, [&](std::int64_t begin, std::int64_t past) {
      for (std::int64_t i = begin; i < past; ++i) do_piece(first + i);
    });
    next_ = wanted;
  }
  if (next_ >= pieces_ && body_) body_ = nullptr;  // and with it what it holds on to
}

void PendingUpdate::do_piece(std::int64_t piece) const {
  body_(piece * kPiece, std::min(elements_, (piece + 1) * kPiece));
}

}  // namespace finemix
