#include "plan/plan_digest.h"

#include <algorithm>

#include "plan/digest.h"

namespace kvmtest::plan {
namespace {

void AddSetup(const QueueSetup& setup, Digest* digest) {
  digest->Add(setup.host).Add(setup.queue).Add(setup.state_dir).Add(setup.blocks.size());
  for (const MacBlock& block : setup.blocks) {
    digest->Add(block.range).Add(block.base_mac).Add(block.base_ip ? 1 : 0);
    digest->Add(block.base_ip.value_or(0)).Add(block.size).Add(block.offset).Add(block.count);
  }
}

class ParamTexts {
 public:
  explicit ParamTexts(const Plan& plan) : paths_(plan.string_paths) {
    for (TextId id = 0; id < plan.texts.size(); ++id)
      texts_.push_back(Digest().Add(plan.texts.Text(id)).value());
  }

  // The params of a test that are paths of strings, or all others.
  void Add(const Test& test, bool is_path, Digest* digest) const {
    Add(test.params, is_path, digest);
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

  std::vector<uint64_t> texts_;  // the digest of each text, made once
  const std::vector<Param>& paths_;
};

void AddTest(const Test& test, Digest* digest) {
  digest->Add(test.name).Add(test.cost_name).Add(test.full_name).Add(test.shortname);
  digest->Add(test.set).Add(test.host).Add(test.pooled ? 1 : 0).Add(test.disabled ? 1 : 0);
  digest->Add(test.timeout)
      .Add(test.cpus)
      .Add(test.memory)
      .Add(test.cost)
      .Add(test.on_several_hosts ? 1 : 0);
  digest->Add(test.queues.size()).Add(test.required.size()).Add(test.labels.size());
  for (uint32_t queue : test.queues) digest->Add(queue);
  for (uint32_t other : test.required) digest->Add(other);
  for (const std::string& label : test.labels) digest->Add(label);
}

}  // namespace

void SetDigests(Plan* plan) {
  const ParamTexts params(*plan);
  Digest digest;
  digest.Add(plan->takes_processors ? 1 : 0);
  for (const Host& host : plan->hosts) {
    digest.Add(host.name).Add(host.cpus).Add(host.memory).Add(host.queues.size());
    for (const std::string& queue : host.queues) digest.Add(queue);
  }
  for (const QueueSetup& setup : plan->queues) AddSetup(setup, &digest);
  for (const TestSet& set : plan->sets) digest.Add(set.name).Add(static_cast<uint64_t>(set.assign));
  for (const Test& test : plan->tests) {
    AddTest(test, &digest);
    params.Add(test, false, &digest);
  }
  plan->digest = digest.Hex();

  for (const Test& test : plan->tests) {
    digest.Add(test.origin);
    params.Add(test, true, &digest);
  }
  plan->whole_digest = digest.Hex();
}

}  // namespace kvmtest::plan
