// What the modern dialect takes without a word for something else than it looks like.
#include <fmt/format.h>

#include "language/keyword_hint.h"
#include "language/parser_modern_impl.h"
#include "language/python_text.h"
#include "language/regex.h"
#include "language/reserved_keys.h"
#include "language/value_traps.h"

namespace kvmtest::language {

namespace {

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

// Nearly every key is made of these alone, and then it can only be a reserved one.
bool IsPlainKey(std::string_view key) {
  return !key.empty() && IsLiteralPattern(key);
}

// Does a pattern hold a '|' outside all brackets?
bool HasLooseAlternation(std::string_view pattern) {
  int depth = 0;
  for (size_t i = 0; i < pattern.size(); ++i) {
    char c = pattern[i];
    if (c == '\\')
      ++i;
    else if (c == '(' || c == '[')
      ++depth;
    else if (c == ')' || c == ']')
      --depth;
    else if (c == '|' && depth == 0)
      return true;
  }
  return false;
}

// `name_fixed` and its like; "" if the key limits no key of the language's own.
std::string_view LimitedReservedKey(std::string_view key) {
  for (std::string_view suffix : {"_fixed", "_max", "_min"}) {
    if (!key.ends_with(suffix)) continue;
    std::string_view base = key.substr(0, key.find(suffix));
    for (uint32_t id = 0; id < kReservedKeys; ++id)
      if (base == kFixedKeys[id]) return base;
  }
  return {};
}

bool IsRegexOp(AssignOp op) {
  return op == AssignOp::kRegexSet || op == AssignOp::kRegexAppend || op == AssignOp::kRegexPrepend;
}

}  // namespace

void ModernParser::WarnOfHiddenLines() {
  for (const HiddenLine& line : config_.HiddenLines(file_)) {
    size_t pos = 0;
    auto character = static_cast<uint32_t>(python::DecodeAt(line.end, &pos));
    diagnostics_.Report(
        {.severity = Severity::kWarning,
         .code = "hidden-line-end",
         .span = {file_, line.number, line.column, 1},
         .message = fmt::format("a new line begins here: the character U+{:04X} before it ends one",
                                character)});
  }
}

void ModernParser::LookAtKeys() {
  for (; known_keys_ < tree_.keys.size(); ++known_keys_) {
    std::string_view key = tree_.keys.Text(known_keys_);
    is_odd_key_.push_back(!IsPlainKey(key) || !LimitedReservedKey(key).empty());
  }
}

void ModernParser::WarnOfKey(const Line& line, const Assignment& assignment) {
  std::string_view key = assignment.key;
  if (LooksLikeCondition(assignment))
    return Warn(
        line, 0, line.text.size(), "condition-is-assignment",
        fmt::format("this sets the key '{}'; it is not a condition, because '=' comes before ':'",
                    Shortened(key)),
        "'(variable=name)' cannot stand in a condition; write the name alone, as in 'linux:'");
  if (key.empty())
    return Warn(line, 0, line.text.size(), "odd-key", "this sets a key without a name");
  if (key[0] == '#' || key.starts_with("//"))
    return Warn(
        line, 0, line.text.size(), "comment-in-condition",
        fmt::format("this sets the key '{}': a comment cannot follow a condition", Shortened(key)),
        "put the comment on a line of its own");
  if (key.find(' ') != key.npos)
    return Warn(line, 0, key.size(), "odd-key",
                fmt::format("this sets the key '{}'", Shortened(key)),
                KeywordHintInKey(key, Dialect::kModern));
  if (IsRegexOp(assignment.op) && HasLooseAlternation(key))
    Warn(line, 0, key.size(), "loose-alternation",
         fmt::format("only the last alternative of '{}' must match a key to its end", key),
         fmt::format("did you mean '({})'?", key));
  if (std::string_view base = LimitedReservedKey(key); !base.empty())
    Warn(line, 0, key.size(), "reserved-key",
         fmt::format("'{}' belongs to the language: this changes it in the result", base));
}

void ModernParser::WarnOfValue(const Line& line, std::string_view value) {
  if (value.empty()) return;
  for (const ValueTrap& trap : FindValueTraps(value, Dialect::kModern))
    Warn(line, PosOf(line, value) + trap.pos, trap.length, trap.code, trap.message, trap.hint);
  size_t pos = PosOf(line, value);
  if (line.tab_end > pos)
    Warn(line, pos, value.size(), "tab-in-value",
         "the tabs in this value become blanks, to columns of eight");
}

// Deeper lines behind an assignment are of its block all the same.
void ModernParser::WarnOfIndent(BlockState& block, const Line& line, bool stored) {
  if (stored) return;
  if (line.indent > block.last_indent)
    Warn(line, 0, line.text.size(), "deeper-line",
         "this line is deeper than the one before it, which opens no block");
  block.last_indent = line.indent;
}

bool ModernParser::WarnOfDangling(const Line& line, const Scanner& scanner, size_t from,
                                  std::string_view where) {
  if (scanner.dangling() == 0 || scanner.dangling_pos() < from) return false;
  Warn(line, scanner.dangling_pos(), 1, "dangling-operator",
       fmt::format("'{}' in {} has no meaning and is ignored", scanner.dangling(), where));
  return true;
}

// A filter may end with a separator; it does no harm.
bool ModernParser::WarnOfTrailing(const Line& line, std::span<const Token> tokens) {
  if (!diagnostics_.pedantic()) return false;
  size_t end = tokens.size();
  while (end > 0 &&
         (tokens[end - 1].kind == TokenKind::kEnd || tokens[end - 1].kind == TokenKind::kWhite))
    --end;
  size_t begin = end;
  while (begin > 0 &&
         (tokens[begin - 1].kind == TokenKind::kComma || tokens[begin - 1].kind == TokenKind::kDot))
    --begin;
  if (begin == end) return false;
  size_t pos = tokens[begin].pos;
  size_t length = tokens[end - 1].pos + 1 - pos;
  diagnostics_.Report({.severity = Severity::kWarning,
                       .code = "trailing-separator",
                       .span = SpanOf(line, pos, length),
                       .message = fmt::format("nothing follows this '{}', which is ignored",
                                              line.text.substr(pos, length)),
                       .pedantic = true});
  return true;
}

void ModernParser::WarnOfDeps(const Line& line, size_t pos, FilterId deps) {
  for (const Alternative& alternative : tree_.filters[deps].alternatives) {
    if (alternative.blocks.size() < 2) continue;
    Warn(line, pos, line.text.size() - pos, "dependency-parts",
         fmt::format("'{}' is {} dependencies, one for each part between '..'",
                     AlternativeText(alternative, tree_.labels), alternative.blocks.size()));
  }
}

void ModernParser::WarnOfPartialDefault(const VariantLine& line, const Default& asked) {
  const size_t parts = line.raw_name.size();
  if (asked.tokens.size() == parts) return;
  std::string name;
  for (const Token& token : line.raw_name) name += token.text;
  std::string why = "the beginning of a name is enough";
  if (asked.tokens.size() > parts) {
    std::string_view more = asked.text;
    more.remove_prefix(static_cast<size_t>(asked.tokens[parts].text.data() - more.data()));
    why = fmt::format("'{}' is ignored", more);
  }
  diagnostics_.Report(
      {.severity = Severity::kWarning,
       .code = "default-prefix",
       .span = line.span,
       .message = fmt::format("'[default={}]' takes '{}': {}", asked.text, name, why)});
}

}  // namespace kvmtest::language
