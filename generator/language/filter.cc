#include "language/filter.h"

#include <fmt/format.h>

#include <algorithm>

#include "language/arena.h"

namespace kvmtest::language {

bool Occurs(const Adjacency& block, std::span<const AtomId> labels, const LabelTable& table) {
  const size_t size = block.atoms.size();
  for (size_t begin = 0; begin + size <= labels.size(); ++begin) {
    size_t k = 0;
    while (k < size && table.Offers(labels[begin + k], block.atoms[k])) ++k;
    if (k == size) return true;
  }
  return false;
}

bool Matches(const Alternative& alternative, std::span<const AtomId> labels,
             const LabelTable& table) {
  return std::all_of(alternative.blocks.begin(), alternative.blocks.end(),
                     [&](const Adjacency& block) { return Occurs(block, labels, table); });
}

bool Matches(const Filter& filter, std::span<const AtomId> labels, const LabelTable& table) {
  return std::any_of(
      filter.alternatives.begin(), filter.alternatives.end(),
      [&](const Alternative& alternative) { return Matches(alternative, labels, table); });
}

std::string NameText(std::span<const AtomId> labels, const LabelTable& table) {
  std::string name;
  for (AtomId label : labels) {
    if (!name.empty()) name += '.';
    name += table.Text(label);
  }
  return name;
}

namespace {

// An element as a filter says it: `(os="")` asks for a label that is written `(os=)`.
void AppendElement(std::string_view text, std::string* out) {
  bool no_name = text.ends_with("=)");
  *out += no_name ? text.substr(0, text.size() - 1) : text;
  if (no_name) *out += "\"\")";
}

}  // namespace

std::string AlternativeText(const Alternative& alternative, const LabelTable& table) {
  std::string out;
  for (const Adjacency& block : alternative.blocks) {
    if (&block != alternative.blocks.data()) out += out.empty() ? "." : "..";
    for (size_t i = 0; i < block.atoms.size(); ++i) {
      if (i > 0) out += '.';
      AppendElement(table.Text(block.atoms[i]), &out);
    }
  }
  return out;
}

std::string FilterText(const Filter& filter, const LabelTable& table) {
  std::string out;
  for (const Alternative& alternative : filter.alternatives) {
    if (!out.empty()) out += ", ";
    out += AlternativeText(alternative, table);
  }
  return out;
}

namespace {

// The reference's hand-made state machine, kept state for state: `dots` counts the dots
// since the last element (1 at the start of an alternative), and white space is as much a
// separator as a comma, which is why `a , b` is an error and `a, b` is not.
class FilterParser {
 public:
  FilterParser(std::span<const Token> tokens, FilterUse use, LabelTable* labels, Arena* arena,
               FilterError* error)
      : tokens_(tokens), use_(use), labels_(labels), arena_(arena), error_(error) {}

  bool Parse(Filter* filter) {
    if (!Check(Peek(), "a name",
               {TokenKind::kIdentifier, TokenKind::kLeftParen, TokenKind::kEnd, TokenKind::kWhite}))
      return false;
    while (Peek().kind != TokenKind::kEnd) {
      if (!Step()) return false;
    }
    FinishAlternative();
    for (Alternative& alternative : alternatives_) {
      bool lone = alternative.blocks.size() == 1 && alternative.blocks[0].atoms.size() == 1;
      filter->simple &= lone;
      if (lone) filter->any.push_back(alternative.blocks[0].atoms[0]);
    }
    if (!filter->simple) filter->any.clear();
    filter->alternatives = std::move(alternatives_);
    return true;
  }

 private:
  const Token& Peek() const { return tokens_[at_]; }

  bool Fail(const Token& token, std::string message) {
    uint32_t length = static_cast<uint32_t>(std::max<size_t>(1, token.text.size()));
    *error_ = {std::move(message), token.pos, length};
    return false;
  }

  bool Check(const Token& token, std::string_view expected,
             std::initializer_list<TokenKind> allowed) {
    for (TokenKind kind : allowed)
      if (token.kind == kind) return true;
    if (token.kind == TokenKind::kString)
      return Fail(token, fmt::format("expected {}, found a quoted text", expected));
    if (token.kind == TokenKind::kEnd)
      return Fail(token, fmt::format("expected {}, found the end of the filter", expected));
    return Fail(token, fmt::format("expected {}, found {}", expected, Found(token)));
  }

  bool Step() {
    const Token& token = Peek();
    switch (token.kind) {
      case TokenKind::kIdentifier:
      case TokenKind::kLeftParen:
        if (!Element()) return false;
        break;
      case TokenKind::kDot:
        ++dots_;
        ++at_;
        break;
      default:  // a comma or white space
        return Separator();
    }
    return Check(Peek(), "',' or '.'",
                 {TokenKind::kIdentifier, TokenKind::kComma, TokenKind::kDot, TokenKind::kLeftParen,
                  TokenKind::kEnd, TokenKind::kWhite});
  }

  bool Element() {
    const Token& first = Peek();
    AtomId atom;
    if (first.kind == TokenKind::kIdentifier) {
      atom = labels_->Bare(first.text);
      ++at_;
    } else if (!Parenthesised(&atom)) {
      return false;
    }
    if (dots_ == 0) {
      Fail(first, fmt::format("expected ',' or '.' before '{}'", first.text));
      // In a condition, blanks are gone by now.
      if (at_ >= 2 && tokens_[at_ - 2].kind == TokenKind::kIdentifier &&
          first.kind == TokenKind::kIdentifier)
        error_->hint = fmt::format("write '{0}, {1}' for any of them, '{0}..{1}' for both",
                                   tokens_[at_ - 2].text, first.text);
      return false;
    }
    if (dots_ > 2)
      return Fail(
          first, fmt::format("expected '.' or '..' before '{}', found {} dots", first.text, dots_));
    if (dots_ == 2) {
      if (block_.atoms.empty() && use_ == FilterUse::kMatching)
        return Fail(first, fmt::format("expected a name before '.{}'", first.text));
      blocks_.push_back(std::move(block_));
      block_ = {};
    }
    block_.atoms.push_back(atom);
    dots_ = 0;
    return true;
  }

  const Token& NextNonWhite() {
    do ++at_;
    while (Peek().kind == TokenKind::kWhite);
    return Peek();
  }

  // (name) or (variable = name), blanks allowed.
  bool Parenthesised(AtomId* atom) {
    const Token& name = NextNonWhite();
    if (!Check(name, "a name after '('", {TokenKind::kIdentifier})) return false;
    const Token& middle = NextNonWhite();
    if (!Check(middle, "'=' or ')'", {TokenKind::kSet, TokenKind::kRightParen})) return false;
    if (middle.kind == TokenKind::kRightParen) {
      *atom = labels_->Bare(name.text);
      ++at_;
      return true;
    }
    const Token& value = NextNonWhite();
    if (!Check(value, "a name after '='", {TokenKind::kIdentifier, TokenKind::kString}))
      return false;
    const Token& end = NextNonWhite();
    if (!Check(end, "')'", {TokenKind::kRightParen})) {
      if (end.kind == TokenKind::kDot)
        error_->hint = fmt::format(
            "a variant with dots in its name has a label for each part: '({0}={1}).({0}=...)'",
            name.text, value.text);
      return false;
    }
    ++at_;
    std::string_view text = arena_->Copy(fmt::format("({}={})", name.text, value.text));
    *atom = labels_->Full(text, labels_->Bare(value.text));
    return true;
  }

  bool Separator() {
    const Token& token = Peek();
    if (dots_ > 0) {
      bool after_blank = at_ > 0 && tokens_[at_ - 1].kind == TokenKind::kWhite;
      bool ok = Fail(token, fmt::format("expected a name, found {}", Found(token)));
      if (after_blank && token.kind == TokenKind::kComma)
        error_->hint = "a blank separates alternatives too: write 'a, b', not 'a , b'";
      return ok;
    }
    FinishAlternative();
    dots_ = 1;
    const Token& next = NextNonWhite();
    return Check(next, "a name",
                 {TokenKind::kIdentifier, TokenKind::kComma, TokenKind::kDot, TokenKind::kLeftParen,
                  TokenKind::kEnd});
  }

  void FinishAlternative() {
    if (!block_.atoms.empty()) blocks_.push_back(std::move(block_));
    block_ = {};
    if (!blocks_.empty()) alternatives_.push_back({std::move(blocks_)});
    blocks_ = {};
  }

  std::span<const Token> tokens_;
  FilterUse use_;
  LabelTable* labels_;
  Arena* arena_;
  FilterError* error_;
  size_t at_ = 0;
  int dots_ = 1;
  Adjacency block_;
  std::vector<Adjacency> blocks_;
  std::vector<Alternative> alternatives_;
};

}  // namespace

bool ParseFilter(std::span<const Token> tokens, FilterUse use, LabelTable* labels, Arena* arena,
                 Filter* filter, FilterError* error) {
  return FilterParser(tokens, use, labels, arena, error).Parse(filter);
}

}  // namespace kvmtest::language
