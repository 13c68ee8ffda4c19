// An explanation as text.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "language/config_impl.h"
#include "language/explain.h"

namespace kvmtest::language {

namespace {

constexpr std::string_view kDetail = "      ";
constexpr size_t kMaxInterim = 120;   // bytes of a value that is not the last
constexpr size_t kMaxCondition = 60;  // bytes of a condition

// Control characters would disturb the terminal.
std::string Printable(std::string_view text) {
  std::string out;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f)
      out += fmt::format("\\x{:02x}", byte);
    else
      out += c;
  }
  return out;
}

std::string Quoted(std::string_view text) {
  return "'" + Printable(text) + "'";
}

// The beginning of a long text; never half a character.
std::string Quoted(std::string_view text, size_t max) {
  if (text.size() <= max) return Quoted(text);
  size_t end = max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return fmt::format("'{}...'", Printable(text.substr(0, end)));
}

class Writer {
 public:
  explicit Writer(const Config& config) : config_(config), sources_(config.sources()) {}

  std::string Write(const Explanation& explanation);

 private:
  void Head(std::string_view name, std::string_view shortname,
            const std::vector<VariantId>& variants);
  void Test(const ExplainedTest& test);
  void Param(const ExplainedParam& param);
  void Step(const ParamStep& step, bool is_last);
  void Removed(const RemovedTest& removed);
  void Obstacles(const std::vector<Obstacle>& obstacles);
  void Several(const Explanation& explanation);
  void AllRemoved(const Explanation& explanation);
  void Unknown(const Explanation& explanation);
  void Names(const NameList& names);
  void Remarks(const std::vector<ExplainRemark>& remarks);
  void Includes();

  void Line(std::string_view text) { (out_ += text) += '\n'; }
  void Detail(std::string_view text) { ((out_ += kDetail) += text) += '\n'; }
  // "* FILE:LINE: text".
  void PlaceLine(char mark, const Span& span, std::string_view text);
  void StatementLine(char mark, const Span& span);
  // What the statement stands in.
  void Where(const ExplainedStatement& at);
  // Which of several sources of one name is meant.
  void Which(const Span& span);
  std::string Place(const Span& span);
  std::string Places(const std::vector<Span>& spans);
  std::string Excerpt(const Span& span);

  const Config& config_;
  const SourceMap& sources_;
  std::string out_;
  std::map<FileId, std::vector<std::string_view>> lines_;
  std::set<FileId> mentioned_;
};

std::string Writer::Place(const Span& span) {
  if (span.IsKnown()) mentioned_.insert(span.file);
  return sources_.DescribeLine(span);
}

std::string Writer::Places(const std::vector<Span>& spans) {
  std::string text;
  for (const Span& span : spans) text += (text.empty() ? "" : ", ") + Place(span);
  return text;
}

// The line as it is written; lines are found once for all of a file.
std::string Writer::Excerpt(const Span& span) {
  if (!span.IsKnown()) return {};
  auto [it, is_new] = lines_.try_emplace(span.file);
  std::vector<std::string_view>& lines = it->second;
  if (is_new) {
    std::string_view text = sources_.Text(span.file);
    for (size_t begin = 0; begin <= text.size();) {
      size_t end = std::min(text.find_first_of("\r\n", begin), text.size());
      lines.push_back(text.substr(begin, end - begin));
      begin = end + (text.substr(end, 2) == "\r\n" ? 2 : 1);
    }
  }
  if (span.line == 0 || span.line > lines.size()) return {};
  std::string line = ExpandTabs(lines[span.line - 1]);
  size_t begin = line.find_first_not_of(' ');
  if (begin == line.npos) return {};
  return Printable(line.substr(begin, line.find_last_not_of(' ') - begin + 1));
}

void Writer::PlaceLine(char mark, const Span& span, std::string_view text) {
  out_ += fmt::format("{} {}: {}\n", mark, Place(span), text);
}

void Writer::StatementLine(char mark, const Span& span) {
  PlaceLine(mark, span, Excerpt(span));
}

void Writer::Which(const Span& span) {
  if (!span.IsKnown()) return;
  const Span from = sources_.IncludedFrom(span.file);
  size_t number = 0, strings = 0;
  bool differs = false;
  for (FileId file = 0; file < sources_.size(); ++file) {
    if (sources_.Path(file) != sources_.Path(span.file)) continue;
    // A file that is looked at to know its dialect comes once more, from the same place.
    const Span other = sources_.IncludedFrom(file);
    differs |= sources_.DescribeLine(other) != sources_.DescribeLine(from);
    ++strings;
    if (file <= span.file) number = strings;
  }
  if (sources_.IsString(span.file) && strings > 1)
    Detail(fmt::format("STRING {} of {}", number, strings));
  else if (differs && from.IsKnown())
    Detail(fmt::format("as it is included from {}", Place(from)));
}

void Writer::Where(const ExplainedStatement& at) {
  Which(at.span);
  std::string text;
  if (at.variant != kNone) {
    const Variant& variant = config_.variant(at.variant);
    // The line that begins the variant sets its block's key.
    if (variant.span.file == at.span.file && variant.span.line == at.span.line) {
      const Block& block = config_.blocks()[variant.block];
      return Detail(fmt::format("the variant's name, for 'variants {}:' ({})", block.name,
                                Place(block.span)));
    }
    text = fmt::format("in variant '{}' ({})", variant.text, Place(variant.span));
  }
  for (const ExplainedStatement::Condition& condition : at.conditions) {
    // What stands on the line itself is to be seen.
    if (condition.span.file == at.span.file && condition.span.line == at.span.line) continue;
    text += fmt::format("{}under {} ({})", text.empty() ? "" : ", ",
                        Quoted(condition.text, kMaxCondition), Place(condition.span));
  }
  if (!text.empty()) Detail(text);
}

void Writer::Head(std::string_view name, std::string_view shortname,
                  const std::vector<VariantId>& variants) {
  Line(fmt::format("name:       {}", name.empty() ? "'' (there are no variants)" : name));
  if (!shortname.empty()) Line(fmt::format("shortname:  {}", shortname));
  if (variants.empty()) return;
  Line("variants:");
  for (VariantId id : variants) {
    const Variant& variant = config_.variant(id);
    PlaceLine(' ', variant.span, (variant.is_default ? "@" : "") + variant.text);
  }
}

void Writer::Test(const ExplainedTest& test) {
  Head(test.name, test.shortname, test.variants);
  if (!test.deps.empty()) Line("depends on:");
  for (const ExplainedDep& dep : test.deps) PlaceLine(' ', dep.span, dep.name);
  if (!test.parts.empty()) Line("joined; where several parts set a param, the last one counts:");
  for (const ExplainedStatement& join : test.joins) StatementLine(' ', join.span);
  for (const std::string& part : test.parts) Detail(part);
  for (const ExplainedParam& param : test.params) Param(param);
}

void Writer::Param(const ExplainedParam& param) {
  Line("");
  bool is_odd = param.key.empty() || param.key.starts_with('*');
  std::string key = is_odd ? Quoted(param.key) : Printable(param.key);
  Line(param.value ? fmt::format("{} = {}", key, Quoted(*param.value))
                   : fmt::format("{} is not set", key));
  const ParamStep* last = nullptr;
  for (const ParamStep& step : param.steps)
    if (step.effect != ParamStep::Effect::kNothing) last = &step;
  for (const ParamStep& step : param.steps) Step(step, &step == last);
  if (!param.remark.empty()) Detail(param.remark);
}

void Writer::Step(const ParamStep& step, bool is_last) {
  StatementLine(step.counts ? '*' : ' ', step.at.span);
  Where(step.at);
  for (const PutIn& put_in : step.put_in) {
    std::string name = put_in.is_limit ? Quoted(put_in.name) : "${" + put_in.name + "}";
    if (!put_in.value) {
      Detail(fmt::format("{} is not set: it stays, and so does what follows it", name));
      continue;
    }
    std::string from = put_in.from.empty() ? "" : fmt::format(" ({})", Places(put_in.from));
    Detail(fmt::format("{} is {}{}", name, Quoted(*put_in.value, kMaxInterim), from));
  }
  bool changes = step.effect != ParamStep::Effect::kNothing;
  if (changes && !step.value_is_as_written && step.value && !is_last)
    Detail(fmt::format("makes it {}", Quoted(*step.value, kMaxInterim)));
  if (!step.remark.empty()) Detail(step.remark);
  if (step.overridden_by.IsKnown())
    Detail(fmt::format("overridden by {}", Place(step.overridden_by)));
}

void Writer::Obstacles(const std::vector<Obstacle>& obstacles) {
  for (const Obstacle& obstacle : obstacles) {
    StatementLine(obstacle.kind == Obstacle::Kind::kFilter ? '*' : ' ', obstacle.at.span);
    Detail(obstacle.why);
    Where(obstacle.at);
  }
}

std::string Verdict(const std::vector<Obstacle>& obstacles) {
  bool filters = std::all_of(obstacles.begin(), obstacles.end(), [](const Obstacle& obstacle) {
    return obstacle.kind == Obstacle::Kind::kFilter;
  });
  if (!filters) return "Not in the result, because of:";
  if (obstacles.size() == 1)
    return "Not in the result. This removes it; without this line it is there:";
  return fmt::format(
      "Not in the result. Each of these {} removes it; without all of these lines it is there:",
      obstacles.size());
}

void Writer::Removed(const RemovedTest& removed) {
  Head(removed.name, "", removed.variants);
  if (!removed.parts.empty()) Line("joined of:");
  for (const std::string& part : removed.parts) Detail(part);
  Line("");
  Line(Verdict(removed.obstacles));
  Obstacles(removed.obstacles);
}

void Writer::Names(const NameList& names) {
  for (const std::string& name : names.names) Line("  " + name);
  if (names.count > names.names.size())
    Line(fmt::format("  and {}{} more", names.at_least ? "at least " : "",
                     names.count - names.names.size()));
}

std::string Number(const NameList& names) {
  return fmt::format("{}{}", names.at_least ? "at least " : "", names.count);
}

void Writer::Several(const Explanation& explanation) {
  Line(fmt::format("{} selects {} tests; which of them?", Quoted(explanation.asked),
                   Number(explanation.names)));
  Names(explanation.names);
}

void Writer::AllRemoved(const Explanation& explanation) {
  Line(fmt::format(
      "{} selects no test; without filters{} it would select {}:", Quoted(explanation.asked),
      config_.impl().defaults ? " and --defaults" : "", Number(explanation.names)));
  Names(explanation.names);
  Line("");
  if (explanation.names.at_least) {
    Line(
        "There are too many to tell whether one filter keeps out all of them; ask for one by its "
        "name.");
    return;
  }
  if (explanation.common.empty()) {
    Line(fmt::format("No one filter keeps out all of them{}; ask for one by its name.",
                     config_.impl().defaults ? ", but --defaults may" : ""));
    return;
  }
  Line(explanation.common.size() == 1 ? "This keeps out all of them:"
                                      : "Each of these keeps out all of them:");
  Obstacles(explanation.common);
}

void Writer::Remarks(const std::vector<ExplainRemark>& remarks) {
  for (const ExplainRemark& remark : remarks) {
    Line("");
    Line(Printable(remark.text));
    for (const Note& note : remark.notes) {
      if (note.span.IsKnown())
        PlaceLine(' ', note.span, note.message);
      else
        Line("  " + note.message);
    }
  }
}

void Writer::Unknown(const Explanation& explanation) {
  Line(Quoted(explanation.asked) +
       (explanation.gave_up ? " is not known as a name, and there are too many to look through them"
                            : " is not the name of a test, with or without filters"));
  Remarks(explanation.remarks);
  if (explanation.names.count == 0) return;
  Line("");
  Line(explanation.names_are_tests ? "Tests with these labels:"
                                   : "Names with these labels, all kept out by filters:");
  Names(explanation.names);
}

// Where the files that were mentioned are included.
void Writer::Includes() {
  for (FileId file : std::set<FileId>(mentioned_))
    for (Span from = sources_.IncludedFrom(file); from.IsKnown();
         from = sources_.IncludedFrom(from.file))
      mentioned_.insert(from.file);
  std::vector<std::string> lines;
  for (FileId file : mentioned_) {
    Span from = sources_.IncludedFrom(file);
    if (!from.IsKnown()) continue;
    std::string line =
        fmt::format("  {} is included from {}", sources_.Path(file), sources_.DescribeLine(from));
    if (std::find(lines.begin(), lines.end(), line) == lines.end()) lines.push_back(line);
  }
  if (!lines.empty()) Line("");
  for (const std::string& line : lines) Line(line);
}

std::string Writer::Write(const Explanation& explanation) {
  using Answer = Explanation::Answer;
  switch (explanation.answer) {
    case Answer::kInResult:
    case Answer::kNoSuchParam:
      for (const ExplainedTest& test : explanation.tests) {
        if (&test != &explanation.tests.front()) Line("\nand another test of this name\n");
        Test(test);
      }
      Remarks(explanation.remarks);
      break;
    case Answer::kRemoved:
      for (const RemovedTest& removed : explanation.removed) {
        if (&removed != &explanation.removed.front()) Line("\nand another way to this name\n");
        Removed(removed);
      }
      if (explanation.more_ways > 0)
        Line(fmt::format("\nand {} more ways to this name", explanation.more_ways));
      Remarks(explanation.remarks);
      break;
    case Answer::kSeveral:
      Several(explanation);
      Remarks(explanation.remarks);
      break;
    case Answer::kAllRemoved:
      AllRemoved(explanation);
      Remarks(explanation.remarks);
      break;
    case Answer::kUnknown:
      Unknown(explanation);
      break;
  }
  Includes();
  return std::move(out_);
}

}  // namespace

std::string RenderExplanation(const Explanation& explanation, const Config& config) {
  return Writer(config).Write(explanation);
}

}  // namespace kvmtest::language
