// Standard output of a command, written in large pieces, and what goes to standard error.
#ifndef KVMTEST_STANDARD_OUTPUT_H_
#define KVMTEST_STANDARD_OUTPUT_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace kvmtest {

class StandardOutput {
 public:
  // What a command exits with if its output could not be written.
  static constexpr int kExitCode = 3;

  // Append to it, then call FlushIfLarge now and then, which is false once writing has failed:
  // stop then. Finish at the end writes the rest, and says on standard error what failed.
  std::string& buffer() { return buffer_; }
  bool FlushIfLarge() { return buffer_.size() < kPiece || Flush(); }
  // A piece that is large already: written at once, behind what is in the buffer.
  bool Write(std::string_view piece) { return Flush() && WriteAll(piece); }
  bool Finish();

 private:
  static constexpr size_t kPiece = size_t{1} << 18;

  bool Flush();
  bool WriteAll(std::string_view text);

  std::string buffer_;
  int error_ = 0;  // errno of the write that failed
};

// To a file, or to standard output if no path is given. What the command exits with; what failed is
// said on standard error.
int WriteTo(const std::string& path, const std::string& text);

// On standard error.
void Say(const std::string& text);

}  // namespace kvmtest

#endif  // KVMTEST_STANDARD_OUTPUT_H_
