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
  explicit ParamTexts(const Plan& plan) : of_string_(plan.texts.size()) {
    for (TextId id = 0; id < plan.texts.size(); ++id)
      texts_.push_back(Digest().Add(plan.texts.Text(id)).value());
    for (TextId key : plan.string_keys) of_string_[key] = true;
  }

  // The params of a test that strings set, or all others.
  void Add(const Test& test, bool of_string, Digest* digest) const {
    Add(test.params, of_string, digest);
    for (const std::vector<Param>& params : test.queue_params) Add(params, of_string, digest);
  }

 private:
  void Add(const std::vector<Param>& params, bool of_string, Digest* digest) const {
    digest->Add(params.size());
    for (Param param : params)
      if (of_string_[param.key] == of_string)
        digest->Add(texts_[param.key]).Add(texts_[param.value]);
  }

  std::vector<uint64_t> texts_;  // the digest of each text, made once
  std::vector<bool> of_string_;  // by key
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
