#include "language/dialect.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "language/lexer.h"
#include "language/line_reader.h"

namespace kvmtest::language {

namespace {

struct Sign {
  Dialect dialect;
  Span span;
  std::string what;
};

// `# dialect: 2009` on the first line: what follows the colon; null if it says nothing of dialects.
std::string_view PragmaWord(std::string_view text) {
  std::string_view line = text.substr(0, text.find_first_of("\r\n"));
  auto skip = [&line] { line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size())); };
  if (!line.starts_with("#")) return {};
  line.remove_prefix(1);
  skip();
  if (!line.starts_with("dialect:")) return {};
  line.remove_prefix(8);
  skip();
  return line.substr(0, line.find_first_of(" \t"));
}

std::optional<Dialect> DialectOf(std::string_view word) {
  if (word == "2009") return Dialect::k2009;
  if (word == "modern") return Dialect::kModern;
  return std::nullopt;
}

std::string_view NameOf(Dialect dialect) {
  return dialect == Dialect::k2009 ? "2009" : "modern";
}

constexpr const char* kChoose =
    "choose with --dialect=2009 or --dialect=modern, or write '# dialect: 2009' as the first line";

// Characters that mean something in a regular expression and nothing in a modern filter.
// Parentheses do only where they are not `(variable=name)`.
size_t FindRegexCharacter(std::string_view filter) {
  for (size_t i = 0; i < filter.size(); ++i) {
    if (filter[i] == '#' && (i == 0 || filter[i - 1] == ' ')) return filter.npos;
    if (std::string_view("|*+[^$\\").find(filter[i]) != std::string_view::npos) return i;
    if (filter[i] != '(') continue;
    size_t close = filter.find(')', i);
    std::string_view inside = filter.substr(i, close == filter.npos ? close : close - i);
    if (inside.find('=') == inside.npos) return i;
    if (close == filter.npos) break;
    i = close;
  }
  return filter.npos;
}

class Detector {
 public:
  Detector(FileReader& reader, const std::string& main, ConfigImpl* config)
      : reader_(reader), config_(*config), top_directory_(main.substr(0, main.rfind('/') + 1)) {}

  void ScanFile(const std::string& path, Span from) {
    std::shared_ptr<const std::string> text = config_.Read(reader_, path);
    if (!text) return;
    // From another directory the same file may include others.
    if (!seen_.emplace(text.get(), config_.DirectoryOf(reader_, path)).second) return;
    if (seen_.size() > 10000) return;
    FileId file = config_.sources.AddFile(path, text, from);
    std::string_view word = PragmaWord(*text);
    if (std::optional<Dialect> dialect = DialectOf(word))
      Note(*dialect, {file, 1, 1, static_cast<uint32_t>(word.data() + word.size() - text->data())},
           fmt::format("'# dialect: {}'", word));
    for (const Line& line : config_.Lines(file)) {
      if (modern_ && old_) return;
      ScanLine(path, file, line);
    }
  }

  const std::optional<Sign>& modern() const { return modern_; }
  const std::optional<Sign>& old() const { return old_; }

 private:
  void Note(Dialect dialect, const Span& span, std::string what) {
    std::optional<Sign>& sign = dialect == Dialect::kModern ? modern_ : old_;
    if (!sign) sign = Sign{dialect, span, std::move(what)};
  }
  void Note(Dialect dialect, FileId file, const Line& line, size_t pos, size_t length,
            std::string what) {
    Note(dialect,
         {file, line.number, line.column + static_cast<uint32_t>(pos),
          static_cast<uint32_t>(length)},
         std::move(what));
  }

  void ScanLine(const std::string& path, FileId file, const Line& line) {
    std::string_view text = line.text;
    if (text == "subvariants:")
      return Note(Dialect::k2009, file, line, 0, text.size(), "'subvariants'");
    if (text.starts_with("only ") || text.starts_with("no ")) {
      // In 2009 an operator makes any line an assignment; in both, then, no sign.
      return ScanFilter(file, line, text.find(' ') + 1, text.size());
    }
    if (text.starts_with("include ")) return ScanInclude(path, file, line);
    // A tree known to be modern can only show a filter of 2009 yet: that of a condition.
    if (modern_ && text.find(':') == text.npos) return;
    Assignment assignment;
    bool is_assignment = FindAssignment(text, &assignment);
    if (text.starts_with("variants ") && text.find(':') != text.npos)
      return Note(Dialect::kModern, file, line, 0, text.size(), "a named 'variants' block");
    for (std::string_view word : {"join ", "suffix ", "del "})
      if (text.starts_with(word) && !is_assignment && text.find('=') == text.npos)
        return Note(Dialect::kModern, file, line, 0, word.size() - 1,
                    fmt::format("'{}'", word.substr(0, word.size() - 1)));
    if (is_assignment) return ScanAssignment(file, line, assignment);
    if (text[0] == '-') return;
    size_t colon = text.find(':');
    if (colon == text.npos) return;
    if (text[0] == '!') return Note(Dialect::kModern, file, line, 0, 1, "a negative condition '!'");
    if (colon > 0 && text != "variants:") ScanFilter(file, line, 0, colon);
  }

  void ScanFilter(FileId file, const Line& line, size_t begin, size_t end) {
    std::string_view filter = line.text.substr(begin, end - begin);
    size_t comment = filter.find('#');
    std::string_view plain = filter.substr(0, comment);
    if (size_t pos = FindRegexCharacter(plain); pos != plain.npos)
      return Note(Dialect::k2009, file, line, begin + pos, 1,
                  fmt::format("the regular expression character '{}' in a filter", plain[pos]));
    if (size_t pos = plain.find(".."); pos != plain.npos)
      return Note(Dialect::kModern, file, line, begin + pos, 2, "'..' in a filter");
    if (size_t pos = plain.find(','); pos != plain.npos)
      return Note(Dialect::kModern, file, line, begin + pos, 1, "',' in a filter");
    if (size_t pos = plain.find('('); pos != plain.npos)
      Note(Dialect::kModern, file, line, begin + pos, 1, "'(variable=name)' in a filter");
  }

  void ScanAssignment(FileId file, const Line& line, const Assignment& assignment) {
    if (assignment.op == AssignOp::kLazySet)
      return Note(Dialect::kModern, file, line, assignment.key.size(), 2, "the operator '~='");
    size_t pos = line.text.find("${");
    if (pos != line.text.npos && line.text.find('}', pos) != line.text.npos)
      Note(Dialect::kModern, file, line, pos, 2, "'${' in a value");
  }

  void ScanInclude(const std::string& path, FileId file, const Line& line) {
    uint32_t pos;
    std::string word(Scanner(line.text, 7).Rest(&pos));
    Span from{file, line.number, line.column + pos, static_cast<uint32_t>(word.size())};
    if (word.starts_with('/')) return ScanFile(word, from);
    // Each dialect looks in its own place; take the first that is there.
    std::string here = path.substr(0, path.rfind('/') + 1) + word;
    if (config_.Peek(reader_, here)) return ScanFile(here, from);
    std::string top = top_directory_ + word.substr(0, word.find_first_of(" \t"));
    if (config_.Peek(reader_, top)) ScanFile(top, from);
  }

  FileReader& reader_;
  ConfigImpl& config_;
  std::string top_directory_;
  std::set<std::pair<const std::string*, std::string>> seen_;
  std::optional<Sign> modern_, old_;
};

}  // namespace

Dialect DetectDialect(FileReader& reader, const std::string& path, ConfigImpl* config,
                      Diagnostics* diagnostics) {
  std::shared_ptr<const std::string> text = config->Read(reader, path);
  if (!text) return Dialect::kModern;
  if (std::optional<Dialect> dialect = DialectOf(PragmaWord(*text))) return *dialect;
  Detector detector(reader, path, config);
  detector.ScanFile(path, {});
  if (detector.modern() && detector.old()) {
    diagnostics->Report(
        {.severity = Severity::kError,
         .code = "mixed-dialects",
         .span = detector.old()->span,
         .message = fmt::format("{} is the 2009 dialect, but other lines are modern",
                                detector.old()->what),
         .notes = {{detector.modern()->span,
                    fmt::format("{} is the modern dialect", detector.modern()->what)}},
         .hint = kChoose});
    return Dialect::kModern;
  }
  if (!detector.old()) return Dialect::kModern;
  diagnostics->Report(
      {.severity = Severity::kNote,
       .code = "dialect-2009",
       .span = detector.old()->span,
       .message = fmt::format("read as the 2009 dialect because of {}", detector.old()->what),
       .notes = {},
       .hint = {}});
  return Dialect::k2009;
}

bool ShowsNoDialect(FileReader& reader, const std::string& path) {
  ConfigImpl config;
  std::shared_ptr<const std::string> text = config.Read(reader, path);
  if (!text || DialectOf(PragmaWord(*text))) return false;
  Detector detector(reader, path, &config);
  detector.ScanFile(path, {});
  return !detector.modern() && !detector.old();
}

namespace {

void CheckPragma(const ConfigImpl& config, FileId file, bool chosen, Diagnostics* diagnostics) {
  std::string_view text = config.sources.Text(file);
  std::string_view word = PragmaWord(text);
  if (word.data() == nullptr) return;
  const auto begin = static_cast<uint32_t>(word.data() - text.data());
  const Span span{file, 1, begin + 1, static_cast<uint32_t>(std::max<size_t>(1, word.size()))};
  std::optional<Dialect> dialect = DialectOf(word);
  if (!dialect)
    diagnostics->Report({.severity = Severity::kWarning,
                         .code = "unknown-dialect",
                         .span = span,
                         .message = fmt::format("there is no dialect '{}'", word),
                         .notes = {},
                         .hint = "write '# dialect: 2009' or '# dialect: modern'"});
  else if (*dialect != config.dialect && !chosen)
    diagnostics->Report(
        {.severity = Severity::kError,
         .code = "mixed-dialects",
         .span = span,
         .message = fmt::format("this file is in the {} dialect, but it is included from one that "
                                "is in the {} dialect",
                                NameOf(*dialect), NameOf(config.dialect)),
         .notes = {},
         .hint = "choose with --dialect=2009 or --dialect=modern"});
}

}  // namespace

void CheckFirstLines(const ConfigImpl& config, bool chosen, Diagnostics* diagnostics) {
  for (FileId file = 0; file < config.sources.size(); ++file) {
    if (config.sources.IsString(file)) continue;
    CheckPragma(config, file, chosen, diagnostics);
    if (config.sources.Text(file).starts_with("\xEF\xBB\xBF"))
      diagnostics->Report({.severity = Severity::kWarning,
                           .code = "byte-order-mark",
                           .span = {file, 1, 1, 1},
                           .message = "the file begins with a byte order mark, which is part of "
                                      "its first line",
                           .notes = {},
                           .hint = "save it as UTF-8 without one"});
  }
}

}  // namespace kvmtest::language
