#include "language/joined_walker.h"

#include <fmt/format.h>

#include <algorithm>

#include "language/bounds.h"
#include "language/reserved_keys.h"

namespace kvmtest::language {

JoinedWalker::Constraints JoinedWalker::OnlysOf(NodeId node) {
  auto [it, is_new] = onlys_.try_emplace(node);
  if (!is_new) return it->second;
  for (const Item& item : tree_.nodes[node].content) {
    if (item.kind != ItemKind::kJoin) continue;
    size_t count = tree_.filters[item.id].alternatives.size();
    for (size_t i = 0; i < count; ++i) it->second.push_back(prepared_.AddOnly(item.id, i));
  }
  return it->second;
}

bool JoinedWalker::Walk(const Sink& sink) {
  return Visit(tree_.root, {}, [&](const StoredDict& dict) {
    patience_.Renew();
    return sink(dict);
  });
}

void JoinedWalker::FailAtJoin(std::string code, std::string message) {
  error_ = {std::move(code), std::move(message), JoinPlace().ToSpan()};
}

bool JoinedWalker::Visit(NodeId node, const Constraints& open, const Sink& sink) {
  bool has_joins = std::any_of(tree_.nodes[node].content.begin(), tree_.nodes[node].content.end(),
                               [](const Item& item) { return item.kind == ItemKind::kJoin; });
  if (!has_joins || joins_[node].expanded) return VisitPlain(node, open, sink);
  JoinState old = joins_[node];
  auto onlys = std::make_shared<Constraints>();
  if (old.onlys) *onlys = *old.onlys;
  joins_[node] = {true, onlys};
  Constraints all = OnlysOf(node);
  bool go_on = Multiply(node, all, open, sink);
  joins_[node] = old;
  return go_on;
}

// Level by level: every dict under the first only, with every dict of the rest.
bool JoinedWalker::Multiply(NodeId node, std::span<const ConstraintId> onlys,
                            const Constraints& open, const Sink& sink) {
  JoinState& state = joins_[node];
  auto original = std::make_shared<Constraints>(*state.onlys);
  if (!onlys.empty()) state.onlys->push_back(onlys[0]);
  if (onlys.size() <= 1) return VisitPlain(node, open, sink);
  const size_t depth = path_.size();
  depth_ += 3;
  size_t firsts = 0;
  bool go_on = VisitPlain(node, open, [&](const StoredDict& first) {
    joins_[node].onlys = forgets_ ? std::make_shared<Constraints>(*original) : original;
    if (++firsts == 2 && onlys.size() > 2 && traps_ != nullptr) NoteLoss(node);
    // The next level starts at this node again.
    std::vector<NodeId> below(path_.begin() + static_cast<ptrdiff_t>(depth), path_.end());
    LeaveTo(depth);
    ++joining_;
    bool more = Multiply(node, onlys.subspan(1), open, [&](const StoredDict& second) {
      StoredDict both;
      return Combine(first, second, &both) && sink(both);
    });
    --joining_;
    for (NodeId id : below) {
      path_.push_back(id);
      context_.PushAll(tree_.nodes[id].labels);
    }
    return more;
  });
  depth_ -= 3;
  return go_on;
}

void JoinedWalker::LeaveTo(size_t depth) {
  for (; path_.size() > depth; path_.pop_back())
    context_.Pop(tree_.nodes[path_.back()].labels.size());
}

bool JoinedWalker::VisitPlain(NodeId id, const Constraints& open, const Sink& sink) {
  const Node& node = tree_.nodes[id];
  const PreparedNode& prepared = prepared_.node(id);
  if (depth_ >= kMaxJoinDepth) {
    path_.push_back(id);
    FailAtJoin("too-deep", "too many sides are joined to one dict");
    path_.pop_back();
    return false;
  }
  if (!patience_.Step(1 + prepared.constraints.size() + open.size())) {
    error_ = patience_.Error();
    return false;
  }
  context_.PushAll(node.labels);
  Constraints still_open;
  bool alive = true;
  auto judge = [&](std::span<const ConstraintId> constraints) {
    for (ConstraintId constraint : constraints) {
      if (!alive) return;
      const Constraint& judged = prepared_.constraint(constraint);
      Context::Verdict verdict = context_.Judge(judged, *prepared.below);
      alive = verdict != Context::Verdict::kFalse;
      // The reference stumbles over it as soon as its condition holds, whether or not a filter
      // further on would have ended the path.
      if (!alive && judged.join != nullptr)
        error_ = {"join-in-condition", "'join' inside a condition does not work",
                  judged.join->value.origin.ToSpan()};
      if (verdict == Context::Verdict::kOpen) still_open.push_back(constraint);
    }
  };
  judge(prepared.constraints);
  if (joins_[id].onlys) judge(*joins_[id].onlys);
  judge(open);
  bool go_on = !failed();
  if (alive) {
    path_.push_back(id);
    ++depth_;
    go_on = node.children.empty() ? Leaf(sink) : Children(id, still_open, sink);
    --depth_;
    path_.pop_back();
  }
  context_.Pop(node.labels.size());
  return go_on;
}

bool JoinedWalker::Children(NodeId id, const Constraints& open, const Sink& sink) {
  uint64_t yielded = 0;
  auto counting = [&](const StoredDict& dict) {
    ++yielded;
    return sink(dict);
  };
  for (NodeId child : tree_.nodes[id].children) {
    if (!Visit(child, open, counting)) return false;
    if (defaults_ && tree_.nodes[child].is_default && yielded > 0) break;
  }
  return true;
}

bool JoinedWalker::Leaf(const Sink& sink) {
  if (joining_ == 0) dict_.builder().ForgetMadeKeys();
  dict_.BeginPath(path_, context_);
  if (!dict_.ApplyPath()) {
    error_ = dict_.error();
    return false;
  }
  StoredDict stored;
  Store(&stored);
  return sink(stored);
}

void JoinedWalker::Store(StoredDict* out) {
  const PathNames& names = dict_.names();
  out->name = names.name();
  out->shortname = names.shortname();
  out->deps = names.deps();
  out->name_map = names.FileMapFrom(0, true);
  out->short_name_map = names.FileMapFrom(0, false);
  out->variants = names.variants();
  out->paths = {path_};
  for (const DictBuilder::Entry& entry : dict_.builder().Ordered())
    out->entries.push_back({entry.key, std::string(entry.value->text), entry.value->origin});
}

bool JoinedWalker::Combine(const StoredDict& first, const StoredDict& second, StoredDict* out) {
  auto name_of = [](const StoredDict& dict, KeyId key, const std::string& plain) {
    for (const StoredDict::Entry& entry : dict.entries)
      if (entry.key == key) return entry.text;
    return plain;
  };
  *out = first;
  if (!JoinNames(name_of(first, kNameKey, first.name), name_of(second, kNameKey, second.name),
                 &out->name) ||
      !JoinNames(name_of(first, kShortnameKey, first.shortname),
                 name_of(second, kShortnameKey, second.shortname), &out->shortname))
    return false;
  out->deps = second.deps;
  if (!second.name_map.empty()) {
    out->name_map = second.name_map;
    out->short_name_map = second.short_name_map;
  }
  std::erase_if(out->entries, [&second](const StoredDict::Entry& entry) {
    bool is_map = entry.key == kNameMapKey || entry.key == kShortNameMapKey;
    return is_map ? !second.name_map.empty() : entry.key <= kDepKey;
  });
  for (const StoredDict::Entry& entry : second.entries) {
    if (entry.key == kNameKey || entry.key == kShortnameKey) continue;
    auto old = std::find_if(out->entries.begin(), out->entries.end(),
                            [&entry](const auto& o) { return o.key == entry.key; });
    if (old != out->entries.end())
      *old = entry;
    else
      out->entries.push_back(entry);
  }
  out->paths.insert(out->paths.end(), second.paths.begin(), second.paths.end());
  for (VariantId variant : second.variants)
    if (std::find(out->variants.begin(), out->variants.end(), variant) == out->variants.end())
      out->variants.push_back(variant);
  return true;
}

// The common beginning once, then what is left of both. The reference removes that
// beginning by a regular expression made of it, so a '(' in it makes it remove nothing.
bool JoinedWalker::JoinNames(const std::string& first, const std::string& second,
                             std::string* out) {
  auto fail = [&](std::string_view why) {
    FailAtJoin("join-names", fmt::format("cannot join '{}' and '{}': {}", first, second, why));
    return false;
  };
  size_t shorter = std::min(first.size(), second.size());
  size_t common = 0;
  while (common < shorter && first[common] == second[common]) ++common;
  if (common == shorter) return fail("neither name may begin with the other");
  size_t dot = first.substr(0, common).rfind('.');
  std::string prefix = dot == std::string::npos ? "" : first.substr(0, dot);
  if (prefix.empty()) {
    *out = first + "." + second;
    return true;
  }
  // Only `name_fixed` and its like bring such names about.
  if (prefix.find_first_of("*+?[]{}|^$\\") != std::string::npos)
    return fail(fmt::format("they begin alike with '{}', which is no plain name", prefix));
  size_t removed = prefix.find('(') == std::string::npos ? prefix.size() : 0;
  if (removed == 0 && traps_ != nullptr) {
    if (TrapLog::Trap* trap = traps_->Meet(JoinPlace(), TrapLog::Kind::kJoinPrefix))
      trap->message = fmt::format(
          "both names begin with '{}', which is repeated rather than shared because of its '('",
          prefix);
  }
  *out = prefix + first.substr(removed) + second.substr(removed);
  return true;
}

Place JoinedWalker::JoinPlace() const {
  for (NodeId node : path_)
    for (const Item& item : tree_.nodes[node].content)
      if (item.kind == ItemKind::kJoin) return item.value.origin;
  return {};
}

void JoinedWalker::NoteLoss(NodeId node) {
  for (const Item& item : tree_.nodes[node].content) {
    if (item.kind != ItemKind::kJoin) continue;
    if (TrapLog::Trap* trap = traps_->Meet(item.value.origin, TrapLog::Kind::kJoinLoss))
      trap->message =
          "a join of three or more loses dicts where its first side has more than one: the "
          "filters of the later sides add up";
    return;
  }
}

void JoinedWalker::Finish(const StoredDict& stored, Dict* dict) {
  DictBuilder& builder = dict_.builder();
  builder.Begin();
  values_.clear();
  values_.reserve(stored.entries.size());
  for (const StoredDict::Entry& entry : stored.entries) {
    values_.push_back({.text = entry.text, .origin = entry.origin, .lasting = false});
    builder.Set(entry.key, &values_.back());
  }
  builder.MarkSuffixed();
  builder.Flatten();
  params_.clear();
  builder.Params(&params_);
  auto fill = [this](const auto& map, std::vector<FileMapEntry>* out) {
    out->clear();
    for (const auto& [file, name] : map) out->push_back({tree_.keys.Text(file), name});
    std::sort(out->begin(), out->end(),
              [](const FileMapEntry& a, const FileMapEntry& b) { return a.file < b.file; });
  };
  fill(stored.name_map, &name_entries_);
  fill(stored.short_name_map, &short_name_entries_);
  dep_views_.assign(stored.deps.begin(), stored.deps.end());
  *dict = {};
  dict->name = stored.name;
  dict->shortname = stored.shortname;
  dict->deps = dep_views_;
  dict->params = params_;
  dict->name_map = name_entries_;
  dict->short_name_map = short_name_entries_;
  dict->variants = stored.variants;
  builder.FillSpecial(dict);
}

}  // namespace kvmtest::language
