#include "job/known_failures.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <utility>

namespace kvmtest::job {

namespace {

constexpr std::string_view kSeparator = " | ";

struct Field {
  std::string text;
  size_t column = 1;
};

// Without the blanks around it.
Field Trimmed(std::string_view line, size_t begin, size_t end) {
  while (begin < end && (line[begin] == ' ' || line[begin] == '\t')) ++begin;
  while (end > begin && (line[end - 1] == ' ' || line[end - 1] == '\t' || line[end - 1] == '\r')) {
    --end;
  }
  return {std::string(line.substr(begin, end - begin)), begin + 1};
}

std::vector<Field> Fields(std::string_view line) {
  std::vector<Field> fields;
  size_t begin = 0;
  for (size_t at; (at = line.find(kSeparator, begin)) != std::string_view::npos;) {
    fields.push_back(Trimmed(line, begin, at));
    begin = at + kSeparator.size();
  }
  fields.push_back(Trimmed(line, begin, line.size()));
  return fields;
}

bool IsDate(const std::string& text) {
  int year = 0;
  unsigned month = 0, day = 0;
  if (!RE2::FullMatch(text, R"((\d{4})-(\d{2})-(\d{2}))", &year, &month, &day)) return false;
  return std::chrono::year_month_day(std::chrono::year(year), std::chrono::month(month),
                                     std::chrono::day(day))
      .ok();
}

class Parser {
 public:
  explicit Parser(const std::string& path) { known_.path = path; }

  KnownFailures Parse(std::string_view text) {
    while (!text.empty()) {
      ++line_;
      size_t end = std::min(text.find('\n'), text.size());
      ParseLine(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return std::move(known_);
  }

 private:
  void Error(size_t column, const std::string& text) {
    known_.errors.push_back(fmt::format("{}:{}:{}: error: {}", known_.path, line_, column, text));
  }

  bool CheckRegex(const Field& field) {
    RE2 regex(field.text, RE2::Quiet);
    if (!field.text.empty() && regex.ok()) return true;
    Error(field.column, field.text.empty() ? "an empty regular expression"
                                           : fmt::format("'{}' is no regular expression: {}",
                                                         field.text, regex.error()));
    return false;
  }

  void ParseLine(std::string_view line) {
    Field all = Trimmed(line, 0, line.size());
    if (all.text.empty() || all.text[0] == '#') return;
    std::vector<Field> fields = Fields(line);
    if (fields.size() != 4) {
      Error(all.column,
            fmt::format("{} fields, expected 4: TEST REGEX | VERDICT REGEX | TRACKER | YYYY-MM-DD",
                        fields.size()));
      return;
    }
    bool good = CheckRegex(fields[0]);
    good = CheckRegex(fields[1]) && good;
    if (fields[2].text.empty()) {
      Error(fields[2].column, "no tracker: expected where the failure is being worked on");
      good = false;
    }
    if (!IsDate(fields[3].text)) {
      Error(fields[3].column, fmt::format("'{}' is no date, expected YYYY-MM-DD", fields[3].text));
      good = false;
    }
    if (!good) return;
    known_.entries.push_back(
        {line_, fields[0].text, fields[1].text, fields[2].text, fields[3].text});
  }

  KnownFailures known_;
  int line_ = 0;
};

bool IsFailure(const Verdict& verdict) {
  return verdict.status == Status::kFail || verdict.status == Status::kTimeout;
}

}  // namespace

KnownFailures ParseKnownFailures(const std::string& path, std::string_view text) {
  return Parser(path).Parse(text);
}

Verdict Judge(const KnownFailures& known, const std::string& test, Verdict verdict,
              const std::string& today, std::vector<std::string>* notes) {
  if (verdict.status != Status::kPass && !IsFailure(verdict)) return verdict;
  std::string line = verdict.Line();
  for (const KnownFailure& entry : known.entries) {
    if (!RE2::FullMatch(test, entry.test)) continue;
    std::string place =
        fmt::format("known failure {}:{} ({})", known.path, entry.line, entry.tracker);
    bool expired = today > entry.expires;
    if (verdict.status == Status::kPass) {
      verdict.text += fmt::format(" [a known failure no longer happens: {}]", entry.tracker);
      notes->push_back(fmt::format("{} no longer happens: /{}/", place, entry.verdict));
    } else if (!RE2::PartialMatch(line, entry.verdict)) {
      notes->push_back(fmt::format("{} is another one: /{}/", place, entry.verdict));
    } else if (expired) {
      verdict.text += fmt::format(" [known until {}: {}]", entry.expires, entry.tracker);
      notes->push_back(fmt::format("{} has expired on {}", place, entry.expires));
    } else {
      verdict.text += fmt::format(" [known: {}]", entry.tracker);
      notes->push_back(fmt::format("{} until {}", place, entry.expires));
      verdict.status = Status::kKnownFailure;
      return verdict;
    }
  }
  return verdict;
}

std::string Today() {
  std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  char text[16];
  std::strftime(text, sizeof text, "%Y-%m-%d", &utc);
  return text;
}

}  // namespace kvmtest::job
