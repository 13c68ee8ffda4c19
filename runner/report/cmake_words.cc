#include "report/cmake_words.h"

namespace kvmtest::report {

namespace {

// The bracket argument that begins at `at` (a '['), and *end behind it; false if none does.
bool ReadBracket(std::string_view text, size_t at, std::string* argument, size_t* end) {
  size_t open = at + 1;
  while (open < text.size() && text[open] == '=') ++open;
  if (open >= text.size() || text[open] != '[') return false;
  std::string close = "]" + std::string(open - at - 1, '=') + "]";
  size_t begin = open + 1;
  size_t stop = text.find(close, begin);
  if (stop == std::string_view::npos) return false;
  // CMake drops a line end right behind the opening bracket.
  if (begin < stop && text[begin] == '\n') ++begin;
  *argument = std::string(text.substr(begin, stop - begin));
  *end = stop + close.size();
  return true;
}

}  // namespace

std::vector<std::string> BracketArguments(std::string_view text) {
  std::vector<std::string> found;
  for (size_t at = 0; at < text.size();) {
    std::string argument;
    size_t end = 0;
    if (text[at] == '[' && ReadBracket(text, at, &argument, &end)) {
      found.push_back(argument);
      at = end;
    } else {
      ++at;
    }
  }
  return found;
}

std::vector<std::string> SetArguments(std::string_view script, const std::string& name) {
  std::string begin = "set(" + name + " ";
  size_t at = script.find("\n" + begin);
  if (at == std::string_view::npos) return {};
  at += 1 + begin.size();
  std::vector<std::string> found;
  while (at < script.size() && script[at] != ')') {
    std::string argument;
    size_t end = 0;
    if (script[at] == '[' && ReadBracket(script, at, &argument, &end)) {
      found.push_back(argument);
      at = end;
    } else {
      ++at;
    }
  }
  return found;
}

std::vector<std::string> ExplainCommand(std::string_view call_script) {
  std::vector<std::string> generator = SetArguments(call_script, "kvmtest_generator");
  size_t command = call_script.find("execute_process(");
  size_t dashes = call_script.find("\n      --\n", command);
  size_t end = call_script.find("\n    WORKING_DIRECTORY", dashes);
  if (generator.size() != 1 || command == std::string_view::npos ||
      dashes == std::string_view::npos || end == std::string_view::npos) {
    return {};
  }
  std::vector<std::string> words = {generator[0], "explain"};
  for (const std::string& option :
       BracketArguments(call_script.substr(command, dashes - command))) {
    for (const char* begin : {"--dialect=", "--set-param="}) {
      if (option.rfind(begin, 0) == 0) words.push_back(option);
    }
  }
  // Of several strings, the file first: the generator takes them in this order.
  for (std::string& word : BracketArguments(call_script.substr(dashes, end - dashes))) {
    words.push_back(std::move(word));
  }
  return words;
}

}  // namespace kvmtest::report
