#include "kut/unittests.h"

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

namespace kvmtest::kut {

namespace {

using language::Severity;

constexpr std::string_view kBlank = " \t\r";
constexpr std::string_view kTripleQuote = "\"\"\"";
constexpr std::string_view kKeys =
    "file, smp, test_args, qemu_params, extra_params, groups, arch, machine, accel, check, "
    "disabled_if, timeout";

// A part of the file's text.
struct Piece {
  std::string_view text;
  size_t at = 0;
};

Piece Trimmed(Piece piece) {
  size_t begin = std::min(piece.text.find_first_not_of(kBlank), piece.text.size());
  piece.text.remove_prefix(begin);
  piece.at += begin;
  while (!piece.text.empty() && kBlank.find(piece.text.back()) != kBlank.npos) {
    piece.text.remove_suffix(1);
  }
  return piece;
}

std::vector<Piece> Words(Piece piece) {
  std::vector<Piece> words;
  for (piece = Trimmed(piece); !piece.text.empty(); piece = Trimmed(piece)) {
    size_t end = std::min(piece.text.find_first_of(kBlank), piece.text.size());
    words.push_back({piece.text.substr(0, end), piece.at});
    piece.text.remove_prefix(end);
    piece.at += end;
  }
  return words;
}

bool EndsInOddBackslashes(std::string_view text) {
  size_t count = 0;
  while (count < text.size() && text[text.size() - 1 - count] == '\\') ++count;
  return count % 2 == 1;
}

// 90, 90s, 2m, 1h, 0 for no limit; fractions as timeout(1) has them are rounded up.
std::optional<long> Seconds(std::string_view text) {
  long unit = 1;
  if (!text.empty()) {
    char last = text.back();
    if (last == 's' || last == 'm' || last == 'h' || last == 'd') {
      unit = last == 's' ? 1 : last == 'm' ? 60 : last == 'h' ? 3600 : 86400;
      text.remove_suffix(1);
    }
  }
  double number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || !(number >= 0) || number * static_cast<double>(unit) > 1e6) return std::nullopt;
  double seconds = number * static_cast<double>(unit);
  long rounded = static_cast<long>(seconds);
  return static_cast<double>(rounded) < seconds ? rounded + 1 : rounded;
}

class Reading {
 public:
  Reading(const language::SourceMap& sources, language::FileId file,
          language::Diagnostics* diagnostics)
      : sources_(sources), file_(file), text_(sources.Text(file)), diagnostics_(*diagnostics) {}

  std::vector<UnitTest> Run() {
    if (size_t nul = text_.find('\0'); nul != text_.npos) {
      Error({text_.substr(nul, 1), nul}, "a NUL byte: this is no text");
      return {};
    }
    while (pos_ < text_.size() && !diagnostics_.Full()) ReadLine();
    EndTest();
    return std::move(tests_);
  }

 private:
  language::Span SpanOf(Piece piece) const {
    language::Span span = sources_.PlaceOf(file_, piece.at);
    span.length = static_cast<uint32_t>(std::max<size_t>(1, piece.text.size()));
    return span;
  }
  void Error(Piece piece, std::string message, std::string hint = "") {
    good_ = false;
    diagnostics_.Report({.severity = Severity::kError,
                         .span = SpanOf(piece),
                         .message = std::move(message),
                         .hint = std::move(hint)});
  }

  Piece TakeLine() {
    size_t end = std::min(text_.find('\n', pos_), text_.size());
    Piece line{text_.substr(pos_, end - pos_), pos_};
    pos_ = std::min(end + 1, text_.size());
    if (line.text.ends_with('\r')) line.text.remove_suffix(1);
    return line;
  }

  void EndTest() {
    if (in_test_ && good_) {
      if (test_.file.empty()) {
        diagnostics_.Report({.severity = Severity::kError,
                             .span = test_.span,
                             .message = fmt::format("test '{}' has no 'file'", test_.name)});
      } else {
        tests_.push_back(std::move(test_));
      }
    }
    test_ = UnitTest();
    seen_.clear();
    good_ = true;
  }

  void ReadLine() {
    Piece line = Trimmed(TakeLine());
    if (line.text.empty() || line.text[0] == '#') return;
    if (line.text[0] == '[') return ReadHeader(line);
    size_t equals = line.text.find('=');
    if (equals == line.text.npos) {
      return Error(line, "expected '[name]', 'key = value' or a comment");
    }
    Piece key = Trimmed({line.text.substr(0, equals), line.at});
    if (!in_test_) return Error(key, "this stands before the first '[name]'");
    Piece value = Trimmed({line.text.substr(equals + 1), line.at + equals + 1});
    ReadValue(key, value);
  }

  void ReadHeader(Piece line) {
    EndTest();
    in_test_ = true;
    Piece name = Trimmed({line.text.substr(1, line.text.size() - 2), line.at + 1});
    if (!line.text.ends_with(']') || line.text.size() < 2) {
      return Error(line, "this '[' has no ']' at the end of its line");
    }
    if (name.text.empty()) return Error(line, "a test without a name");
    test_.name = std::string(name.text);
    test_.span = SpanOf(name);
  }

  void ReadValue(Piece key, Piece value) {
    // Lines of `check` add up; of the others a second would silently replace the first.
    auto [earlier, is_new] = seen_.emplace(std::string(key.text), SpanOf(key));
    if (!is_new && key.text != "check") {
      good_ = false;
      diagnostics_.Report({.severity = Severity::kError,
                           .span = SpanOf(key),
                           .message = fmt::format("a second '{}' for '{}'", key.text, test_.name),
                           .notes = {{earlier->second, "the first one is here"}}});
      return;
    }
    if (ShellText* text = ShellValue(key.text)) return ReadShellText(key, value, text);
    if (key.text == "file") {
      test_.file = OneWord(key, value);
    } else if (key.text == "arch") {
      test_.arch = OneWord(key, value);
    } else if (key.text == "machine") {
      test_.machine = OneWord(key, value);
    } else if (key.text == "accel") {
      ReadAccel(key, value);
    } else if (key.text == "groups") {
      ReadGroups(value);
    } else if (key.text == "check") {
      ReadChecks(key, value);
    } else if (key.text == "timeout") {
      ReadTimeout(value);
    } else if (key.text != "kvmtool_params") {  // for another VMM
      diagnostics_.Report(
          {.severity = Severity::kWarning,
           .code = "unknown-key",
           .span = SpanOf(key),
           .message = fmt::format("'{}' is ignored: expected one of {}", key.text, kKeys)});
    }
  }

  ShellText* ShellValue(std::string_view key) {
    if (key == "smp") return &test_.smp;
    if (key == "test_args") return &test_.test_args;
    if (key == "disabled_if") return &test_.disabled_if;
    if (key == "extra_params" || key == "qemu_params") return &test_.params;
    return nullptr;
  }

  std::string OneWord(Piece key, Piece value) {
    std::vector<Piece> words = Words(value);
    if (words.size() != 1) {
      Error(words.empty() ? key : words[1], fmt::format("'{}' takes one word", key.text));
      return "";
    }
    return std::string(value.text);
  }

  void ReadAccel(Piece key, Piece value) {
    test_.accel = OneWord(key, value);
    if (test_.accel.empty() || test_.accel == "kvm" || test_.accel == "tcg") return;
    Error(value, fmt::format("accel is '{}': expected kvm or tcg", test_.accel));
  }

  void ReadGroups(Piece value) {
    for (Piece word : Words(value)) {
      // They become labels of CTest.
      if (word.text.find_first_of(";\\[]\"'$#") != word.text.npos) {
        Error(word, fmt::format("the group '{}' cannot be a label", word.text));
      }
      test_.groups.emplace_back(word.text);
    }
  }

  void ReadChecks(Piece key, Piece value) {
    std::vector<Piece> words = Words(value);
    if (words.empty()) Error(key, "'check' takes words of the form /path=value");
    for (Piece word : words) {
      if (word.text[0] != '/' || word.text.find('=') == word.text.npos) {
        Error(word, fmt::format("'{}' is not of the form /path=value", word.text));
      }
      test_.checks.emplace_back(word.text);
    }
  }

  void ReadTimeout(Piece value) {
    std::optional<long> seconds = Seconds(value.text);
    if (!seconds) {
      Error(value, fmt::format("timeout is '{}': expected a duration such as 90, 90s or 2m, or 0",
                               value.text));
    }
    test_.timeout = seconds;
  }

  void ReadShellText(Piece key, Piece value, ShellText* text) {
    if (value.text.starts_with(kTripleQuote)) return ReadLong(value, text);
    // An ordinary value, which a backslash at its end carries on.
    while (EndsInOddBackslashes(value.text) && pos_ < text_.size()) {
      text->Append(value.text.substr(0, value.text.size() - 1), value.at);
      value = Trimmed(TakeLine());
      text->Append(" ", value.at);
    }
    text->Append(value.text, value.at);
    if (text->empty()) Error(key, fmt::format("'{}' has no value", key.text));
  }

  // Between """ and """.
  void ReadLong(Piece value, ShellText* text) {
    Piece begin{value.text.substr(0, kTripleQuote.size()), value.at};
    value.text.remove_prefix(kTripleQuote.size());
    value.at += kTripleQuote.size();
    for (;;) {
      size_t end = value.text.find_last_not_of(kBlank);
      std::string_view line = value.text.substr(0, end == value.text.npos ? 0 : end + 1);
      if (line.ends_with(kTripleQuote)) {
        return text->Append(line.substr(0, line.size() - kTripleQuote.size()), value.at);
      }
      bool joined = EndsInOddBackslashes(value.text);
      text->Append(value.text.substr(0, value.text.size() - (joined ? 1 : 0)), value.at);
      if (!joined && !text->empty()) text->Append("\n", value.at + value.text.size());
      if (pos_ >= text_.size()) return Error(begin, "this \"\"\" has no end");
      value = TakeLine();
    }
  }

  const language::SourceMap& sources_;
  language::FileId file_;
  std::string_view text_;
  language::Diagnostics& diagnostics_;
  size_t pos_ = 0;
  std::vector<UnitTest> tests_;
  UnitTest test_;
  bool in_test_ = false;
  bool good_ = true;
  std::map<std::string, language::Span> seen_;
};

}  // namespace

std::vector<UnitTest> ReadUnitTests(const language::SourceMap& sources, language::FileId file,
                                    language::Diagnostics* diagnostics) {
  return Reading(sources, file, diagnostics).Run();
}

}  // namespace kvmtest::kut
