#include "language/expand_2009.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "language/reserved_keys.h"

namespace kvmtest::language {

namespace {

bool IsNameKey(KeyId key) {
  return key == kNameKey || key == kShortnameKey || key == kDependKey;
}

// Bodies in bodies and statements in a body that dicts stream through at a time: each takes of the
// stack.
constexpr size_t kMostStreams = 1000;

// Behind blocks that too many come to, more will hardly fit: of so many in all it is tried.
constexpr size_t kFew = 4'000;

bool HoldsBlocks(const Block2009& body) {
  return std::any_of(body.begin(), body.end(), [](const Statement2009& statement) {
    return statement.kind == Kind2009::kException || statement.kind == Kind2009::kVariants ||
           statement.kind == Kind2009::kSubvariants;
  });
}

// Can it make many dicts of one, or must dicts wait for others?
bool Multiplies(const Statement2009& statement) {
  if (statement.kind == Kind2009::kException) return HoldsBlocks(statement.body);
  if (statement.kind == Kind2009::kVariants)
    return statement.variants.size() != 1 || HoldsBlocks(statement.variants[0].body);
  return statement.kind == Kind2009::kSubvariants;
}

void Append(Records2009& from, Records2009* to) {
  std::move(from.begin(), from.end(), std::back_inserter(*to));
}

// The function may change those that stay.
template <typename Keeps>
void KeepIf(Records2009* list, const Keeps& keeps) {
  auto kept = list->begin();
  for (Record2009& record : *list) {
    if (!keeps(record)) continue;
    if (&*kept != &record) *kept = std::move(record);
    ++kept;
  }
  list->erase(kept, list->end());
}

}  // namespace

Runner2009::Runner2009(const ConfigImpl& config, const Bounds& bounds)
    : program_(config.program),
      builder_(config.tree.keys, Dialect::k2009, /*ordered=*/false, bounds),
      rules_(config.tree.keys),
      max_records_(bounds.records),
      patience_(bounds.steps),
      room_{bounds.held_bytes} {}

bool Runner2009::Run(const Sink& sink) {
  Source2009 start;
  start.make = [](const RecordsSink2009& to, const Use&) {
    List one(1);
    return to(one);
  };
  auto deliver = [&](List& list) {
    if (const auto& classes = sets_.classes())
      KeepIf(&list, [&](const Record2009& record) { return classes->IsLeft(record.names); });
    // What is kept although filters remove it is no success.
    if (most_removed_ == 0) patience_.Renew();
    return std::all_of(list.begin(), list.end(), std::ref(sink));
  };
  return Stream(program_.body, start, deliver, {});
}

bool Runner2009::Stream(Body body, const Source2009& source, const RecordsSink2009& sink,
                        const Use& use) {
  ++depth_;
  bool result = StreamBody(body, source, sink, use);
  --depth_;
  return result;
}

bool Runner2009::StreamBody(Body body, const Source2009& source, const RecordsSink2009& sink,
                            const Use& use) {
  size_t last = body.size();
  size_t multiply = 0;
  for (size_t i = body.size(); i-- > 0;) {
    if (!Multiplies(body[i])) continue;
    if (multiply++ == 0) last = i;
    if (depth_ + multiply > kMostStreams)
      return StreamBehindList(body.first(i + 1), body.subspan(i + 1), source, sink, use);
  }
  Body rest = last == body.size() ? body : body.subspan(last + 1);
  auto behind = [&](List& list) { return RunBlock(rest, &list) && (list.empty() || sink(list)); };
  const Use of_last = sets_.Before(rest, use);
  if (last == body.size()) return source.Run(of_last, behind);
  Source2009 before = source;
  if (last > 0) {
    before.held = nullptr;
    before.make = [&](const RecordsSink2009& to, const Use& of_use) {
      return Stream(body.first(last), source, to, of_use);
    };
  }
  return body[last].kind == Kind2009::kVariants
             ? StreamVariants(body[last], before, behind, of_last)
             : StreamEach(body[last], before, behind, of_last);
}

bool Runner2009::StreamBehindList(Body head, Body tail, const Source2009& source,
                                  const RecordsSink2009& sink, const Use& use) {
  List all;
  auto add = [&](List& list) {
    Append(list, &all);
    return !TooMany(all);
  };
  if (!source.Run({}, add) || !RunBlock(head, &all)) return false;
  Held2009 held(&room_);
  held.Add(all);
  return StreamBody(tail, {&held}, sink, use);
}

bool Runner2009::StreamVariants(const Statement2009& statement, const Source2009& source,
                                const RecordsSink2009& sink, const Use& use) {
  Holding& holding = holding_[&statement];
  Held2009 held(&room_);
  Source2009 each = source;
  const Use of_any = sets_.Before({&statement, 1}, use);
  if (source.held == nullptr && !Hold(source, of_any, &holding, &held, &each)) return false;
  for (const Variant2009& variant : statement.variants) {
    if (each.held != nullptr || holding == Holding::kNever) {
      if (!StreamVariant(statement, variant, each, sink, use)) return false;
      continue;
    }
    const size_t outer = made_anew_++;
    Cost cost;
    bool more = StreamVariant(statement, variant, CountCost(source, &cost), sink, use);
    made_anew_ = outer;
    if (!more) return false;
    if (holding == Holding::kTooMany)
      holding = MayBeDear() && cost.IsDear() ? Holding::kDear : Holding::kNever;
    if (holding == Holding::kDear && !Hold(source, of_any, &holding, &held, &each)) return false;
  }
  return true;
}

bool Runner2009::Hold(const Source2009& source, const Use& use, Holding* holding, Held2009* held,
                      Source2009* each) {
  if (*holding == Holding::kTooMany || *holding == Holding::kNever) return true;
  const uint64_t entered = entered_;
  const size_t outer = made_anew_;
  bool fits = true;
  auto hold = [&](List& list) {
    held->Add(list);
    const size_t anew = made_anew_ - outer;
    const bool perhaps = !too_many_somewhere_ || held->size() <= kFew / (1 + anew);
    fits = perhaps && held->Fits();
    if (fits) return true;
    if (MayBeDear() && Cost{held->size(), entered_ - entered, anew}.IsDearSoFar())
      *holding = Holding::kDear;
    fits = *holding == Holding::kDear && held->FitsMemory();
    return fits;
  };
  if (source.make(hold, use)) {
    *each = {held};
    return true;
  }
  if (fits) return false;
  held->Drop();
  entered_ = entered;  // this was in vain, and will not be tried again
  *holding = *holding == Holding::kDear ? Holding::kNever : Holding::kTooMany;
  too_many_somewhere_ = true;
  return true;
}

Source2009 Runner2009::CountCost(const Source2009& source, Cost* cost) {
  Source2009 counted;
  counted.make = [this, &source, cost](const RecordsSink2009& sink, const Use& use) {
    const uint64_t entered = entered_;
    const size_t outer = made_anew_;
    uint64_t behind = 0;
    auto count = [&](List& list) {
      cost->dicts += list.size();
      cost->blocks = std::max(cost->blocks, made_anew_ - outer);
      const uint64_t before = entered_;
      const bool goes_on = sink(list);
      behind += entered_ - before;
      return goes_on;
    };
    bool more = source.make(count, use);
    cost->entered += entered_ - entered - behind;
    return more;
  };
  return counted;
}

bool Runner2009::StreamVariant(const Statement2009& statement, const Variant2009& variant,
                               const Source2009& source, const RecordsSink2009& sink,
                               const Use& use) {
  const Use before_label = sets_.BeforeLabel(variant, use);
  if (NameClassSets2009::IsEmpty(before_label)) return true;
  const bool streams = std::any_of(variant.body.begin(), variant.body.end(), Multiplies);
  auto behind = [&](List& list) {
    return (streams || RunBlock(variant.body, &list)) && Enter(statement, variant, &list, use) &&
           (list.empty() || sink(list));
  };
  return streams ? Stream(variant.body, source, behind, before_label)
                 : source.Run(sets_.Before(variant.body, before_label), behind);
}

bool Runner2009::StreamEach(const Statement2009& statement, const Source2009& source,
                            const RecordsSink2009& sink, const Use& use) {
  List out;
  auto flush = [&] {
    bool more = out.empty() || sink(out);
    out.clear();
    return more;
  };
  auto gather = [&](List& list) {
    Append(list, &out);
    return !IsPortion(out) || flush();
  };
  auto each = [&](const List& list) {
    auto one = [&](const Record2009& record) { return StreamOne(statement, record, gather, use); };
    return HasPatience(list.size()) && std::all_of(list.begin(), list.end(), one);
  };
  return source.Run(sets_.Before({&statement, 1}, use), each) && flush();
}

// An exception or subvariants, for one dict.
bool Runner2009::StreamOne(const Statement2009& statement, const Record2009& record,
                           const RecordsSink2009& sink, const Use& use) {
  if (statement.kind == Kind2009::kException) {
    bool matches;
    if (!Matches(statement.words[0], record.name, &matches)) return false;
    List one(1, record);
    return matches ? StreamList(statement.body, one, sink, use) : sink(one);
  }
  for (const Variant2009& variant : statement.variants) {
    List one(1, record);
    if (!Enter(statement, variant, &one) || !StreamList(variant.body, one, sink, use)) return false;
  }
  return true;
}

bool Runner2009::StreamList(Body body, List& list, const RecordsSink2009& sink, const Use& use) {
  if (std::none_of(body.begin(), body.end(), Multiplies))
    return RunBlock(body, &list) && (list.empty() || sink(list));
  Source2009 source;
  source.make = [&](const RecordsSink2009& to, const Use&) {
    List copy = list;
    return to(copy);
  };
  return Stream(body, source, sink, use);
}

bool Runner2009::RunBlock(Body block, List* list) {
  return std::all_of(block.begin(), block.end(), [&](const Statement2009& statement) {
    return HasPatience(list->size()) && RunStatement(statement, list);
  });
}

bool Runner2009::HasPatience(size_t records) {
  if (patience_.Step(records)) return true;
  std::vector<Patience::DeadEnd> dead_ends;
  for (const auto& [statement, dicts] : dead_ends_)
    dead_ends.push_back({dicts, statement->words[0].span});
  error_ = patience_.Error(std::move(dead_ends));
  return false;
}

bool Runner2009::RunStatement(const Statement2009& statement, List* list) {
  switch (statement.kind) {
    case Kind2009::kOperators:
      return RunOperators(statement, list);
    case Kind2009::kOnly:
    case Kind2009::kNo:
      return RunOnlyNo(statement, list);
    case Kind2009::kException:
      return RunException(statement, list);
    case Kind2009::kVariants:
      return RunVariants(statement, list);
    case Kind2009::kSubvariants:
      return RunSubvariants(statement, list);
  }
  return true;
}

bool Runner2009::Matches(const Word2009& word, const std::string& name, bool* result) {
  return rules_.Matches(word, name, result, &error_);
}

bool Runner2009::RunOperators(const Statement2009& statement, List* list) {
  for (Record2009& record : *list) {
    bool matches = true;
    for (const Word2009& word : statement.words) {
      if (!Matches(word, record.name, &matches)) return false;
      if (!matches) break;
    }
    if (matches && !ApplyToRecord(statement, &record)) return false;
  }
  return true;
}

bool Runner2009::ApplyToRecord(const Statement2009& statement, Record2009* record) {
  for (const Item& item : statement.items)
    if (rules_.TouchesNames(item) && !rules_.Apply(item, record, &error_)) return false;
  record->steps.push_back({&statement});
  return true;
}

bool Runner2009::RunOnlyNo(const Statement2009& statement, List* list) {
  if (sets_.classes()) return true;
  bool ok = true;
  const size_t before = list->size();
  KeepIf(list, [&](Record2009& record) {
    bool any = false;
    for (const Word2009& word : statement.words) {
      ok = ok && Matches(word, record.name, &any);
      if (!ok) return false;
      if (any) break;
    }
    return any == (statement.kind == Kind2009::kOnly) || KeepsRemoved(statement, &record);
  });
  if (list->size() < before) dead_ends_[&statement] += before - list->size();
  return ok;
}

bool Runner2009::KeepsRemoved(const Statement2009& statement, Record2009* record) {
  if (record->removed.size() >= most_removed_) return false;
  record->removed.push_back(&statement);
  return true;
}

bool Runner2009::TooMany(const List& list) {
  too_many_records_ |= list.size() > max_records_;
  return too_many_records_;
}

bool Runner2009::RunException(const Statement2009& statement, List* list) {
  List result;
  for (Record2009& record : *list) {
    bool matches;
    if (!Matches(statement.words[0], record.name, &matches)) return false;
    if (!matches) {
      result.push_back(std::move(record));
      continue;
    }
    List one;
    one.push_back(std::move(record));
    if (!RunBlock(statement.body, &one)) return false;
    Append(one, &result);
  }
  *list = std::move(result);
  return true;
}

bool Runner2009::RunVariants(const Statement2009& statement, List* list) {
  List result;
  for (const Variant2009& variant : statement.variants) {
    List copy = *list;
    if (!RunBlock(variant.body, &copy) || !Enter(statement, variant, &copy)) return false;
    Append(copy, &result);
    if (TooMany(result)) return false;
  }
  *list = std::move(result);
  return true;
}

bool Runner2009::Enter(const Statement2009& block, const Variant2009& variant, List* list,
                       const Use& use) {
  if (!HasPatience(list->size())) return false;
  entered_ += list->size();
  const bool sub = block.kind == Kind2009::kSubvariants;
  const std::optional<NameClasses2009>& classes = sets_.classes();
  bool ok = true;
  KeepIf(list, [&](Record2009& record) {
    if (classes) {
      const auto names = classes->Enter(record.names, variant.id);
      if (!names || !NameClassSets2009::Has(use, *names)) return false;
      record.names = *names;
    }
    ok = ok && (sub ? rules_.EnterSub(variant, &record, &error_)
                    : rules_.Enter(variant, &record, &error_));
    record.steps.push_back({&block, &variant});
    return ok;
  });
  return ok;
}

bool Runner2009::RunSubvariants(const Statement2009& statement, List* list) {
  List result;
  for (const Record2009& record : *list) {
    for (const Variant2009& variant : statement.variants) {
      List one(1, record);
      if (!Enter(statement, variant, &one) || !RunBlock(variant.body, &one)) return false;
      Append(one, &result);
    }
    if (TooMany(result)) return false;
  }
  *list = std::move(result);
  return true;
}

bool Runner2009::FillHead(const Record2009& record, Dict* dict) {
  builder_.Begin();
  static const NoSpecialKeys kNone2009;
  for (const Record2009::Step& step : record.steps) {
    for (const Item& item : step.statement->items) {
      if (item.kind < ItemKind::kRegexSet && IsNameKey(item.key)) continue;
      if (!builder_.Apply(item, kNone2009)) {
        error_ = builder_.error();
        return false;
      }
    }
  }
  dep_views_.assign(record.depend.begin(), record.depend.end());
  // Variants stand before those of blocks further up in the text; subvariants behind them.
  variants_.clear();
  for (auto it = record.steps.rbegin(); it != record.steps.rend(); ++it)
    if (it->statement->kind == Kind2009::kVariants) variants_.push_back(it->variant->id);
  for (const Record2009::Step& step : record.steps)
    if (step.statement->kind == Kind2009::kSubvariants) variants_.push_back(step.variant->id);
  *dict = {};
  dict->dialect = Dialect::k2009;
  dict->name = record.name;
  dict->shortname = record.shortname;
  dict->deps = dep_views_;
  dict->variants = variants_;
  if (record.depend_text != nullptr) builder_.Set(kDependKey, record.depend_text.get());
  builder_.FillSpecial(dict);
  return true;
}

bool Runner2009::Finish(const Record2009& record, Dict* dict) {
  if (!FillHead(record, dict)) return false;
  builder_.Params(&params_);
  dict->params = params_;
  return true;
}

bool Runner2009::FinishJson(const Record2009& record, JsonBuffer* out) {
  Dict head;
  if (!FillHead(record, &head)) return false;
  builder_.AppendJson(head, out);
  return true;
}

}  // namespace kvmtest::language
