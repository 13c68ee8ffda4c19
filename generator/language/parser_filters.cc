// What holds a filter in the modern dialect: only, no and join, and conditions. The same
// filters come again and again; one that was read without complaint is known by its text.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "language/keyword_hint.h"
#include "language/parser_modern_impl.h"
#include "language/python_text.h"

namespace kvmtest::language {

bool ModernParser::ReadFilter(const Line& line, std::span<const Token> tokens, FilterUse use,
                              FilterId* id) {
  Filter filter;
  FilterError error;
  if (!language::ParseFilter(tokens, use, &tree_.labels, &tree_.arena, &filter, &error)) {
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

// What follows only, no or join.
bool ModernParser::ReadStatementFilter(const Line& line, ItemKind kind, size_t pos,
                                       FilterId* filter) {
  Scanner scanner(line.text, pos);
  tokens_.clear();
  do tokens_.push_back(scanner.Next());
  while (tokens_.back().kind != TokenKind::kEnd && tokens_.back().kind != TokenKind::kError);
  const Token& last = tokens_.back();
  if (last.kind == TokenKind::kError) {
    Error(line, last.pos, last.text.size(), scanner.Complaint("a name, ',' or '.' in a filter"),
          CharacterHint(last));
    return false;
  }
  if (!ReadFilter(line, tokens_, FilterUse::kMatching, filter)) return false;
  std::string_view word = line.text.substr(0, line.text.find(' '));
  bool plain = !WarnOfDangling(line, scanner, pos, "a filter");
  plain &= !WarnOfTrailing(line, tokens_);
  bool empty = tree_.filters[*filter].alternatives.empty();
  if (empty && kind != ItemKind::kJoin)
    Warn(line, 0, line.text.size(), "empty-filter",
         kind == ItemKind::kOnly ? fmt::format("'{}' with an empty filter removes everything", word)
                                 : fmt::format("'{}' with an empty filter removes nothing", word));
  if (!empty && plain) known_filters_.emplace(line.text.substr(pos), *filter);
  return true;
}

void ModernParser::ParseFilterStatement(BlockState& block, const Line& line, ItemKind kind,
                                        size_t pos) {
  pos = line.text.size() - python::StripLeft(line.text.substr(pos)).size();
  FilterId filter;
  if (auto known = known_filters_.find(line.text.substr(pos)); known != known_filters_.end())
    filter = known->second;
  else if (!ReadStatementFilter(line, kind, pos, &filter))
    return;
  EndRun(block);
  tree_.has_joins |= kind == ItemKind::kJoin;
  Item item;
  item.kind = kind;
  item.id = filter;
  item.value.origin = PlaceOf(line);
  items_.push_back(item);
}

namespace {

// What a keyword that stands alone on its line lacks.
std::string_view NeededBy(std::string_view word) {
  if (word == "only" || word == "no" || word == "join") return "a filter";
  if (word == "suffix" || word == "variants") return word == "suffix" ? "a name" : "':'";
  if (word == "include") return "a file";
  return word == "del" ? "a key" : "";
}

constexpr std::string_view kKeyOrCondition = "'KEY = VALUE' or 'FILTER:'";

}  // namespace

std::string ModernParser::StatementHint(const Line& line) const {
  std::string hint = KeywordHint(line.text, Dialect::kModern);
  bool is_behind_condition =
      !last_condition_.empty() && &last_condition_.back() == &line.text.back();
  // `onyl: a`.
  if (hint.empty() && is_behind_condition) hint = KeywordHint(last_condition_, Dialect::kModern);
  return hint;
}

void ModernParser::ParseCondition(BlockState& block, const Line& line) {
  std::string_view until_colon = line.text.substr(0, line.text.find(':') + 1);
  if (auto known = known_conditions_.find(until_colon); known != known_conditions_.end())
    return ParseConditionBlock(
        block, line, until_colon.size(),
        line.text[0] == '!' ? ItemKind::kNegativeCondition : ItemKind::kCondition, known->second);
  Scanner scanner(line.text, 0);
  Token token = scanner.Next();
  ItemKind kind = ItemKind::kCondition;
  tokens_.clear();
  if (token.kind == TokenKind::kBang) {
    kind = ItemKind::kNegativeCondition;
  } else if (token.kind == TokenKind::kIdentifier) {
    tokens_.push_back(token);
  } else {
    constexpr std::string_view kStatement = "a keyword, a key or a condition";
    Error(line, token.pos, std::max<size_t>(1, token.text.size()),
          token.kind == TokenKind::kError
              ? scanner.Complaint(kStatement)
              : fmt::format("expected {}, found {}", kStatement, Found(token)));
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
    if (!ReadFilter(line, tokens_, FilterUse::kMatching, &filter))
      return SkipBlock(block.in, line.indent);
    bool plain = !WarnOfDangling(line, scanner, 0, "a condition");
    plain &= !WarnOfTrailing(line, tokens_);
    if (plain && token.pos + 1 == until_colon.size())
      known_conditions_.emplace(until_colon, filter);
    return ParseConditionBlock(block, line, token.pos + 1, kind, filter);
  }
  if (token.kind == TokenKind::kError) {
    std::string hint = CharacterHint(token);
    if (hint.empty()) hint = KeywordHint(line.text, Dialect::kModern);
    Error(line, token.pos, token.text.size(), scanner.Complaint(kKeyOrCondition), std::move(hint));
  } else if (token.kind == TokenKind::kEnd) {
    size_t end = line.text.size();
    if (kind == ItemKind::kNegativeCondition)
      Error(line, token.pos, 1, "expected ':' after the condition, found the end of the line");
    else if (std::string_view needs = NeededBy(line.text); !needs.empty())
      Error(line, 0, end,
            fmt::format("expected {} after '{}', found the end of the line", needs, line.text));
    else
      Error(line, 0, end, fmt::format("expected {}, found '{}'", kKeyOrCondition, line.text),
            StatementHint(line));
  } else if (block.in.fast) {
    Error(line, token.pos, 1, "expected a value after the operator, found ':'");
  } else {
    // The reference reads lines differently after an empty `variants:` until the next
    // block begins, and stumbles over every assignment.
    Error(line, token.pos, 1, "an assignment cannot follow an empty 'variants:' block",
          "remove the 'variants:' that has no '- NAME:' lines");
    block.in.fast = true;  // once is enough
  }
  SkipBlock(block.in, line.indent);
}

void ModernParser::ParseConditionBlock(BlockState& block, const Line& line, size_t rest_pos,
                                       ItemKind kind, FilterId filter) {
  uint32_t pos;
  std::string_view rest = python::StripRight(Scanner(line.text, rest_pos).Rest(&pos));
  if (TooDeep(line)) return SkipBlock(block.in, line.indent);
  Assignment assignment;
  bool is_comment = rest.starts_with('#') || rest.starts_with("//");
  if (is_comment && !FindAssignment(rest, &assignment)) {
    Error(line, pos, rest.size(), "a comment cannot follow a condition",
          "put the comment on a line of its own");
  } else if (!rest.empty()) {
    last_condition_ = line.text;
    block.in.Store({rest, line.indent + 1, line.number, line.column + pos,
                    line.tab_end > pos ? line.tab_end - pos : 0});
  }
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

}  // namespace kvmtest::language
