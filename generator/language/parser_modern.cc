#include "language/parser_modern.h"

#include <fmt/format.h>

#include <cstdlib>
#include <utility>

#include "language/bounds.h"
#include "language/parser_modern_impl.h"
#include "language/python_text.h"
#include "language/regex.h"
#include "language/reserved_keys.h"

namespace kvmtest::language {

namespace {

// About as much work as reading as many lines.
constexpr uint64_t kMaxFolded = 5'000'000;

std::string_view Directory(std::string_view path) {
  size_t slash = path.rfind('/');
  return slash == path.npos ? std::string_view() : path.substr(0, slash + 1);
}

std::string_view Unquote(std::string_view value) {
  if (value.empty()) return value;
  char quote = value.front();
  if ((quote != '"' && quote != '\'') || value.back() != quote) return value;
  // A lone quote is both: nothing is left.
  return value.size() == 1 ? std::string_view() : value.substr(1, value.size() - 2);
}

std::string ExpandUser(std::string_view path) {
  const char* home = std::getenv("HOME");
  if (home != nullptr && (path == "~" || path.starts_with("~/")))
    return std::string(home) + std::string(path.substr(1));
  return std::string(path);
}

ItemKind KindOf(AssignOp op) {
  return static_cast<ItemKind>(op);
}
static_assert(static_cast<int>(AssignOp::kRegexPrepend) ==
              static_cast<int>(ItemKind::kRegexPrepend));

bool IsRegexKind(ItemKind kind) {
  return kind >= ItemKind::kRegexSet && kind <= ItemKind::kRegexPrepend;
}

ItemKind PlainKind(ItemKind regex_kind) {
  if (regex_kind == ItemKind::kRegexAppend) return ItemKind::kAppend;
  if (regex_kind == ItemKind::kRegexPrepend) return ItemKind::kPrepend;
  return ItemKind::kSet;
}

}  // namespace

void ParseModern(FileReader& reader, const Input& input, ConfigImpl* config,
                 Diagnostics* diagnostics) {
  ModernParser parser(reader, config, diagnostics);
  if (!parser.ParseFile(input.path)) return;
  for (const std::string& text : input.strings) parser.ParseString(text);
}

bool ModernParser::ParseFile(const std::string& path) {
  tree_.root = NewNode();
  std::shared_ptr<const std::string> text = config_.Read(reader_, path);
  if (!text) {
    diagnostics_.Report(
        {.code = "missing-file",
         .message = fmt::format("cannot read '{}': {}", path, reader_.Fault(path))});
    return false;
  }
  ParseTopLevel(config_.sources.AddFile(path, text, {}));
  return true;
}

void ModernParser::ParseString(const std::string& text) {
  ParseTopLevel(config_.sources.AddString(text));
}

void ModernParser::ParseTopLevel(FileId file) {
  tree_.root = ParseText(file, tree_.root, false, 0);
  FlushItems(tree_.root, 0);
}

NodeId ModernParser::ParseText(FileId file, NodeId node, bool in_condition, size_t base) {
  std::string_view text = config_.sources.Text(file);
  size_t bad = python::FindInvalidUtf8(text);
  if (bad != text.npos) {
    diagnostics_.Report({.code = "encoding",
                         .span = config_.sources.PlaceOf(file, bad),
                         .message = fmt::format("byte 0x{:02x} is not UTF-8",
                                                static_cast<unsigned char>(text[bad]))});
    return node;
  }
  FileId outer = std::exchange(file_, file);
  const Line outer_variant = std::exchange(variant_line_, {});
  if (warns_) WarnOfHiddenLines();
  LineReader in(config_.Lines(file));
  node = ParseBlock(in, node, in_condition, -1, base);
  variant_line_ = outer_variant;
  file_ = outer;
  return node;
}

NodeId ModernParser::ParseBlock(LineReader& in, NodeId node, bool in_condition, int prev_indent,
                                size_t base) {
  BlockState block{in, node, in_condition, prev_indent, base};
  ++depth_;
  in.fast = true;
  EndRun(block);
  Header header;
  bool expect_variants = false;
  Line line;
  for (bool stored = in.has_stored(); !diagnostics_.Full() && in.Next(prev_indent, &line);
       stored = in.has_stored()) {
    if (!expect_variants) {
      WarnOfIndent(block, line, stored);
      ParseStatement(block, line, &header, &expect_variants);
      continue;
    }
    expect_variants = false;
    if (line.text[0] == '-') {
      FlushItems(block.node, block.base);
      EndRun(block);
      block.node = ParseVariants(block, header, line);
      EndRun(block);
      continue;
    }
    Error(line, 0, line.text.size(),
          fmt::format("expected '- NAME:' after 'variants', found '{}'", line.text));
    SkipVariants(in, line.indent);
  }
  if (expect_variants)
    Warn(header.line, 0, header.line.text.size(), "empty-variants",
         "a 'variants' block without variants is ignored");
  if (block.has_suffix) items_.push_back(block.suffix);
  --depth_;
  return block.node;
}

void ModernParser::ParseStatement(BlockState& block, const Line& line, Header* header,
                                  bool* expect_variants) {
  std::string_view text = line.text;
  const std::string_view before = std::exchange(last_statement_, text);
  switch (text[0]) {
    case 'v':
      if (text.starts_with("variants:") || text.starts_with("variants ")) {
        if (block.in_condition) {
          Error(line, 0, 8, "'variants' is not allowed inside a conditional block");
          return SkipBlock(block.in, line.indent);
        }
        block.in.fast = false;
        bool has_colon = text[8] == ':';
        *header = {};
        *expect_variants = ParseHeader(line, has_colon ? 9 : 8, has_colon, header);
        if (!*expect_variants) SkipVariants(block.in, line.indent);
        return;
      }
      break;
    case '-':
      return StrayVariants(block, line, before);
    case 'o':
      if (text.starts_with("only ")) return ParseFilterStatement(block, line, ItemKind::kOnly, 4);
      break;
    case 'n':
      if (text.starts_with("no ")) return ParseFilterStatement(block, line, ItemKind::kNo, 2);
      break;
    case 'j':
      if (text.starts_with("join ")) return ParseFilterStatement(block, line, ItemKind::kJoin, 4);
      break;
    case 'i':
      if (text.starts_with("include ")) return ParseInclude(block, line);
      break;
    case 'd':
      if (text.starts_with("del ")) return ParseDelete(block, line);
      break;
    case 's':
      if (text.starts_with("suffix ")) return ParseSuffix(block, line);
      break;
    default:
      break;
  }
  Assignment assignment;
  if (block.in.fast && FindAssignment(text, &assignment))
    return ParseAssignment(block, line, assignment);
  ParseCondition(block, line);
}

void ModernParser::ParseAssignment(BlockState& block, const Line& line,
                                   const Assignment& assignment) {
  Item item;
  item.kind = KindOf(assignment.op);
  item.key = Key(assignment.key);
  item.value.text = Unquote(assignment.value);
  item.value.origin = PlaceOf(line);
  item.substitutes = item.value.text.find('$') != std::string_view::npos;
  if (warns_) {
    // A key is looked at when it is new, an odd one each time.
    if (item.key >= known_keys_) LookAtKeys();
    if (is_odd_key_[item.key]) WarnOfKey(line, assignment);
    WarnOfValue(line, assignment.value);
  }
  bool plain = item.kind == ItemKind::kSet && !item.substitutes;
  if (item.key < kReservedKeys && !IsRegexKind(item.kind)) {
    Warn(line, 0, assignment.key.size(), "reserved-key",
         fmt::format("'{}' belongs to the language: this has no effect", assignment.key));
    // What is ignored still ends a run of plain assignments, unless it is one itself.
    if (!plain) EndRun(block);
    return;
  }
  if (plain) {
    if (key_run_.size() <= item.key) key_run_.resize(tree_.keys.size() + 64);
    if (std::exchange(key_run_[item.key], block.run) != block.run) run_keys_.push_back(item.key);
    items_.push_back(item);
    return;
  }
  bool in_run = item.key < key_run_.size() && key_run_[item.key] == block.run;
  if (!in_run || item.substitutes) EndRun(block);
  if (in_run && !item.substitutes && IsRegexKind(item.kind)) return FoldRegex(line, item);
  items_.push_back(item);
}

// The reference folds a run of plain assignments into one dict while parsing, and applies
// `?=` and its kin right there if its pattern, taken literally, is a key of the run: to
// the keys of that run only, not to all that the path has set.
void ModernParser::FoldRegex(const Line& line, const Item& item) {
  Item plain = item;
  plain.kind = PlainKind(item.kind);
  std::string pattern(tree_.keys.Text(item.key));
  // Most are no more than a key, and runs may be long.
  if (IsLiteralPattern(pattern)) return items_.push_back(plain);
  auto bad = [&](std::string_view why) {
    Error(line, 0, pattern.size(), fmt::format("bad pattern '{}': {}", pattern, why), {},
          "bad-pattern");
  };
  std::string error;
  std::unique_ptr<Regex> regex = Regex::Compile(pattern + "$", false, &error);
  if (!regex) return bad(error);
  for (KeyId key : run_keys_) {
    if (!regex->CanJudge(tree_.keys.Text(key))) return bad(Regex::kCannotJudge);
    plain.key = key;
    if (regex->MatchesStart(tree_.keys.Text(key))) items_.push_back(plain);
  }
  folded_ += run_keys_.size();
  if (folded_ > kMaxFolded)
    Error(line, 0, line.text.size(),
          fmt::format("patterns were compared with more than {} keys while reading", kMaxFolded),
          {}, "too-many-lines");
}

void ModernParser::ParseDelete(BlockState& block, const Line& line) {
  Scanner scanner(line.text, 3);
  Token name = scanner.NextNonWhite();
  if (name.kind != TokenKind::kIdentifier)
    return Error(line, name.pos, name.text.size(),
                 fmt::format("expected a key after 'del', found {}", Found(name)));
  Token end = scanner.NextNonWhite();
  if (end.kind != TokenKind::kEnd)
    return Error(
        line, end.pos, end.text.size(),
        fmt::format("expected the end of the line after 'del {}', found {}", name.text, Found(end)),
        "'del' takes one key, not a pattern");
  EndRun(block);
  Item item;
  item.kind = ItemKind::kDelete;
  item.key = Key(name.text);
  item.value.origin = PlaceOf(line);
  items_.push_back(item);
}

void ModernParser::ParseSuffix(BlockState& block, const Line& line) {
  size_t pos = 6;
  while (pos < line.text.size() && python::SpaceAt(line.text, pos) > 0)
    pos += python::SpaceAt(line.text, pos);
  Scanner scanner(line.text, pos);
  Token name = scanner.Next();
  if (name.kind != TokenKind::kIdentifier)
    return Error(line, name.pos, name.text.size(),
                 fmt::format("expected a name after 'suffix', found {}", Found(name)));
  Token end = scanner.Next();
  if (end.kind != TokenKind::kEnd)
    return Error(line, end.pos, end.text.size(),
                 fmt::format("expected the end of the line after 'suffix {}', found {}", name.text,
                             Found(end)));
  EndRun(block);
  if (block.has_suffix)
    Warn(line, 0, line.text.size(), "suffix-replaced",
         "only the last 'suffix' of a block counts; this one replaces an earlier one");
  block.has_suffix = true;
  block.suffix = {};
  block.suffix.kind = ItemKind::kSuffix;
  tree_.has_suffixes = true;
  block.suffix.key = Key(name.text);
  block.suffix.value.origin = PlaceOf(line);
}

void ModernParser::ParseInclude(BlockState& block, const Line& line) {
  uint32_t pos;
  std::string_view word = Scanner(line.text, 7).Rest(&pos);
  std::string path = ExpandUser(word);
  if (path.empty() || path[0] != '/') {
    // In a string: from where the program runs.
    if (!config_.sources.IsString(file_))
      path = std::string(Directory(config_.sources.Path(file_))) + path;
  }
  Span from = SpanOf(line, pos, word.size());
  if (config_.IncludesItself(reader_, path, file_))
    return Error(line, pos, word.size(), fmt::format("'{}' includes itself", word), {},
                 "include-cycle");
  if (TooDeep(line)) return;
  std::shared_ptr<const std::string> text = config_.Read(reader_, path);
  if (!text) {
    std::string hint;
    if (word.find('#') != word.npos) hint = "a comment is not possible after 'include'";
    return Error(line, pos, word.size(),
                 fmt::format("cannot read the included file '{}': {}", path, reader_.Fault(path)),
                 hint, "missing-include");
  }
  FileId file = config_.sources.AddFile(path, text, from);
  if (!config_.AdmitIncluded(config_.Lines(file).size(), path.size() + text->size(), from,
                             &diagnostics_))
    return;
  EndRun(block);
  block.node = ParseText(file, block.node, block.in_condition, block.base);
  EndRun(block);
}

void ModernParser::EndRun(BlockState& block) {
  block.run = ++runs_;
  run_keys_.clear();
}

void ModernParser::FlushItems(NodeId node, size_t base) {
  size_t count = items_.size() - base;
  if (count == 0) return;
  Node& target = tree_.nodes[node];
  if (target.content.empty()) {
    target.content = tree_.arena.CopySpan(items_.data() + base, count);
  } else {
    std::vector<Item> joined(target.content.begin(), target.content.end());
    joined.insert(joined.end(), items_.begin() + static_cast<ptrdiff_t>(base), items_.end());
    target.content = tree_.arena.CopySpan(joined.data(), joined.size());
  }
  items_.resize(base);
}

NodeId ModernParser::NewNode() {
  tree_.nodes.emplace_back();
  labels_from_.push_back(0);
  NodeId id = static_cast<NodeId>(tree_.nodes.size() - 1);
  if (variant_ != kNone) config_.own_nodes[variant_].push_back(id);
  return id;
}

KeyId ModernParser::Key(std::string_view text) {
  return tree_.keys.Intern(text);
}

void ModernParser::SkipBlock(LineReader& in, int indent) {
  Line line;
  while (in.Next(indent, &line)) {
  }
}

// What stands below a header, and variants beside it.
void ModernParser::SkipVariants(LineReader& in, int indent) {
  Line line;
  do SkipBlock(in, indent);
  while (in.NextIs(indent, '-') && in.Next(indent - 1, &line));
  in.fast = true;
}

std::string ModernParser::StrayVariantsHint(const BlockState& block,
                                            std::string_view before) const {
  constexpr std::string_view kWord = "variants";
  std::string_view word = before.substr(0, before.find_first_of(": "));
  bool is_header = word == kWord && word != before;
  if (is_header)
    return "'- NAME:' lines begin deeper than the 'variants:' line that they belong to";
  if (EditDistance(word, kWord) <= 2)
    return fmt::format("did you mean '{}:' instead of '{}', before it?", kWord, word);
  if (variant_line_.text.empty() || block.in_condition) return {};
  return fmt::format(
      "a variant beside '{}' begins in the same column; variants within it need a 'variants:' line",
      variant_line_.text);
}

void ModernParser::StrayVariants(BlockState& block, const Line& line, std::string_view before) {
  Error(line, 0, line.text.size(), "a '- NAME:' line needs a 'variants:' line before it",
        StrayVariantsHint(block, before));
  SkipVariants(block.in, line.indent);
}

bool ModernParser::TooDeep(const Line& line) {
  if (depth_ < kMaxBlockDepth) return false;
  Error(line, 0, line.text.size(),
        fmt::format("blocks are nested more than {} deep", kMaxBlockDepth), {}, "too-deep");
  return true;
}

Span ModernParser::SpanOf(const Line& line, size_t pos, size_t length) const {
  return {file_, line.number, line.column + static_cast<uint32_t>(pos),
          static_cast<uint32_t>(length)};
}

Place ModernParser::PlaceOf(const Line& line) const {
  return Place::Of(SpanOf(line, 0, line.text.size()));
}

void ModernParser::Error(const Line& line, size_t pos, size_t length, std::string message,
                         std::string hint, std::string code) {
  diagnostics_.Report({.severity = Severity::kError,
                       .code = std::move(code),
                       .span = SpanOf(line, pos, length),
                       .message = std::move(message),
                       .notes = {},
                       .hint = std::move(hint)});
}

void ModernParser::Warn(const Line& line, size_t pos, size_t length, std::string code,
                        std::string message, std::string hint) {
  diagnostics_.Report({.severity = Severity::kWarning,
                       .code = std::move(code),
                       .span = SpanOf(line, pos, length),
                       .message = std::move(message),
                       .notes = {},
                       .hint = std::move(hint)});
}

}  // namespace kvmtest::language
