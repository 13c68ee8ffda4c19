// `variants` blocks of the modern dialect: header, variant lines, and the tree they make.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "language/bounds.h"
#include "language/parser_modern_impl.h"
#include "language/python_text.h"
#include "language/reserved_keys.h"

namespace kvmtest::language {

namespace {

// The reference compares token by token and stops where the shorter one ends, so
// [default=x] also takes x.y, and [default=] the first variant.
bool SamePrefix(const std::vector<Token>& a, const std::vector<Token>& b) {
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    if (a[i].text != b[i].text) return false;
  return true;
}

}  // namespace

// variants [NAME] [META]...:
bool ModernParser::ParseHeader(const Line& line, size_t pos, bool has_colon, Header* header) {
  header->line = line;
  Scanner scanner(line.text, pos);
  auto fail = [&](const Token& token, std::string message, std::string hint = {}) {
    Error(line, token.pos, std::max<size_t>(1, token.text.size()), std::move(message),
          std::move(hint));
    return false;
  };
  if (!has_colon) {
    Token token = scanner.NextNonWhite();
    if (token.kind == TokenKind::kIdentifier) {
      header->name = token.text;
      token = scanner.NextNonWhite();
    }
    while (token.kind == TokenKind::kLeftBracket) {
      if (!ParseMeta(line, scanner, header)) return false;
      token = scanner.NextNonWhite();
    }
    if (token.kind == TokenKind::kIdentifier)
      return fail(token,
                  fmt::format("expected '[' or ':' after 'variants {}', found '{}'",
                              header->name.empty() ? "[...]" : header->name, token.text),
                  header->name.empty() ? "the name of a block comes before its '[...]'" : "");
    if (token.kind == TokenKind::kError)
      return fail(token, scanner.Complaint("':' at the end of 'variants'"));
    if (token.kind != TokenKind::kColon)
      return fail(token,
                  fmt::format("expected ':' at the end of 'variants', found {}", Found(token)));
  }
  Token end = scanner.NextNonWhite();
  constexpr std::string_view kNothing = "the end of the line after 'variants:'";
  if (end.kind == TokenKind::kError) return fail(end, scanner.Complaint(kNothing));
  if (end.kind != TokenKind::kEnd)
    return fail(end, fmt::format("expected {}, found {}", kNothing, Found(end)));
  return true;
}

// What follows '[': key] or key=tokens].
bool ModernParser::ParseMeta(const Line& line, Scanner& scanner, Header* header) {
  Token key = scanner.NextNonWhite();
  if (key.kind != TokenKind::kIdentifier) {
    Error(line, key.pos, std::max<size_t>(1, key.text.size()),
          fmt::format("expected a name after '[', found {}", Found(key)));
    return false;
  }
  Token next = scanner.NextNonWhite();
  if (warns_ && key.text != "default")
    Warn(line, key.pos, key.text.size(), "unknown-meta",
         fmt::format("'[{}]' has no meaning and is ignored", key.text));
  if (next.kind == TokenKind::kRightBracket) {
    if (key.text != "default") return true;
    Error(line, next.pos, 1, "expected '=' and a variant's name after '[default', found ']'");
    return false;
  }
  if (next.kind != TokenKind::kSet) {
    Error(line, next.pos, std::max<size_t>(1, next.text.size()),
          fmt::format("expected '=' or ']' after '[{}', found {}", key.text, Found(next)));
    return false;
  }
  Default value;
  Token token = scanner.Next();
  for (; token.kind != TokenKind::kRightBracket; token = scanner.Next()) {
    if (token.kind == TokenKind::kEnd || token.kind == TokenKind::kError) {
      std::string expected =
          fmt::format("']' after '[{}'", line.text.substr(key.pos, token.pos - key.pos));
      Error(line, token.pos, std::max<size_t>(1, token.text.size()),
            token.kind == TokenKind::kError
                ? scanner.Complaint(expected)
                : fmt::format("expected {}, found {}", expected, Found(token)));
      return false;
    }
    if (token.kind != TokenKind::kWhite) value.tokens.push_back(token);
  }
  value.text = python::Strip(line.text.substr(next.pos + 1, token.pos - next.pos - 1));
  if (key.text == "default") header->defaults.push_back(std::move(value));
  return true;
}

NodeId ModernParser::ParseVariants(BlockState& block, Header& header, const Line& first) {
  BlockId block_id = static_cast<BlockId>(config_.blocks.size());
  config_.blocks.push_back({variant_, std::string(header.name), SpanOf(header.line, 0, 8), {}});
  std::vector<NodeId> children;
  bool already_default = false;
  Line line = first;
  do {
    if (line.text[0] != '-') {
      Error(line, 0, line.text.size(),
            fmt::format("expected '- NAME:' inside 'variants', found '{}'", line.text));
      SkipBlock(block.in, line.indent);
      continue;
    }
    if (line.indent != first.indent)
      Warn(line, 0, line.text.size(), "ragged-variants",
           "this variant is not in the column of the first one, from which the depth of all their "
           "lines is measured");
    VariantLine variant;
    if (!ParseVariantLine(line, &variant)) {
      SkipBlock(block.in, line.indent);
      continue;
    }
    NodeId child =
        ParseVariant(block, header, variant, block_id, line, first.indent, &already_default);
    // With --defaults the default variant is tried first.
    bool to_front = config_.defaults && tree_.nodes[child].is_default;
    children.insert(to_front ? children.begin() : children.end(), child);
  } while (!diagnostics_.Full() && block.in.Next(header.line.indent, &line));
  last_statement_ = header.line.text;
  if (!header.defaults.empty())
    Error(header.line, 0, header.line.text.size(),
          fmt::format("no variant named '{}', which '[default=...]' asks for",
                      header.defaults[0].text));
  NodeId container = NewNode();
  tree_.nodes[container].children = tree_.arena.CopySpan(children.data(), children.size());
  uint32_t labels = 0;
  for (NodeId child : children) labels = std::max(labels, labels_from_[child]);
  labels_from_[container] = labels;
  if (labels > kMaxLabels && !std::exchange(names_too_long_, true))
    Error(header.line, 0, 8, fmt::format("names get longer than {} labels here", kMaxLabels), {},
          "too-deep");
  return container;
}

bool ModernParser::ParseVariantLine(const Line& line, VariantLine* out) {
  Scanner scanner(line.text, 1);
  auto fail = [&](const Token& token, std::string message, std::string hint = {}) {
    Error(line, token.pos, std::max<size_t>(1, token.text.size()), std::move(message),
          std::move(hint));
    return false;
  };
  Token token = scanner.NextNonWhite();
  out->at_default = token.kind == TokenKind::kAt;
  if (out->at_default)
    token = scanner.Next();
  else if (token.kind != TokenKind::kIdentifier)
    return fail(token,
                token.kind == TokenKind::kError
                    ? scanner.Complaint("a variant's name after '-'")
                    : fmt::format("expected a variant's name after '-', found {}", Found(token)));
  uint32_t begin = token.pos;
  for (; token.kind != TokenKind::kColon; token = scanner.Next()) {
    if (token.kind == TokenKind::kIdentifier || token.kind == TokenKind::kDot) {
      out->raw_name.push_back(token);
      continue;
    }
    if (token.kind == TokenKind::kError)
      return fail(token, scanner.Complaint("':' after the variant's name"));
    return fail(token, fmt::format("expected ':'{} after the variant's name, found {}",
                                   token.kind == TokenKind::kWhite ? " right" : "", Found(token)));
  }
  const uint32_t colon = token.pos;
  if (warns_) WarnOfDangling(line, scanner, 0, "a variant's name");
  out->span = SpanOf(line, begin, token.pos - begin);
  for (const Token& part : out->raw_name)
    if (part.kind == TokenKind::kIdentifier || out->raw_name.size() == 1)
      out->names.push_back(part.text);

  tokens_.clear();
  tokens_.push_back(scanner.NextNonWhite());
  while (tokens_.back().kind != TokenKind::kEnd && tokens_.back().kind != TokenKind::kError)
    tokens_.push_back(scanner.Next());
  if (tokens_.back().kind == TokenKind::kError)
    return fail(tokens_.back(), scanner.Complaint("a name, ',' or '.' in the dependencies"));
  if (tokens_[0].kind == TokenKind::kEnd) return true;
  uint32_t pos = tokens_[0].pos;
  if (!ReadFilter(line, tokens_, FilterUse::kDependencies, &out->deps)) return false;
  if (!warns_) return true;
  WarnOfDangling(line, scanner, colon, "dependencies");
  WarnOfTrailing(line, tokens_);
  WarnOfDeps(line, pos, out->deps);
  return true;
}

NodeId ModernParser::ParseVariant(BlockState& block, Header& header, const VariantLine& line,
                                  BlockId block_id, const Line& source, int indent,
                                  bool* already_default) {
  VariantId id = static_cast<VariantId>(config_.variants.size());
  config_.variants.emplace_back();
  config_.own_nodes.emplace_back();
  config_.blocks[block_id].variants.push_back(id);
  VariantId outer = std::exchange(variant_, id);
  const Line outer_line = std::exchange(variant_line_, source);
  last_statement_ = source.text;
  FileId file = file_;

  NodeId node = NewNode();
  tree_.nodes[node].children = tree_.arena.CopySpan(&block.node, 1);
  labels_from_[node] = labels_from_[block.node];
  size_t base = items_.size();
  if (!header.name.empty()) {
    Item item;
    item.kind = ItemKind::kSet;
    item.key = Key(header.name);
    item.value.text = line.names.size() == 1
                          ? line.names[0]
                          : tree_.arena.Copy(fmt::to_string(fmt::join(line.names, ".")));
    item.value.origin = PlaceOf(source);
    if (item.key >= kReservedKeys)
      items_.push_back(item);
    else if (config_.blocks[block_id].variants.size() == 1)
      Warn(header.line, PosOf(header.line, header.name), header.name.size(), "reserved-key",
           fmt::format("'{}' belongs to the language: this has no effect", header.name));
  }
  if (!TooDeep(source))
    node = ParseBlock(block.in, node, false, indent, base);
  else
    SkipBlock(block.in, indent);
  FlushItems(node, base);
  variant_ = outer;
  variant_line_ = outer_line;

  std::vector<AtomId> labels;
  Variant& variant = config_.variants[id];
  variant.labels.reserve(line.names.size());
  for (std::string_view name : line.names) {
    AtomId bare = tree_.labels.Bare(name);
    variant.labels.push_back({std::string(header.name), std::string(name)});
    std::string full = variant.labels.back().Text();
    if (header.name.empty()) {
      labels.push_back(bare);
    } else {
      AtomId known = tree_.labels.atoms().Lookup(full);
      labels.push_back(
          known != Interner::kAbsent ? known : tree_.labels.Full(tree_.arena.Copy(full), bare));
    }
    if (!variant.text.empty()) variant.text += '.';
    variant.text += full;
  }
  if (warns_ && !header.name.empty() && labels.size() > 1)
    diagnostics_.Report(
        {.severity = Severity::kWarning,
         .code = "dotted-value",
         .span = line.span,
         .message = fmt::format("this variant has {} labels, '{}'", labels.size(), variant.text),
         .pedantic = true});
  bool is_default = line.at_default;
  for (size_t i = 0; i < header.defaults.size(); ++i) {
    if (!SamePrefix(header.defaults[i].tokens, line.raw_name)) continue;
    WarnOfPartialDefault(line, header.defaults[i]);
    is_default = true;
    // Python's list iterator skips the element after the one that is removed.
    header.defaults.erase(header.defaults.begin() + static_cast<ptrdiff_t>(i));
  }
  variant.span = line.span;
  variant.block = block_id;
  variant.is_default = is_default;

  std::string_view path = config_.sources.Path(file);
  Node& finished = tree_.nodes[node];
  finished.labels = tree_.arena.CopySpan(labels.data(), labels.size());
  // One at least: a variant without a name is a step of the path, too.
  labels_from_[node] += std::max<uint32_t>(1, static_cast<uint32_t>(labels.size()));
  finished.deps = line.deps;
  finished.variant = id;
  path = path.substr(path.rfind('/') + 1);
  KeyId map_file = tree_.keys.Lookup(path);
  finished.map_file = map_file != Interner::kAbsent ? map_file : Key(tree_.arena.Copy(path));
  finished.append_to_shortname = !is_default;
  finished.is_default = is_default && !*already_default;
  *already_default |= is_default;
  return node;
}

}  // namespace kvmtest::language
