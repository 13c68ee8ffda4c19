#include "language/parser_modern.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "language/parser_modern_impl.h"
#include "language/python_text.h"
#include "language/regex.h"
#include "language/reserved_keys.h"

namespace kvmtest::language {

namespace {

// Deeper nesting of blocks, conditions and includes is a mistake (an include cycle, a
// generator gone wild); the reference gives up a little earlier, at Python's stack limit.
constexpr int kMaxDepth = 900;

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

// `(os=lin): x = 1`: the "key" ends inside a parenthesis that the "value" closes before
// a colon. It was meant as a condition.
bool LooksLikeCondition(const Assignment& assignment) {
  size_t open = assignment.key.rfind('(');
  if (open == std::string_view::npos || assignment.key.find(')', open) != std::string_view::npos)
    return false;
  size_t close = assignment.value.find(')');
  size_t colon = assignment.value.find(':');
  return close != std::string_view::npos && colon != std::string_view::npos && close < colon;
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
    diagnostics_.Report({.code = "missing-file", .message = fmt::format("cannot read '{}'", path)});
    return false;
  }
  tree_.root = ParseText(config_.sources.AddFile(path, text, {}), tree_.root, false);
  return true;
}

void ModernParser::ParseString(const std::string& text) {
  tree_.root = ParseText(config_.sources.AddString(text), tree_.root, false);
}

NodeId ModernParser::ParseText(FileId file, NodeId node, bool in_condition) {
  std::string_view text = config_.sources.Text(file);
  size_t bad = python::FindInvalidUtf8(text);
  if (bad != text.npos) {
    uint32_t line = 1 + static_cast<uint32_t>(std::count(text.begin(), text.begin() + bad, '\n'));
    diagnostics_.Report({.code = "encoding",
                         .span = {file, line, 0, 0},
                         .message = fmt::format("byte 0x{:02x} is not UTF-8",
                                                static_cast<unsigned char>(text[bad]))});
    return node;
  }
  FileId outer = std::exchange(file_, file);
  LineReader in(text, file, &tree_.arena);
  node = ParseBlock(in, node, in_condition, -1, items_.size());
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
  while (!diagnostics_.Full() && in.Next(prev_indent, &line)) {
    if (!expect_variants) {
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
    Error(line, 0, line.text.size(), "expected '- NAME:' after 'variants'");
    SkipBlock(in, line.indent);
    in.fast = true;
  }
  if (block.has_suffix) items_.push_back(block.suffix);
  if (!in_condition) FlushItems(block.node, base);
  --depth_;
  return block.node;
}

void ModernParser::ParseStatement(BlockState& block, const Line& line, Header* header,
                                  bool* expect_variants) {
  std::string_view text = line.text;
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
        if (!*expect_variants) SkipBlock(block.in, line.indent);
        return;
      }
      break;
    case '-':
      Error(line, 0, text.size(), "a '- NAME:' line needs a 'variants:' line before it");
      return SkipBlock(block.in, line.indent);
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
  if (LooksLikeCondition(assignment))
    Warn(line, 0, line.text.size(), "condition-is-assignment",
         fmt::format("this sets the key '{}'; it is not a condition, because '=' comes before ':'",
                     assignment.key),
         "'(variable=name)' cannot stand in a condition; write the name alone, as in 'linux:'");
  Item item;
  item.kind = KindOf(assignment.op);
  item.key = Key(assignment.key);
  item.value.text = Unquote(assignment.value);
  item.value.origin = PlaceOf(line);
  item.substitutes = item.value.text.find('$') != std::string_view::npos;
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
    key_run_[item.key] = block.run;
    items_.push_back(item);
    return;
  }
  bool in_run = item.key < key_run_.size() && key_run_[item.key] == block.run;
  if (!in_run || item.substitutes) EndRun(block);
  if (in_run && !item.substitutes && IsRegexKind(item.kind)) return FoldRegex(block, line, item);
  items_.push_back(item);
}

// The reference folds a run of plain assignments into one dict while parsing, and applies
// `?=` and its kin right there if its pattern, taken literally, is a key of the run: to
// the keys of that run only, not to all that the path has set.
void ModernParser::FoldRegex(BlockState& block, const Line& line, const Item& item) {
  std::string error;
  std::string pattern(tree_.keys.Text(item.key));
  std::unique_ptr<Regex> regex = Regex::Compile(pattern + "$", false, &error);
  if (!regex) {
    Error(line, 0, pattern.size(), fmt::format("bad pattern '{}': {}", pattern, error), {},
          "bad-pattern");
    return;
  }
  std::vector<KeyId> keys;
  for (size_t i = block.run_begin; i < items_.size(); ++i) {
    KeyId key = items_[i].key;
    if (items_[i].kind == ItemKind::kSet && regex->MatchesStart(tree_.keys.Text(key)) &&
        std::find(keys.begin(), keys.end(), key) == keys.end())
      keys.push_back(key);
  }
  for (KeyId key : keys) {
    Item plain = item;
    plain.kind = PlainKind(item.kind);
    plain.key = key;
    items_.push_back(plain);
  }
}

bool ModernParser::ReadFilter(const Line& line, std::span<const Token> tokens, FilterId* id) {
  Filter filter;
  FilterError error;
  if (!language::ParseFilter(tokens, &tree_.labels, &tree_.arena, &filter, &error)) {
    Error(line, error.pos, error.length, error.message, error.hint);
    return false;
  }
  *id = tree_.InternFilter(std::move(filter));
  return true;
}

namespace {

// `a|b` is 2009's way to say `a, b`.
std::string CharacterHint(const Token& token) {
  if (token.text == "|")
    return "alternatives are separated by ',' in the modern dialect; regular expressions are "
           "2009's (--dialect=2009)";
  return {};
}

}  // namespace

void ModernParser::ParseFilterStatement(BlockState& block, const Line& line, ItemKind kind,
                                        size_t pos) {
  while (pos < line.text.size()) {
    size_t step = python::SpaceAt(line.text, pos);
    if (step == 0) break;
    pos += step;
  }
  Scanner scanner(line.text, pos);
  tokens_.clear();
  do tokens_.push_back(scanner.Next());
  while (tokens_.back().kind != TokenKind::kEnd && tokens_.back().kind != TokenKind::kError);
  const Token& last = tokens_.back();
  if (last.kind == TokenKind::kError)
    return Error(line, last.pos, last.text.size(), scanner.error() + " in a filter",
                 CharacterHint(last));
  FilterId filter;
  if (!ReadFilter(line, tokens_, &filter)) return;
  std::string_view word = line.text.substr(0, line.text.find(' '));
  if (scanner.dangling() != 0)
    Warn(line, 0, line.text.size(), "dangling-operator",
         fmt::format("'{}' in a filter has no meaning and is ignored", scanner.dangling()));
  if (tree_.filters[filter].alternatives.empty() && kind != ItemKind::kJoin)
    Warn(line, 0, line.text.size(), "empty-filter",
         kind == ItemKind::kOnly ? fmt::format("'{}' with an empty filter removes everything", word)
                                 : fmt::format("'{}' with an empty filter removes nothing", word));
  EndRun(block);
  tree_.has_joins |= kind == ItemKind::kJoin;
  Item item;
  item.kind = kind;
  item.id = filter;
  item.value.origin = PlaceOf(line);
  items_.push_back(item);
}

void ModernParser::ParseDelete(BlockState& block, const Line& line) {
  Scanner scanner(line.text, 3);
  Token name = scanner.NextNonWhite();
  if (name.kind != TokenKind::kIdentifier)
    return Error(line, name.pos, name.text.size(), "expected a key after 'del'");
  Token end = scanner.NextNonWhite();
  if (end.kind != TokenKind::kEnd)
    return Error(
        line, end.pos, end.text.size(),
        fmt::format("expected the end of the line after 'del {}', found '{}'", name.text, end.text),
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
    return Error(line, name.pos, name.text.size(), "expected a name after 'suffix'");
  Token end = scanner.Next();
  if (end.kind != TokenKind::kEnd)
    return Error(line, end.pos, end.text.size(),
                 fmt::format("expected the end of the line after 'suffix {}'", name.text));
  EndRun(block);
  if (block.has_suffix)
    Warn(line, 0, line.text.size(), "suffix-replaced",
         "only the last 'suffix' of a block counts; this one replaces an earlier one");
  block.has_suffix = true;
  block.suffix = {};
  block.suffix.kind = ItemKind::kSuffix;
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
  for (FileId file : including_) {
    if (config_.sources.Path(file) == path)
      return Error(line, pos, word.size(), fmt::format("'{}' includes itself", word), {},
                   "include-cycle");
  }
  if (config_.sources.Path(file_) == path)
    return Error(line, pos, word.size(), fmt::format("'{}' includes itself", word), {},
                 "include-cycle");
  if (TooDeep(line)) return;
  std::shared_ptr<const std::string> text = config_.Read(reader_, path);
  if (!text) {
    std::string hint;
    if (word.find('#') != word.npos) hint = "a comment is not possible after 'include'";
    return Error(line, pos, word.size(),
                 fmt::format("included file '{}' does not exist or is not a regular file", path),
                 hint, "missing-include");
  }
  EndRun(block);
  if (!block.in_condition) FlushItems(block.node, block.base);
  including_.push_back(file_);
  block.node = ParseText(config_.sources.AddFile(path, text, from), block.node, block.in_condition);
  including_.pop_back();
  EndRun(block);
}

namespace {

// What a keyword that stands alone on its line lacks.
std::string_view NeededBy(std::string_view word) {
  if (word == "only" || word == "no" || word == "join") return "filter";
  if (word == "suffix" || word == "variants") return word == "suffix" ? "name" : "':'";
  if (word == "include") return "file";
  return word == "del" ? "key" : "";
}

}  // namespace

void ModernParser::ParseCondition(BlockState& block, const Line& line) {
  Scanner scanner(line.text, 0);
  Token token = scanner.Next();
  ItemKind kind = ItemKind::kCondition;
  tokens_.clear();
  if (token.kind == TokenKind::kBang) {
    kind = ItemKind::kNegativeCondition;
  } else if (token.kind == TokenKind::kIdentifier) {
    tokens_.push_back(token);
  } else {
    std::string message =
        token.kind == TokenKind::kError
            ? scanner.error()
            : fmt::format("unexpected '{}' at the start of a statement", token.text);
    Error(line, token.pos, std::max<size_t>(1, token.text.size()), message);
    return SkipBlock(block.in, line.indent);
  }
  do {
    token = scanner.Next();
    if (token.kind != TokenKind::kWhite) tokens_.push_back(token);
  } while (token.kind != TokenKind::kColon && token.kind != TokenKind::kEnd &&
           token.kind != TokenKind::kError &&
           !(kind == ItemKind::kCondition &&
             (token.kind == TokenKind::kSet || token.kind == TokenKind::kOperator)));
  if (token.kind == TokenKind::kColon) {
    tokens_.back() = {TokenKind::kEnd, {}, token.pos};
    FilterId filter;
    if (ReadFilter(line, tokens_, &filter))
      return ParseConditionBlock(block, line, scanner, kind, filter);
    return SkipBlock(block.in, line.indent);
  }
  if (token.kind == TokenKind::kError) {
    Error(line, token.pos, token.text.size(), scanner.error(), CharacterHint(token));
  } else if (token.kind == TokenKind::kEnd) {
    size_t end = line.text.size();
    if (kind == ItemKind::kNegativeCondition)
      Error(line, token.pos, 1, "expected ':' after the condition");
    else if (std::string_view needs = NeededBy(line.text); !needs.empty())
      Error(line, 0, end, fmt::format("'{}' needs a {}", line.text, needs));
    else
      Error(line, 0, end, "expected 'KEY = VALUE' or 'FILTER:'");
  } else if (block.in.fast) {
    Error(line, token.pos, 1, "expected a value; ':' may not stand right after the operator");
  } else {
    // The reference reads lines differently after an empty `variants:` until the next
    // block begins, and stumbles over every assignment.
    Error(line, token.pos, 1, "an assignment cannot follow an empty 'variants:' block",
          "remove the 'variants:' that has no '- NAME:' lines");
  }
  SkipBlock(block.in, line.indent);
}

void ModernParser::ParseConditionBlock(BlockState& block, const Line& line, Scanner& scanner,
                                       ItemKind kind, FilterId filter) {
  uint32_t pos;
  std::string_view rest = python::StripRight(scanner.Rest(&pos));
  if (TooDeep(line)) return SkipBlock(block.in, line.indent);
  if (!rest.empty()) block.in.Store({rest, line.indent + 1, line.number, line.column + pos});
  EndRun(block);
  size_t base = items_.size();
  ParseBlock(block.in, block.node, true, line.indent, base);
  Condition condition;
  condition.filter = filter;
  condition.content = tree_.arena.CopySpan(items_.data() + base, items_.size() - base);
  items_.resize(base);
  tree_.conditions.push_back(condition);
  Item item;
  item.kind = kind;
  item.id = static_cast<uint32_t>(tree_.conditions.size() - 1);
  item.value.origin = PlaceOf(line);
  items_.push_back(item);
  EndRun(block);
}

void ModernParser::EndRun(BlockState& block) {
  block.run = ++runs_;
  block.run_begin = items_.size();
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

bool ModernParser::TooDeep(const Line& line) {
  if (depth_ < kMaxDepth) return false;
  Error(line, 0, line.text.size(), fmt::format("blocks are nested more than {} deep", kMaxDepth),
        {}, "too-deep");
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
