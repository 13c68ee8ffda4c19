#include "language/path_dict.h"

#include "language/python_text.h"
#include "language/reserved_keys.h"

namespace kvmtest::language {

void PathDict::BeginPath(std::span<const NodeId> path, const Context& context) {
  path_ = path;
  context_ = &context;
  names_.SetPath(path);
}

PathDict::Program PathDict::Compile(std::span<const Item> content) {
  std::vector<Step> steps;
  std::vector<ParamTable::Assignment> sets;
  auto close = [&](const Item* then) {
    steps.push_back({arena_.CopySpan(sets.data(), sets.size()), then});
    sets.clear();
  };
  for (const Item& item : arena_.CopySpan(content.data(), content.size())) {
    // What these do has been done when the path was walked.
    if (item.kind == ItemKind::kOnly || item.kind == ItemKind::kNo || item.kind == ItemKind::kJoin)
      continue;
    if (builder_.IsPlain(item))
      sets.push_back({builder_.SlotOf(item.key), &item.value});
    else
      close(&item);
  }
  close(nullptr);
  return arena_.CopySpan(steps.data(), steps.size());
}

bool PathDict::ApplyPath() {
  if (one_at_a_time_) builder_.ForgetMadeKeys();
  builder_.Begin();
  for (current_ = path_.size(); current_-- > 0;) {
    NodeId id = path_[current_];
    if (tree_.nodes[id].content.empty()) continue;
    if (programs_[id].empty()) programs_[id] = Compile(tree_.nodes[id].content);
    if (!Run(programs_[id])) return false;
  }
  current_ = 0;
  return builder_.ApplyLimits(*this);
}

bool PathDict::Run(Program program) {
  for (const Step& step : program) {
    builder_.SetAll(step.sets);
    if (step.then == nullptr) break;
    const Item& item = *step.then;
    if (IsOperator(item.kind)) {
      if (!builder_.Apply(item, *this)) return false;
      continue;
    }
    const Condition& condition = tree_.conditions[item.id];
    if (context_->Matches(condition.filter) != (item.kind == ItemKind::kCondition)) continue;
    Program& then = condition_programs_[item.id];
    if (then.empty()) then = Compile(condition.content);
    if (!Run(then)) return false;
  }
  return true;
}

bool PathDict::Text(KeyId reserved, std::string* out) const {
  switch (reserved) {
    case kNameKey:
      *out = names_.name();
      return true;
    case kShortnameKey:
      *out = names_.shortname();
      return true;
    case kDepKey: {
      *out = "[";
      for (const std::string& dep : names_.deps()) {
        if (out->size() > 1) *out += ", ";
        *out += python::Repr(dep);
      }
      *out += ']';
      return true;
    }
    case kNameMapKey:
    case kShortNameMapKey: {
      // A variant's map entries come after all its own text.
      PathNames::FileMap map = names_.FileMapFrom(current_ + 1, reserved == kNameMapKey);
      if (map.empty()) return false;
      *out = "{";
      for (const auto& [file, name] : map) {
        if (out->size() > 1) *out += ", ";
        *out += python::Repr(tree_.keys.Text(file)) + ": " + python::Repr(name);
      }
      *out += '}';
      return true;
    }
    default:
      return false;
  }
}

void PathDict::FillHead(Dict* dict) {
  builder_.Flatten();
  names_.FileMaps(&name_entries_, &short_name_entries_);
  dep_views_.assign(names_.deps().begin(), names_.deps().end());
  *dict = {};
  dict->name = names_.name();
  dict->shortname = names_.shortname();
  dict->deps = dep_views_;
  dict->name_map = name_entries_;
  dict->short_name_map = short_name_entries_;
  dict->variants = names_.variants();
  builder_.FillSpecial(dict);
}

void PathDict::Finish(Dict* dict) {
  FillHead(dict);
  builder_.Params(&params_);
  dict->params = params_;
}

void PathDict::FinishJson(JsonBuffer* out) {
  Dict head;
  FillHead(&head);
  builder_.AppendJson(head, out);
}

}  // namespace kvmtest::language
