#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <vector>

namespace finemix {

// The rows of a loop, as many for each thread, which takes them in order from the first. Threads do
// not get on equally well: the system and other guests of a machine take time from one and not from
// the other. So who has none left takes from the end of another's.
class SharedRows {
 public:
  SharedRows(std::int64_t rows, std::int64_t threads) : shares_(static_cast<std::size_t>(threads)) {
    const std::int64_t each = (rows + threads - 1) / threads;
    for (std::int64_t i = 0; i < threads; ++i) {
      shares_[static_cast<std::size_t>(i)].left =
          both(std::min(rows, i * each), std::min(rows, (i + 1) * each));
    }
  }

  // Calls body(begin, end) for what thread `own` gets hold of, at least `grain` rows a time where
  // there are so many.
  template <typename Body>
  void work(std::int64_t own, std::int64_t grain, const Body& body) {
    const auto count = static_cast<std::int64_t>(shares_.size());
    for (std::int64_t i = 0; i < count; ++i) {
      std::atomic<std::uint64_t>& left = shares_[static_cast<std::size_t>((own + i) % count)].left;
      std::uint64_t now = left;
      while (begin_of(now) < end_of(now)) {
        const std::int64_t begin = begin_of(now);
        const std::int64_t end = end_of(now);
        // Less and less at a time, so that all are done at about the same.
        const std::int64_t piece = std::min(end - begin, std::max(grain, (end - begin) / 3));
        if (i == 0) {
          if (!left.compare_exchange_weak(now, both(begin + piece, end))) continue;
          body(begin, begin + piece);
        } else {
          if (!left.compare_exchange_weak(now, both(begin, end - piece))) continue;
          body(end - piece, end);
        }
        now = left;
      }
    }
  }

  // Rows that no thread has got hold of.
  std::int64_t unclaimed() const {
    std::int64_t rows = 0;
    for (const Share& share : shares_) {
      const std::uint64_t now = share.left;
      rows += end_of(now) - begin_of(now);
    }
    return rows;
  }

 private:
  struct alignas(64) Share {
    std::atomic<std::uint64_t> left;
  };
  static std::uint64_t both(std::int64_t begin, std::int64_t end) {
    return static_cast<std::uint64_t>(begin) << 32 | static_cast<std::uint64_t>(end);
  }
  static std::int64_t begin_of(std::uint64_t both) { return static_cast<std::int64_t>(both >> 32); }
  static std::int64_t end_of(std::uint64_t both) {
    return static_cast<std::int64_t>(both & 0xFFFFFFFFu);
  }

  std::vector<Share> shares_;
};

// at::parallel_for over [0, rows), fewer than 2³², for what takes long enough to be worth it. A
// loop inside a loop is the calling thread's alone.
//
// While there are rows enough for the others, the last of several threads calls beside(), which
// does a little of something else, until that returns false.
template <typename Body, typename Beside>
void balanced_for(std::int64_t rows, std::int64_t grain, const Body& body, const Beside& beside) {
  if (rows <= 0) return;
  const std::int64_t threads =
      std::min<std::int64_t>(at::get_num_threads(), (rows - 1) / grain + 1);
  if (threads == 1 || at::in_parallel_region()) return body(std::int64_t{0}, rows);
  SharedRows shared(rows, threads);
  at::parallel_for(0, threads, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      while (i == threads - 1 && shared.unclaimed() >= threads * grain && beside()) {
      }
      shared.work(i, grain, body);
    }
  });
}

template <typename Body>
void balanced_for(std::int64_t rows, std::int64_t grain, const Body& body) {
  balanced_for(rows, grain, body, [] { return false; });
}

}  // namespace finemix
