// How far a long run is, on standard error where that is a terminal: nothing in the first second,
// then a line that is written anew and erased in the end.
#ifndef KVMTEST_GENERATOR_PROGRESS_H_
#define KVMTEST_GENERATOR_PROGRESS_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace kvmtest {

class Progress {
 public:
  // `total` is asked once, from another thread, if the run is a long one. Without it dicts are
  // only counted.
  explicit Progress(std::function<std::optional<uint64_t>()> total = nullptr);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Will anything be shown?
  bool shown() const { return thread_.joinable(); }
  // So many more are done.
  void Add(int64_t more) {
    if (shown()) done_.fetch_add(more, std::memory_order_relaxed);
  }

 private:
  void Run();

  std::function<std::optional<uint64_t>()> total_;
  std::atomic<int64_t> done_ = 0;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::thread thread_;
};

// "1234567 of 10000000 dicts, 12%, 400000/s", or "no dict so far, 3 s".
std::string ProgressText(int64_t done, std::optional<uint64_t> total, double seconds);
// "1234567 dicts counted one by one, 400000/s", or "counting, 3 s".
std::string CountingText(int64_t done, double seconds);

}  // namespace kvmtest

#endif  // KVMTEST_GENERATOR_PROGRESS_H_
