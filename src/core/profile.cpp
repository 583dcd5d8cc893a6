#include "finemix/core/profile.h"

namespace finemix {
namespace {

thread_local Profile* current = nullptr;

}  // namespace

Profile::Profile() : since_(Clock::now()) { current = this; }
Profile::~Profile() { current = nullptr; }

const char* Profile::enter(const char* part) {
  const auto now = Clock::now();
  if (part_) seconds_[part_] += std::chrono::duration<double>(now - since_).count();
  since_ = now;
  const char* const outer = part_;
  part_ = part;
  return outer;
}

ProfilePart::ProfilePart(const char* name) {
  if (current) outer_ = current->enter(name);
}
ProfilePart::~ProfilePart() {
  if (current) current->enter(outer_);
}

}  // namespace finemix
