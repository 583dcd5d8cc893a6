#pragma once

#include <chrono>
#include <map>
#include <string>

namespace finemix {

// Where the time of this thread goes, part by part. A part that is entered inside another is
// counted for itself and not for the other.
class Profile {
 public:
  // Starts counting on this thread; what runs elsewhere for it counts as waiting here.
  Profile();
  ~Profile();
  Profile(const Profile&) = delete;
  Profile& operator=(const Profile&) = delete;

  const std::map<std::string, double>& seconds() const { return seconds_; }

 private:
  friend class ProfilePart;
  using Clock = std::chrono::steady_clock;

  const char* enter(const char* part);

  std::map<std::string, double> seconds_;
  const char* part_ = nullptr;  // that the time since `since_` belongs to
  Clock::time_point since_;
};

// Names what this scope does, a string literal. Costs next to nothing while nobody counts.
class ProfilePart {
 public:
  explicit ProfilePart(const char* name);
  ~ProfilePart();
  ProfilePart(const ProfilePart&) = delete;
  ProfilePart& operator=(const ProfilePart&) = delete;

 private:
  const char* outer_ = nullptr;
};

}  // namespace finemix
