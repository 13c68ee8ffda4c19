// The 2009 dialect knows few forms and ignores everything else without a word; each
// line is recognised by the first form that fits, and an operator anywhere in it fits
// first. We warn where a line is ignored.
#include "language/parser_2009.h"

#include <fmt/format.h>

#include <algorithm>
#include <climits>
#include <utility>

#include "language/bounds.h"
#include "language/keyword_hint.h"
#include "language/lines_2009.h"
#include "language/names_2009.h"
#include "language/regex.h"
#include "language/value_traps.h"

namespace kvmtest::language {

namespace {

// All outer quotes of one kind go. The reference looks for two of them (`^".*"$`): a lone
// quote stays, unlike in the modern dialect.
std::string_view StripQuotes(std::string_view text) {
  text = Strip2009(text);
  if (text.size() < 2 || text.front() != text.back()) return text;
  if (text.front() == '"') return Strip2009(text, "\"");
  if (text.front() == '\'') return Strip2009(text, "'");
  return text;
}

struct FoundOperator {
  size_t pos = std::string_view::npos;
  size_t length = 0;
  ItemKind kind = ItemKind::kSet;
};

// The leftmost operator, the longest of those at one place.
FoundOperator FindOperator(std::string_view line) {
  size_t equals = line.find('=');
  if (equals == line.npos) return {};
  auto before = [&](size_t n) { return equals >= n ? line[equals - n] : '\0'; };
  if (before(1) == '?') return {equals - 1, 2, ItemKind::kRegexSet};
  if (before(1) == '+')
    return before(2) == '?' ? FoundOperator{equals - 2, 3, ItemKind::kRegexAppend}
                            : FoundOperator{equals - 1, 2, ItemKind::kAppend};
  if (before(1) == '<')
    return before(2) == '?' ? FoundOperator{equals - 2, 3, ItemKind::kRegexPrepend}
                            : FoundOperator{equals - 1, 2, ItemKind::kPrepend};
  return {equals, 1, ItemKind::kSet};
}

std::vector<std::string_view> SplitWords(std::string_view text) {
  std::vector<std::string_view> words;
  for (size_t pos = 0;;) {
    size_t begin = text.find_first_not_of(kBlanks2009, pos);
    if (begin == text.npos) return words;
    size_t end = std::min(text.find_first_of(kBlanks2009, begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    pos = end;
  }
}

class Parser2009 {
 public:
  Parser2009(FileReader& reader, ConfigImpl* config, Diagnostics* diagnostics)
      : reader_(reader), config_(*config), diagnostics_(*diagnostics) {}

  bool ParseFile(const std::string& path) {
    std::shared_ptr<const std::string> text = config_.Read(reader_, path);
    if (!text) {
      diagnostics_.Report(
          {.code = "missing-file",
           .message = fmt::format("cannot read '{}': {}", path, reader_.Fault(path))});
      return false;
    }
    directory_ = path.substr(0, path.rfind('/') + 1);
    ParseText(config_.sources.AddFile(path, text, {}), false, &config_.program.body);
    return true;
  }

  void ParseString(const std::string& text) {
    ParseText(config_.sources.AddString(text), false, &config_.program.body);
  }

 private:
  void ParseText(FileId file, bool restricted, Block2009* out) {
    FileId outer = std::exchange(file_, file);
    Lines2009 lines(config_.sources.Text(file));
    ParseBlock(lines, restricted, -1, out);
    file_ = outer;
  }

  void ParseBlock(Lines2009& lines, bool restricted, int prev_indent, Block2009* out) {
    ++depth_;
    Line2009 line;
    int last_indent = INT_MAX;
    while (!diagnostics_.Full() && lines.Next(prev_indent, &line)) {
      if (line.indent > last_indent)
        Warn(line, line.text, "deeper-line",
             "this line is deeper than the one before it, which opens no block");
      last_indent = line.indent;
      ParseLine(lines, line, restricted, out);
    }
    --depth_;
  }

  // The block that a line opens.
  void ParseInner(Lines2009& lines, const Line2009& line, bool restricted, Block2009* out) {
    if (!TooDeep(line)) return ParseBlock(lines, restricted, line.indent, out);
    for (Line2009 skipped; lines.Next(line.indent, &skipped);) {
    }
  }

  bool TooDeep(const Line2009& line) {
    if (depth_ < kMaxBlockDepth) return false;
    Report(Severity::kError, line, 0, line.text.size(), "too-deep",
           fmt::format("blocks are nested more than {} deep", kMaxBlockDepth));
    return true;
  }

  void ParseLine(Lines2009& lines, const Line2009& line, bool restricted, Block2009* out) {
    std::vector<std::string_view> words = SplitWords(line.text);
    FoundOperator found = FindOperator(line.text);
    if (found.length > 0) return ParseOperator(line, found, out);
    if (words[0] == "no" || words[0] == "only") return ParseOnlyNo(line, words, out);
    if (line.text == "variants:" || line.text == "subvariants:")
      return ParseVariants(lines, line, restricted, line.text == "subvariants:", out);
    if (words[0] == "include") return ParseInclude(line, words, restricted, out);
    if (line.text.ends_with(":")) return ParseException(lines, line, out);
    size_t comment = std::min(line.text.find('#'), line.text.find("//"));
    bool is_head = Strip2009(line.text.substr(0, comment)).ends_with(':');
    Warn(line, line.text, "ignored-line",
         "this line has no meaning in the 2009 dialect and is ignored",
         is_head ? "end the line with the ':'; a comment needs a line of its own"
                 : KeywordHint(line.text, Dialect::k2009));
  }

  void ParseOperator(const Line2009& line, const FoundOperator& found, Block2009* out) {
    if (LooksLikeFilter(line))
      Warn(line, line.text, "filter-is-assignment",
           "this is an assignment, not a filter, because it holds an operator");
    std::string_view left = StripQuotes(line.text.substr(0, found.pos));
    std::string_view value = Strip2009(line.text.substr(found.pos + found.length));
    for (const ValueTrap& trap : FindValueTraps(value, Dialect::k2009))
      Warn(line, value.substr(trap.pos, trap.length), trap.code, trap.message, trap.hint);
    Item item;
    item.kind = found.kind;
    item.value.text = StripQuotes(value);
    item.value.origin = Place::Of(SpanOf(line, 0, line.text.size()));
    size_t colon = left.find(':');
    std::vector<Word2009> words;
    if (colon != left.npos) {
      words.push_back(WordAt(line, StripQuotes(left.substr(0, colon))));
      left = left.substr(colon + 1);
      left = StripQuotes(left);
    } else {
      left = StripQuotes(left);
    }
    item.key = config_.tree.keys.Intern(left);
    std::string error;
    std::unique_ptr<Regex> pattern;
    if (item.kind >= ItemKind::kRegexSet &&
        !(pattern = Regex::Compile(fmt::format("^({})$", left), true, &error)))
      return Report(Severity::kError, line, 0, found.pos, "bad-pattern",
                    fmt::format("bad pattern '{}': {}", left, error));
    WarnOfKey(line, left, pattern.get());
    bool joins_last = words.empty() && !out->empty() && out->back().kind == Kind2009::kOperators &&
                      out->back().words.empty();
    if (!joins_last) {
      out->emplace_back();
      out->back().words = std::move(words);
    }
    out->back().items.push_back(item);
  }

  void ParseOnlyNo(const Line2009& line, const std::vector<std::string_view>& words,
                   Block2009* out) {
    if (words.size() == 1)
      return Warn(line, line.text, "ignored-line",
                  fmt::format("'{}' without a filter is ignored", words[0]));
    Statement2009& statement = out->emplace_back();
    statement.kind = words[0] == "only" ? Kind2009::kOnly : Kind2009::kNo;
    for (size_t i = 1; i < words.size(); ++i) {
      statement.words.push_back(WordAt(line, words[i]));
      if (words[i].starts_with("#"))
        Warn(line, line.text.substr(PosOf(line, words[i])), "comment-in-filter",
             "a comment after a filter is no comment: its words are filters too");
      else if (HoldsComma2009(words[i]))
        Warn(line, words[i], "comma-in-filter",
             "filters are separated by blanks: the ',' is part of this one");
    }
  }

  void ParseVariants(Lines2009& lines, const Line2009& line, bool restricted, bool sub,
                     Block2009* out) {
    if (restricted && !sub) {
      Report(Severity::kError, line, 0, line.text.size(), "syntax",
             "'variants' is not allowed inside a conditional or 'subvariants' block");
      Block2009 ignored;
      return ParseInner(lines, line, true, &ignored);
    }
    BlockId block = static_cast<BlockId>(config_.blocks.size());
    config_.blocks.push_back({variant_, "", SpanOf(line, 0, line.text.size()), {}});
    Statement2009 statement;
    statement.kind = sub ? Kind2009::kSubvariants : Kind2009::kVariants;
    statement.block = block;
    Line2009 head;
    while (!diagnostics_.Full() && lines.Next(line.indent, &head))
      statement.variants.push_back(ParseVariant(lines, head, sub, block));
    if (statement.variants.empty())
      Warn(line, line.text, "empty-variants",
           "a 'variants' block without variants removes everything");
    out->push_back(std::move(statement));
  }

  Variant2009 ParseVariant(Lines2009& lines, const Line2009& line, bool sub, BlockId block) {
    Variant2009 variant;
    std::string_view text = Strip2009(line.text, "- ");
    size_t colon = text.find(':');
    variant.name = text.substr(0, colon);
    if (colon != text.npos) {
      std::string_view deps = text.substr(colon + 1);
      variant.deps = SplitWords(deps.substr(0, deps.find(':')));
      if (size_t second = deps.find(':'); second != deps.npos)
        Warn(line, deps.substr(second), "ignored-words", "what follows a second ':' is ignored");
    }
    if (variant.name.starts_with("@")) {
      variant.name = Strip2009(variant.name, "@");
      variant.add_to_shortname = false;
    }
    WarnOfVariant(line, text, variant);
    variant.id = static_cast<VariantId>(config_.variants.size());
    config_.blocks[block].variants.push_back(variant.id);
    Variant& shown = config_.variants.emplace_back();
    shown.labels.push_back({"", std::string(variant.name)});
    shown.text = variant.name;
    shown.span = SpanOf(
        line,
        variant.name.empty() ? 0 : static_cast<size_t>(variant.name.data() - line.text.data()),
        variant.name.size());
    shown.block = block;
    shown.is_default = !variant.add_to_shortname;
    shown.subvariant = sub;
    VariantId outer = std::exchange(variant_, variant.id);
    ParseInner(lines, line, sub, &variant.body);
    variant_ = outer;
    return variant;
  }

  // `text`: what of the line is not removed.
  void WarnOfVariant(const Line2009& line, std::string_view text, const Variant2009& variant) {
    if (!line.text.starts_with("-"))
      Warn(line, line.text, "variant-without-dash",
           fmt::format("this line is taken as a variant named '{}'", variant.name));
    auto dashes = [](std::string_view some) { return std::count(some.begin(), some.end(), '-'); };
    if (!text.empty() && dashes(line.text) > dashes(text) + 1)
      Warn(line, line.text, "extra-dashes",
           fmt::format("all '-' at the ends of the line are removed: this is '- {}'", text));
    for (std::string_view dep : variant.deps) {
      if (dep.starts_with('#'))
        return Warn(line, line.text.substr(PosOf(line, dep)), "comment-in-dependencies",
                    "a comment after dependencies is no comment: its words are required, too");
      if (dep.find(',') != dep.npos)
        Warn(line, dep, "comma-in-dependencies",
             "dependencies are separated by blanks: the ',' is part of this one");
    }
  }

  // Relative to the top-level file, whatever file says it.
  void ParseInclude(const Line2009& line, const std::vector<std::string_view>& words,
                    bool restricted, Block2009* out) {
    if (words.size() == 1)
      return Warn(line, line.text, "ignored-line", "'include' without a file is ignored");
    if (words.size() > 2)
      Warn(line, line.text.substr(PosOf(line, words[2])), "ignored-words",
           "what follows the file is ignored");
    std::string path(words[1]);
    if (path[0] != '/') path = directory_ + path;
    size_t pos = static_cast<size_t>(words[1].data() - line.text.data());
    Span from = SpanOf(line, pos, words[1].size());
    if (config_.IncludesItself(reader_, path, file_))
      return Report(Severity::kError, line, pos, words[1].size(), "include-cycle",
                    fmt::format("'{}' includes itself", words[1]));
    if (TooDeep(line)) return;
    std::shared_ptr<const std::string> text = config_.Read(reader_, path);
    if (!text) {
      const std::string& includer = config_.sources.Path(file_);
      std::string beside = includer.substr(0, includer.rfind('/') + 1) + std::string(words[1]);
      return Warn(line, words[1], "missing-include",
                  fmt::format("cannot read the included file '{}': {}", path, reader_.Fault(path)),
                  beside != path && config_.Peek(reader_, beside)
                      ? fmt::format("paths begin at the top-level file, and there is '{}'", beside)
                      : "");
    }
    auto lines = static_cast<uint64_t>(std::count(text->begin(), text->end(), '\n'));
    if (!config_.AdmitIncluded(lines, path.size() + text->size(), from, &diagnostics_)) return;
    ParseText(config_.sources.AddFile(path, text, from), restricted, out);
  }

  void ParseException(Lines2009& lines, const Line2009& line, Block2009* out) {
    Statement2009 statement;
    statement.kind = Kind2009::kException;
    statement.words.push_back(WordAt(line, Strip2009(line.text, ":")));
    statement.is_mistaken_block = TellMistakenBlock(lines, line, statement.words[0].text);
    ParseInner(lines, line, true, &statement.body);
    out->push_back(std::move(statement));
  }

  // "variants os:" and "varaints:".
  bool TellMistakenBlock(Lines2009& lines, const Line2009& line, std::string_view filter) {
    std::string hint;
    if (filter.starts_with("variants ") || filter.starts_with("subvariants ")) {
      hint = fmt::format("named blocks are of the modern dialect: write '{}:'",
                         filter.substr(0, filter.find(' ')));
    } else if (lines.Peek().starts_with('-')) {
      if (auto meant = DidYouMean(filter, {"variants", "subvariants"}))
        hint = fmt::format("did you mean '{}:'?", *meant);
    }
    if (hint.empty()) return false;
    Warn(line, filter, "block-is-condition", "this is a condition, not a block of variants",
         std::move(hint));
    return true;
  }

  static bool LooksLikeFilter(const Line2009& line) {
    return line.text.starts_with("only ") || line.text.starts_with("no ");
  }

  // `pattern`: of `?=` and its kin.
  void WarnOfKey(const Line2009& line, std::string_view key, const Regex* pattern) {
    auto means = [&](std::string_view what) {
      return pattern != nullptr ? pattern->MatchesStart(what) : key == what;
    };
    if (means("name")) {
      config_.program.changes_names = true;
      Warn(line, key, "reserved-key", "this changes the name, which filters look at");
    } else if (means("shortname") || means("depend")) {
      Warn(line, key, "reserved-key",
           fmt::format("this changes '{}', which belongs to the language",
                       means("shortname") ? "shortname" : "depend"));
    } else if (pattern == nullptr && key.find_first_of(kBlanks2009) != key.npos &&
               !LooksLikeFilter(line)) {
      Warn(line, key, "odd-key", fmt::format("this sets the key '{}'", Shortened(key)),
           KeywordHintInKey(key, Dialect::k2009));
    }
  }

  static size_t PosOf(const Line2009& line, std::string_view part) {
    return part.empty() ? 0 : static_cast<size_t>(part.data() - line.text.data());
  }

  Word2009 WordAt(const Line2009& line, std::string_view word) const {
    return {word, SpanOf(line, PosOf(line, word), word.size())};
  }

  Span SpanOf(const Line2009& line, size_t pos, size_t length) const {
    return {file_, line.number, line.column + static_cast<uint32_t>(pos),
            static_cast<uint32_t>(length)};
  }

  // `part`: of the line.
  void Warn(const Line2009& line, std::string_view part, std::string code, std::string message,
            std::string hint = {}) {
    Report(Severity::kWarning, line, PosOf(line, part), part.size(), std::move(code),
           std::move(message), std::move(hint));
  }

  void Report(Severity severity, const Line2009& line, size_t pos, size_t length, std::string code,
              std::string message, std::string hint = {}) {
    diagnostics_.Report({.severity = severity,
                         .code = std::move(code),
                         .span = SpanOf(line, pos, length),
                         .message = std::move(message),
                         .notes = {},
                         .hint = std::move(hint)});
  }

  FileReader& reader_;
  ConfigImpl& config_;
  Diagnostics& diagnostics_;
  std::string directory_;
  FileId file_ = kNoFile;
  VariantId variant_ = kNone;
  int depth_ = 0;
};

}  // namespace

void Parse2009(FileReader& reader, const Input& input, ConfigImpl* config,
               Diagnostics* diagnostics) {
  Parser2009 parser(reader, config, diagnostics);
  if (!parser.ParseFile(input.path)) return;
  for (const std::string& text : input.strings) parser.ParseString(text);
}

}  // namespace kvmtest::language
