#include "language/trap_log.h"

#include <algorithm>

namespace kvmtest::language {

namespace {

std::string CodeOf(TrapLog::Kind kind) {
  switch (kind) {
    case TrapLog::Kind::kUndefinedKey:
      return "undefined-key";
    case TrapLog::Kind::kListAsText:
      return "list-as-text";
    case TrapLog::Kind::kStaleValue:
      return "stale-value";
    case TrapLog::Kind::kSuffixCollision:
      return "suffix-collision";
    case TrapLog::Kind::kJoinPrefix:
      return "join-prefix";
    case TrapLog::Kind::kJoinLoss:
      return "join-loss";
  }
  return {};
}

}  // namespace

TrapLog::Trap* TrapLog::Meet(const Place& place, Kind kind, const Place& other) {
  std::lock_guard lock(mutex_);
  auto [it, is_new] = traps_.try_emplace({WhereOf(place), kind, WhereOf(other)});
  if (!is_new) return nullptr;
  it->second.place = place;
  it->second.other = other;
  return &it->second.trap;
}

void TrapLog::Report(const SourceMap& sources, Diagnostics* diagnostics) const {
  const Met* last = nullptr;
  Kind last_kind = Kind::kJoinLoss;
  for (const auto& [key, met] : traps_) {
    const auto kind = std::get<Kind>(key);
    bool same = last != nullptr && kind == last_kind && WhereOf(last->place) == WhereOf(met.place);
    last = &met;
    last_kind = kind;
    if (same) continue;
    Span span = met.place.ToSpan();
    std::string line = ExpandTabs(sources.Line(span.file, span.line));
    size_t begin = std::min<size_t>(span.column - 1, line.size());
    size_t pos = met.trap.word.empty() ? line.npos : line.find(met.trap.word, begin);
    if (pos != line.npos)
      span = {span.file, span.line, static_cast<uint32_t>(pos + 1),
              static_cast<uint32_t>(met.trap.word.size())};
    std::vector<Note> notes;
    if (!met.trap.note.empty()) notes.push_back({met.other.ToSpan(), met.trap.note});
    diagnostics->Report({.severity = Severity::kWarning,
                         .code = CodeOf(kind),
                         .span = span,
                         .message = met.trap.message,
                         .notes = std::move(notes),
                         .hint = met.trap.hint,
                         .pedantic = kind == Kind::kStaleValue});
  }
}

}  // namespace kvmtest::language
