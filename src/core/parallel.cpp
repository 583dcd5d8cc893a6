#include "finemix/core/parallel.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace finemix {
namespace {

std::atomic<int> requested_threads{0};

// A loop inside a loop runs on its own thread: the cores are taken already.
thread_local bool inside_parallel_for = false;

// More ranges than threads, so that a slow range does not leave the other cores waiting.
constexpr std::size_t kRangesPerThread = 4;

int available_cores() {
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof cores, &cores) == 0) return std::max(1, CPU_COUNT(&cores));
  return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
}

// The ranges of one loop, handed out in ascending order.
class Ranges {
 public:
  using Body = std::function<void(std::size_t, std::size_t)>;

  Ranges(std::size_t n, std::size_t size, const Body& body) : n_(n), size_(size), body_(body) {}

  // Runs ranges until none is left or one has failed.
  void work() {
    inside_parallel_for = true;
    while (!failed_) {
      const std::size_t begin = next_.fetch_add(size_);
      if (begin >= n_) break;
      try {
        body_(begin, begin + std::min(size_, n_ - begin));
      } catch (...) {
        keep_failure(begin);
      }
    }
    inside_parallel_for = false;
  }

  void rethrow_failure() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  // Every range before a failed one has been started, and finishes. So the failure of the lowest
  // range is the one that a plain loop would have met: the same at any thread count.
  void keep_failure(std::size_t begin) {
    const std::lock_guard lock(mutex_);
    if (!failure_ || begin < failure_begin_) {
      failure_ = std::current_exception();
      failure_begin_ = begin;
    }
    failed_ = true;
  }

  const std::size_t n_;
  const std::size_t size_;
  const Body& body_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
  std::exception_ptr failure_;
  std::size_t failure_begin_ = 0;
};

}  // namespace

void set_thread_count(int threads) { requested_threads = std::max(0, threads); }

int thread_count() {
  const int requested = requested_threads;
  return requested > 0 ? requested : available_cores();
}

void parallel_for(std::size_t n, std::size_t grain,
                  const std::function<void(std::size_t begin, std::size_t end)>& body) {
  if (n == 0) return;
  const auto threads = static_cast<std::size_t>(thread_count());
  if (threads == 1 || inside_parallel_for || n <= grain) return body(0, n);

  const std::size_t wanted = threads * kRangesPerThread;
  const std::size_t size = std::max({grain, n / wanted + (n % wanted != 0), std::size_t{1}});
  const std::size_t ranges = n / size + (n % size != 0);
  Ranges work(n, size, body);
  {
    std::vector<std::jthread> helpers;
    helpers.reserve(threads);
    try {
      while (helpers.size() + 1 < std::min(threads, ranges)) {
        helpers.emplace_back([&work] { work.work(); });
      }
    } catch (const std::system_error&) {
      // No more threads to be had here: those that started, and this one, do all the work.
    }
    work.work();
  }
  work.rethrow_failure();
}

}  // namespace finemix
