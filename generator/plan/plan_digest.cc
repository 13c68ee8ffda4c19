#include "plan/plan_digest.h"

#include <algorithm>

#include "plan/digest.h"

namespace kvmtest::plan {
namespace {

class ParamDigests {
 public:
  explicit ParamDigests(const Plan& plan) : paths_(plan.string_paths) {
    for (TextId id = 0; id < plan.texts.size(); ++id)
      texts_.push_back(Digest().Add(plan.texts.Text(id)).value());
    for (RunId id = 0; id < plan.runs.size(); ++id) {
      for (bool is_path : {false, true}) {
        Digest digest;
        Add(plan.runs.Run(id), is_path, &digest);
        runs_[is_path ? 1 : 0].push_back(digest.value());
      }
    }
  }

  // The params of a test that are paths of strings, or all others.
  void Add(const Test& test, bool is_path, Digest* digest) const {
    digest->Add(test.params.size());
    for (RunId run : test.params) digest->Add(runs_[is_path ? 1 : 0][run]);
    for (const std::vector<Param>& params : test.queue_params) Add(params, is_path, digest);
  }

 private:
  void Add(const std::vector<Param>& params, bool is_path, Digest* digest) const {
    uint64_t count = 0;
    for (Param param : params) {
      if (std::binary_search(paths_.begin(), paths_.end(), param) != is_path) continue;
      digest->Add(texts_[param.key]).Add(texts_[param.value]);
      ++count;
    }
    digest->Add(count);
  }

  std::vector<uint64_t> texts_;    // the digest of each text, made once
  std::vector<uint64_t> runs_[2];  // of each run, without paths and of paths only
  const std::vector<Param>& paths_;
};

// Of each host by itself. So nothing is told by its place in the plan, which other hosts move.
class HostDigests {
 public:
  explicit HostDigests(const Plan& plan)
      : plan_(plan), params_(plan), parts_(plan.hosts.size()), more_(plan.hosts.size()) {
    for (const TestSet& set : plan.sets)
      sets_.push_back(Digest().Add(set.name).Add(static_cast<uint64_t>(set.assign)).value());
    for (size_t i = 0; i < parts_.size(); ++i) AddHost(plan.hosts[i], &parts_[i]);
    for (const QueueSetup& setup : plan.queues) AddSetup(setup);
    for (const Test& test : plan.tests) AddTest(test, &parts_[test.host], &more_[test.host]);
  }

  std::string Of(size_t host) const { return parts_[host].Hex(); }
  std::string WholeOf(size_t host) const {
    return Digest(more_[host]).Add(parts_[host].value()).Hex();
  }

 private:
  void AddHost(const Host& host, Digest* digest) const {
    digest->Add(plan_.takes_processors ? 1 : 0).Add(host.name).Add(host.cpus).Add(host.memory);
    digest->Add(host.queues.size());
    for (const std::string& queue : host.queues) digest->Add(queue);
  }

  void AddSetup(const QueueSetup& setup) {
    Digest digest;
    digest.Add(setup.queue).Add(setup.state_dir).Add(setup.blocks.size());
    for (const MacBlock& block : setup.blocks) {
      digest.Add(block.range).Add(block.base_mac).Add(block.base_ip ? 1 : 0);
      digest.Add(block.base_ip.value_or(0)).Add(block.size).Add(block.offset).Add(block.count);
    }
    setups_.push_back(digest.value());
    parts_[setup.host].Add(digest.value());
  }

  // `digest` is that of what tests are, `more` is that of where they are from.
  void AddTest(const Test& test, Digest* digest, Digest* more) const {
    digest->Add(test.name).Add(test.cost_name).Add(test.full_name).Add(test.shortname);
    digest->Add(sets_[test.set]).Add(test.pooled ? 1 : 0).Add(test.disabled ? 1 : 0);
    digest->Add(test.timeout).Add(test.cpus).Add(test.memory).Add(test.cost);
    digest->Add(test.queues.size()).Add(test.required.size()).Add(test.labels.size());
    for (uint32_t queue : test.queues) digest->Add(setups_[queue]);
    for (uint32_t other : test.required) digest->Add(plan_.tests[other].name);
    for (const std::string& label : test.labels) digest->Add(label);
    params_.Add(test, false, digest);
    more->Add(test.origin);
    params_.Add(test, true, more);
  }

  const Plan& plan_;
  ParamDigests params_;
  std::vector<uint64_t> sets_;
  std::vector<uint64_t> setups_;
  std::vector<Digest> parts_;  // by host
  std::vector<Digest> more_;
};

}  // namespace

void SetDigests(Plan* plan) {
  const HostDigests hosts(*plan);
  Digest digest;
  Digest whole;
  for (const TestSet& set : plan->sets) digest.Add(set.name).Add(static_cast<uint64_t>(set.assign));
  for (size_t i = 0; i < plan->hosts.size(); ++i) {
    Host& host = plan->hosts[i];
    host.digest = hosts.Of(i);
    host.whole_digest = hosts.WholeOf(i);
    digest.Add(host.digest);
    whole.Add(host.whole_digest);
  }
  plan->digest = digest.Hex();
  plan->whole_digest = whole.Add(digest.value()).Hex();
}

}  // namespace kvmtest::plan
