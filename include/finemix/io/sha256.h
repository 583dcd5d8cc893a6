#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace finemix {

// SHA-256 of bytes that come in pieces (FIPS 180-4).
class Sha256 {
 public:
  // kFastest takes the processor's own instructions where it has them; both give the same hash.
  enum class Engine { kFastest, kPortable };

  explicit Sha256(Engine engine = Engine::kFastest);

  void update(std::span<const std::byte> bytes);
  // 64 lower-case hexadecimal digits. Ends the hash: no update() after it.
  std::string finish();

 private:
  using State = std::array<std::uint32_t, 8>;
  static constexpr std::size_t kBlockBytes = 64;

  void (*compress_)(State& state, const std::byte* blocks, std::size_t count);
  State state_;
  std::array<std::byte, kBlockBytes> pending_{};
  std::uint64_t bytes_ = 0;
};

}  // namespace finemix
