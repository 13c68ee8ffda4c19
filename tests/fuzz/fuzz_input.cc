#include "fuzz_input.h"

#include <algorithm>
#include <string>
#include <utility>

namespace kvmtest::language {

namespace {

class InputReader {
 public:
  explicit InputReader(FuzzInput* out) : out_(*out) {}

  void Read(std::string_view text) {
    while (!text.empty()) {
      size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
      std::string_view line = text.substr(0, end);
      text.remove_prefix(end);
      if (!Command(line)) part_ += line;
    }
    Finish();
  }

 private:
  // False if the line is text like any other.
  bool Command(std::string_view line) {
    line = line.substr(0, line.find_last_not_of("\r\n") + 1);
    if (line == "#!2009") return out_.input.dialect = Dialect::k2009, true;
    if (line == "#!modern") return out_.input.dialect = Dialect::kModern, true;
    if (line == "#!strict") return out_.input.strict = true;
    if (line == "#!defaults") return out_.input.defaults = true;
    if (line == "#!string") return Begin(""), true;
    if (line.starts_with("#!file ")) return Begin(std::string(line.substr(7))), true;
    return false;
  }

  void Begin(std::string path) {
    Finish();
    path_ = std::move(path);
  }

  void Finish() {
    if (path_.empty())
      out_.input.strings.push_back(std::move(part_));
    else
      out_.reader.Add(path_, std::move(part_));
    part_.clear();
  }

  FuzzInput& out_;
  std::string path_ = "main.cfg";  // empty: a string
  std::string part_;
};

}  // namespace

FuzzInput::FuzzInput(std::string_view text) {
  input.path = "main.cfg";
  InputReader(this).Read(text);
}

}  // namespace kvmtest::language
