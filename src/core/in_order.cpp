#include "finemix/core/in_order.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

namespace finemix {
namespace {

using Body = std::function<void(const InOrderItem&)>;

class Run {
 public:
  Run(const InOrderOptions& options, const Body& make, std::vector<Body> consumers)
      : items_(options.items),
        slots_(std::max<std::size_t>(1, options.slots)),
        make_(make),
        consumers_(std::move(consumers)),
        made_(slots_, kNone),
        next_(consumers_.size(), 0),
        busy_(consumers_.size(), false) {}

  void work(std::size_t worker) {
    std::unique_lock lock(mutex_);
    while (!failure_ && !finished()) {
      if (const auto consumer = ready_consumer()) {
        consume(*consumer, worker, lock);
      } else if (next_made_ < items_ && next_made_ - oldest_alive() < slots_) {
        make(worker, lock);
      } else {
        changed_.wait(lock);
      }
    }
    changed_.notify_all();
  }

  void rethrow_failure() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  std::size_t oldest_alive() const { return *std::min_element(next_.begin(), next_.end()); }
  bool finished() const { return oldest_alive() == items_; }

  // The one that is furthest behind first: it holds up the slots.
  std::optional<std::size_t> ready_consumer() const {
    std::optional<std::size_t> ready;
    for (std::size_t i = 0; i < next_.size(); ++i) {
      if (busy_[i] || next_[i] == items_ || made_[next_[i] % slots_] != next_[i]) continue;
      if (!ready || next_[i] < next_[*ready]) ready = i;
    }
    return ready;
  }

  void consume(std::size_t consumer, std::size_t worker, std::unique_lock<std::mutex>& lock) {
    busy_[consumer] = true;
    run(consumers_[consumer], {next_[consumer], next_[consumer] % slots_, worker}, lock);
    busy_[consumer] = false;
    ++next_[consumer];
    changed_.notify_all();
  }

  void make(std::size_t worker, std::unique_lock<std::mutex>& lock) {
    const std::size_t index = next_made_++;
    run(make_, {index, index % slots_, worker}, lock);
    made_[index % slots_] = index;
    changed_.notify_all();
  }

  void run(const Body& body, const InOrderItem& item, std::unique_lock<std::mutex>& lock) {
    lock.unlock();
    std::exception_ptr failure;
    try {
      body(item);
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    if (failure && !failure_) failure_ = failure;
  }

  const std::size_t items_;
  const std::size_t slots_;
  const Body& make_;
  const std::vector<Body> consumers_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::size_t> made_;  // the item that is whole in each slot
  std::vector<std::size_t> next_;  // of each consumer
  std::vector<bool> busy_;
  std::size_t next_made_ = 0;
  std::exception_ptr failure_;
};

}  // namespace

void run_in_order(const InOrderOptions& options, const Body& make,
                  const std::vector<Body>& consumers) {
  // A slot is free when its item is consumed, so there is always somebody to do that.
  Run run(options, make,
          consumers.empty() ? std::vector<Body>{[](const InOrderItem&) {}} : consumers);
  {
    std::vector<std::jthread> helpers;
    helpers.reserve(options.workers);
    try {
      while (helpers.size() + 1 < std::min(options.workers, options.items)) {
        helpers.emplace_back([&run, worker = helpers.size() + 1] { run.work(worker); });
      }
    } catch (const std::system_error&) {
      // No more threads to be had here: those that started, and this one, do all the work.
    }
    run.work(0);
  }
  run.rethrow_failure();
}

}  // namespace finemix
