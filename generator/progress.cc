#include "progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

namespace kvmtest {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kSilence(1000);
constexpr std::chrono::milliseconds kBetween(200);
constexpr const char* kErase = "\r\x1b[K";

}  // namespace

std::string ProgressText(int64_t done, std::optional<uint64_t> total, double seconds) {
  if (done == 0) return fmt::format("no dict so far, {:.0f} s", seconds);
  std::string text = std::to_string(done);
  if (total && *total > 0 && *total < UINT64_MAX)
    text += fmt::format(" of {} dicts, {:.0f}%", *total,
                        100 * static_cast<double>(done) / static_cast<double>(*total));
  else
    text += " dicts";
  return text + fmt::format(", {:.0f}/s", static_cast<double>(done) / seconds);
}

std::string CountingText(int64_t done, double seconds) {
  if (done == 0) return fmt::format("counting, {:.0f} s", seconds);
  return fmt::format("{} dicts counted one by one, {:.0f}/s", done,
                     static_cast<double>(done) / seconds);
}

Progress::Progress(std::function<std::optional<uint64_t>()> total) : total_(std::move(total)) {
  if (isatty(STDERR_FILENO) != 0) thread_ = std::thread([this] { Run(); });
}

Progress::~Progress() {
  if (!thread_.joinable()) return;
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Progress::Run() {
  const Clock::time_point begin = Clock::now();
  std::unique_lock lock(mutex_);
  auto stopped = [this] { return stop_; };
  if (wake_.wait_for(lock, kSilence, stopped)) return;
  lock.unlock();
  const std::optional<uint64_t> total = total_ ? total_() : std::nullopt;
  lock.lock();
  while (!stop_) {
    std::chrono::duration<double> seconds = Clock::now() - begin;
    const int64_t done = done_.load(std::memory_order_relaxed);
    fmt::print(
        stderr, "{}{}", kErase,
        total_ ? ProgressText(done, total, seconds.count()) : CountingText(done, seconds.count()));
    std::fflush(stderr);
    if (wake_.wait_for(lock, kBetween, stopped)) break;
  }
  fmt::print(stderr, "{}", kErase);
  std::fflush(stderr);
}

}  // namespace kvmtest
