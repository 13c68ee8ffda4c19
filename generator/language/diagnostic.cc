#include "language/diagnostic.h"

#include <fmt/format.h>

#include <algorithm>

namespace kvmtest::language {

namespace {

bool IsContinuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

// The first of the character that the byte at `pos` is of.
size_t CharacterBegin(std::string_view text, size_t pos) {
  while (pos > 0 && pos < text.size() && IsContinuation(text[pos])) --pos;
  return pos;
}

// A message may quote what is as long as a file. What it quotes is shortened first, so that the
// rest of it can be read; whatever else is too long loses its middle.
void Bound(std::string* text) {
  constexpr size_t kLongQuote = 200;
  constexpr size_t kLongText = 2000;
  if (text->size() <= kLongQuote) return;
  std::string out;
  size_t done = 0;
  for (size_t open = 0; (open = text->find('\'', open)) != text->npos;) {
    size_t close = text->find('\'', ++open);
    if (close == text->npos) break;
    if (close - open > kLongQuote) {
      out.append(*text, done, open - done);
      out += Shortened(std::string_view(*text).substr(open, close - open));
      done = close;
    }
    open = close + 1;
  }
  out.append(*text, done);
  if (out.size() > kLongText) {
    size_t begin = CharacterBegin(out, kLongText / 2);
    size_t end = CharacterBegin(out, out.size() - kLongText / 2);
    out.replace(begin, end - begin, " ... ");
  }
  *text = std::move(out);
}

}  // namespace

void Diagnostics::Report(Diagnostic diagnostic) {
  bool was_warning = diagnostic.severity == Severity::kWarning;
  if (was_warning) {
    if (ignored_.contains(diagnostic.code)) return;
    if (strict_)
      diagnostic.severity = Severity::kError;
    else if (!warnings_ || (diagnostic.pedantic && !pedantic_))
      return;
  }
  Bound(&diagnostic.message);
  Bound(&diagnostic.hint);
  for (Note& note : diagnostic.notes) Bound(&note.message);
  const Span& span = diagnostic.span;
  bool known = same_files_ && span.file < same_files_->size();
  FileId file = known ? (*same_files_)[span.file] : span.file;
  if (span.IsKnown() &&
      !seen_.emplace(diagnostic.code + diagnostic.message, file, span.line, span.column).second)
    return;
  if (diagnostic.severity == Severity::kError) {
    strict_errors_ += was_warning ? 1 : 0;
    ++errors_;
    if (Full()) return;
  }
  if (diagnostic.severity == Severity::kWarning) {
    if (WarningsFull(diagnostic.code)) return CountWarning(diagnostic.code);
    ++shown_warnings_;
    ++warnings_of_[diagnostic.code].shown;
  }
  diagnostics_.push_back(std::move(diagnostic));
}

bool Diagnostics::WarningsFull(const std::string& code) const {
  if (strict_) return Full();
  if (complete_) return shown_warnings_ >= kMaxOfACompleteList;
  if (shown_warnings_ >= kMaxWarnings) return true;
  auto it = warnings_of_.find(code);
  return it != warnings_of_.end() && it->second.shown >= kMaxWarningsOfACode;
}

void Diagnostics::CountWarning(const std::string& code) {
  if (ignored_.contains(code)) return;
  if (!strict_) {
    ++warnings_of_[code].hidden;
    return;
  }
  ++errors_;
  ++strict_errors_;
}

void Diagnostics::Judge(const std::function<Verdict(const Diagnostic&)>& judge) {
  std::vector<Diagnostic> kept;
  for (Diagnostic& diagnostic : diagnostics_) {
    if (diagnostic.severity == Severity::kWarning) {
      Verdict verdict = judge(diagnostic);
      if (verdict != Verdict::kStays) --shown_warnings_;
      if (verdict == Verdict::kDropped) continue;
      if (verdict == Verdict::kError) {
        diagnostic.severity = Severity::kError;
        diagnostic.judged = true;
        ++errors_;
      }
    }
    kept.push_back(std::move(diagnostic));
  }
  diagnostics_ = std::move(kept);
}

std::string ExpandTabs(std::string_view raw) {
  std::string out;
  uint32_t width = 0;
  for (char c : raw) {
    if (c == '\t') {
      uint32_t step = 8 - width % 8;
      out.append(step, ' ');
      width += step;
      continue;
    }
    // A control character would move the caret line; show a blank.
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    if (!IsContinuation(c)) ++width;
  }
  return out;
}

std::string Shortened(std::string_view text) {
  constexpr size_t kMost = 60;
  if (text.size() <= kMost) return std::string(text);
  size_t cut = text.rfind(' ', kMost);
  if (cut == text.npos || cut == 0) cut = CharacterBegin(text, kMost);
  return std::string(text.substr(0, cut)) + " ...";
}

namespace {

std::string_view SeverityWord(Severity severity) {
  switch (severity) {
    case Severity::kError:
      return "error";
    case Severity::kWarning:
      return "warning";
    case Severity::kNote:
      return "note";
  }
  return "";
}

struct Shown {
  std::string text;  // the line, tabs expanded; a part of it if it is long
  uint32_t width;    // characters before the span
  uint32_t length;   // characters of the span, at least one
};

uint32_t Characters(std::string_view text) {
  return static_cast<uint32_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !IsContinuation(c); }));
}

std::string_view CharactersOf(std::string_view text, uint32_t begin, uint32_t count) {
  auto skip = [&text](size_t pos, uint32_t some) {
    for (; some > 0 && pos < text.size(); --some) do
        ++pos;
      while (pos < text.size() && IsContinuation(text[pos]));
    return pos;
  };
  const size_t from = skip(0, begin);
  return text.substr(from, skip(from, count) - from);
}

// Of a long line the part around the span, with "..." for the rest.
void ShowPart(Shown* shown) {
  constexpr uint32_t kLongLine = 200;
  constexpr uint32_t kBefore = 80;  // characters before the span
  constexpr std::string_view kRest = "...";
  const uint32_t all = Characters(shown->text);
  if (all <= kLongLine) return;
  const uint32_t begin = shown->width - std::min(shown->width, kBefore);
  const uint32_t end = std::min(all, begin + kLongLine);
  std::string part(CharactersOf(shown->text, begin, kLongLine));
  shown->length = std::max(1u, std::min(shown->length, end - shown->width));
  if (begin > 0) {
    part.insert(0, kRest);
    shown->width = shown->width - begin + static_cast<uint32_t>(kRest.size());
  }
  if (end < all) part += kRest;
  shown->text = std::move(part);
}

Shown Excerpt(const Span& span, const SourceMap& sources) {
  Shown shown{ExpandTabs(sources.Line(span.file, span.line)), 0, 1};
  std::string_view text = shown.text;
  size_t begin = std::min<size_t>(span.column - 1, text.size());
  shown.width = Characters(text.substr(0, begin));
  shown.length = std::max(1u, Characters(text.substr(begin, span.length)));
  ShowPart(&shown);
  return shown;
}

// "   31 |     only queue1 queue5" and the caret line below it.
void AppendExcerpt(const Span& span, const SourceMap& sources, std::string* out) {
  Shown shown = Excerpt(span, sources);
  *out += fmt::format("{:>5} | {}\n", span.line, shown.text);
  *out += fmt::format("      | {}^{}\n", std::string(shown.width, ' '),
                      std::string(shown.length - 1, '~'));
}

// Of a long chain of includes, the innermost and the outermost.
void AppendIncludedFrom(const Span& span, const SourceMap& sources, std::string* out) {
  constexpr size_t kMost = 8;
  constexpr size_t kOutermost = 2;
  std::vector<Span> chain;
  for (Span at = span; at.IsKnown() && (at = sources.IncludedFrom(at.file)).IsKnown();)
    chain.push_back(at);
  const size_t left_out = chain.size() > kMost ? chain.size() - kMost : 0;
  const size_t inner = std::min(chain.size(), kMost - kOutermost);
  for (size_t i = 0; i < chain.size(); ++i) {
    if (i == inner && left_out > 0) {
      *out += fmt::format("note: {} more includes are left out here\n", left_out);
      i += left_out;
    }
    *out += fmt::format("{}: note: included from here\n", sources.DescribeLine(chain[i]));
  }
}

}  // namespace

std::string RenderDiagnostic(const Diagnostic& diagnostic, const SourceMap& sources) {
  std::string out;
  const Span& span = diagnostic.span;
  if (span.IsKnown()) out += sources.Describe(span) + ": ";
  out += fmt::format("{}: {}", SeverityWord(diagnostic.severity), diagnostic.message);
  if (diagnostic.severity == Severity::kWarning || diagnostic.judged)
    out += fmt::format(" [-W{}]", diagnostic.code);
  out += '\n';
  bool excerpt = diagnostic.severity != Severity::kNote && span.line > 0 && span.column > 0;
  if (span.IsKnown() && excerpt) AppendExcerpt(span, sources, &out);
  AppendIncludedFrom(span, sources, &out);
  for (const Note& note : diagnostic.notes) {
    if (note.span.IsKnown()) out += sources.Describe(note.span) + ": ";
    out += fmt::format("note: {}\n", note.message);
  }
  if (!diagnostic.hint.empty()) out += fmt::format("hint: {}\n", diagnostic.hint);
  return out;
}

std::string Diagnostics::Render(const SourceMap& sources) const {
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics_) out += RenderDiagnostic(diagnostic, sources);
  if (Full()) out += "error: more errors are not shown\n";
  std::string hidden;
  for (const auto& [code, count] : warnings_of_)
    if (count.hidden > 0)
      hidden += fmt::format("{}{} of -W{}", hidden.empty() ? "" : ", ", count.hidden, code);
  if (!hidden.empty()) out += fmt::format("warning: more warnings not shown: {}\n", hidden);
  return out;
}

size_t EditDistance(std::string_view a, std::string_view b) {
  constexpr size_t kLongWord = 200;
  if (std::min(a.size(), b.size()) > kLongWord) return a == b ? 0 : std::max(a.size(), b.size());
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t change = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
    }
  }
  return row[b.size()];
}

std::optional<std::string> DidYouMean(std::string_view word,
                                      const std::vector<std::string>& candidates) {
  // A third of the letters may be wrong, but never all of them.
  if (word.size() < 2) return std::nullopt;
  size_t limit = std::max<size_t>(1, word.size() / 3);
  std::optional<std::string> best;
  for (const std::string& candidate : candidates) {
    size_t distance = EditDistance(word, candidate);
    if (distance > limit) continue;
    best = candidate;
    if (distance == 0) break;
    limit = distance - 1;  // only a nearer one replaces it
  }
  return best;
}

}  // namespace kvmtest::language
