#include "procedures/script.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

namespace kvmtest::procedures {

namespace {

class Parser {
 public:
  explicit Parser(const std::string& text) : text_(text) {}

  std::variant<std::vector<ScriptStep>, std::string> Parse() {
    for (SkipSpace(); position_ < text_.size() && error_.empty(); SkipSpace()) ParseStep();
    if (!error_.empty()) return fmt::format("{}: {}", line_, error_);
    return steps_;
  }

 private:
  void ParseStep() {
    ScriptStep step;
    step.line = line_;
    if (text_[position_] == '{') {
      step.json = TakeJson();
      if (error_.empty() && !step.json.contains("execute"))
        error_ = "a command without \"execute\"";
    } else {
      ParseWord(&step);
    }
    if (error_.empty()) steps_.push_back(std::move(step));
  }

  void ParseWord(ScriptStep* step) {
    std::string word = TakeWord();
    if (word == "expect") {
      step->kind = ScriptStep::kExpect;
      step->json = TakeJson();
    } else if (word == "error") {
      step->kind = ScriptStep::kError;
      nlohmann::json said = TakeJson();
      if (error_.empty() && !said.is_string()) error_ = "error needs a text in quotes";
      if (error_.empty()) step->text = said;
    } else if (word == "event") {
      step->kind = ScriptStep::kEvent;
      step->text = TakeWord();
      if (step->text.empty()) error_ = "event needs a name";
      SkipSpace();
      if (position_ < text_.size() && text_[position_] == '{' && !IsCommand()) {
        step->json = TakeJson();
      }
    } else if (word == "wait") {
      step->kind = ScriptStep::kWait;
      ReadSeconds(TakeWord(), step);
    } else {
      error_ = fmt::format(
          "'{}': expected a command {{\"execute\": ...}}, expect, error, event or "
          "wait",
          word);
      return;
    }
    bool answers = step->kind == ScriptStep::kExpect || step->kind == ScriptStep::kError;
    if (answers && (steps_.empty() || steps_.back().kind != ScriptStep::kCommand)) {
      error_ = word + " stands behind no command";
    }
  }

  void ReadSeconds(const std::string& word, ScriptStep* step) {
    char* end = nullptr;
    step->seconds = std::strtod(word.c_str(), &end);
    if (!word.empty() && *end == '\0' && step->seconds >= 0 && step->seconds <= 86400) return;
    error_ = fmt::format("wait {}: expected a number of seconds", word);
  }

  // Behind an event may stand its data or the next command.
  bool IsCommand() {
    size_t position = position_;
    int line = line_;
    nlohmann::json json = TakeJson();
    position_ = position;
    line_ = line;
    return json.contains("execute");
  }

  void SkipSpace() {
    for (; position_ < text_.size(); ++position_) {
      if (text_[position_] == '#') {
        position_ = std::min(text_.find('\n', position_), text_.size());
        if (position_ == text_.size()) return;
      }
      if (text_[position_] == '\n') ++line_;
      if (std::string_view(" \t\r\n").find(text_[position_]) == std::string_view::npos) return;
    }
  }

  std::string TakeWord() {
    SkipSpace();
    size_t end = std::min(text_.find_first_of(" \t\r\n", position_), text_.size());
    std::string word = text_.substr(position_, end - position_);
    position_ = end;
    return word;
  }

  // The shortest text from here that is a JSON value.
  nlohmann::json TakeJson() {
    SkipSpace();
    size_t end = EndOfJson();
    std::string text = text_.substr(position_, end - position_);
    nlohmann::json json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (json.is_discarded()) {
      error_ = fmt::format("no JSON: {}", text.substr(0, text.find('\n')));
      return nullptr;
    }
    line_ += static_cast<int>(std::count(text.begin(), text.end(), '\n'));
    position_ = end;
    return json;
  }

  size_t EndOfJson() const {
    int depth = 0;
    bool quoted = false;
    for (size_t i = position_; i < text_.size(); ++i) {
      char c = text_[i];
      if (quoted) {
        if (c == '\\') ++i;
        if (c == '"') quoted = false;
      } else if (c == '"') {
        quoted = true;
      } else if (c == '{' || c == '[') {
        ++depth;
      } else if (c == '}' || c == ']') {
        --depth;
      } else if (depth == 0 && (c == ' ' || c == '\n' || c == '\t' || c == '\r')) {
        return i;
      }
      if (depth == 0 && !quoted && (c == '}' || c == ']' || c == '"')) return i + 1;
    }
    return text_.size();
  }

  const std::string& text_;
  size_t position_ = 0;
  int line_ = 1;
  std::vector<ScriptStep> steps_;
  std::string error_;
};

}  // namespace

std::variant<std::vector<ScriptStep>, std::string> ParseScript(const std::string& text) {
  return Parser(text).Parse();
}

bool Holds(const nlohmann::json& found, const nlohmann::json& expected) {
  if (expected.is_object()) {
    return found.is_object() &&
           std::all_of(expected.items().begin(), expected.items().end(), [&](const auto& item) {
             return found.contains(item.key()) && Holds(found[item.key()], item.value());
           });
  }
  if (!expected.is_array()) return found == expected;
  if (!found.is_array() || found.size() < expected.size()) return false;
  for (size_t i = 0; i < expected.size(); ++i) {
    if (!Holds(found[i], expected[i])) return false;
  }
  return true;
}

}  // namespace kvmtest::procedures
