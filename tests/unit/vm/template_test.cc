#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <set>

#include "host/files.h"
#include "vm/template_key.h"
#include "vm/template_store.h"
#include "vm/wake.h"

namespace kvmtest::vm {
namespace {

const std::vector<Address> kAddresses = {{"52:54:00:00:00:01", "10.20.0.1"}};

VmConfig Config(const Params::Map& more = {}, const std::string& name = "vm1",
                const std::vector<Address>& addresses = kAddresses) {
  Params::Map map = {{"kernel", "/k"}, {"initrd", "/i"},           {"nics", "nic1"},
                     {"mem", "128"},   {"vm_reuse", "template"},   {"kernel_params", "quiet"},
                     {"images", "a"},  {"image_name", "/images/a"}};
  for (const auto& [key, value] : more) map[key] = value;
  auto built = BuildVmConfig(Params(map), name, addresses);
  if (auto* error = std::get_if<ParamError>(&built)) ADD_FAILURE() << error->text;
  return std::get<VmConfig>(built);
}

TemplateKey Key(const VmConfig& config, const TemplateSurroundings& around = {"q1", "h", "tcg", ""},
                const std::string& changed = "") {
  std::string error;
  auto key = MakeTemplateKey(
      config, around,
      [&](const std::string& path) { return path == changed ? "other" : "digest of " + path; },
      &error);
  EXPECT_TRUE(key.has_value()) << error;
  return key.value_or(TemplateKey());
}

TEST(TemplateKeyTest, WhatMattersMakesAnother) {
  std::set<std::string> names = {Key(Config()).name};
  size_t count = 1;
  auto expect_new = [&](const TemplateKey& key, const std::string& what) {
    names.insert(key.name);
    EXPECT_EQ(names.size(), ++count) << what;
  };
  const Params::Map changes[] = {
      {{"kernel_params", "quiet x"}},
      {{"mem", "129"}},
      {{"smp", "2"}},
      {{"machine_type", "q35"}},
      {{"cpu_model", "qemu64"}},
      {{"nic_model", "virtio"}},
      {{"ip_prefix", "24"}},
      {{"drive_format", "virtio"}},
      {{"kernel", "/k2"}},
      {{"image_name", "/images/b"}},
      {{"extra_params", "-no-hpet"}},
      {{"create_image", "yes"}},
      {{"create_image", "yes"}, {"image_size", "1G"}},
      {{"pvpanic", "no"}},
  };
  for (const Params::Map& change : changes) {
    expect_new(Key(Config(change)), change.begin()->first);
  }
  expect_new(Key(Config({}, "vm1", {{"52:54:00:00:00:02", "10.20.0.1"}})), "MAC");
  expect_new(Key(Config({}, "vm1", {{"52:54:00:00:00:01", "10.20.0.2"}})), "IP");
  expect_new(Key(Config(), {"q2", "h", "tcg", ""}), "qemu");
  expect_new(Key(Config(), {"q1", "h2", "tcg", ""}), "host");
  expect_new(Key(Config(), {"q1", "h", "kvm", ""}), "accelerator");
  expect_new(Key(Config(), {"q1", "h", "tcg", "max"}), "CPU model");
  for (const char* file : {"/k", "/i", "/images/a.qcow2"}) {
    expect_new(Key(Config(), {"q1", "h", "tcg", ""}, file), file);
  }
}

TEST(TemplateKeyTest, WhatBelongsToARunMakesNone) {
  EXPECT_EQ(Key(Config({}, "vm2")).text, Key(Config()).text);
  EXPECT_EQ(Key(Config({{"login_timeout", "5"}})).name, Key(Config()).name);
  std::string error;
  auto none = MakeTemplateKey(
      Config(), {"q", "h", "tcg", ""},
      [](const std::string&) { return std::optional<std::string>(); }, &error);
  EXPECT_FALSE(none.has_value());
  EXPECT_EQ(error, "cannot read /k");
}

TEST(TemplateKeyTest, WhyNoTemplate) {
  const std::pair<Params::Map, std::string> rows[] = {
      {{}, ""},
      {{{"extra_params", "-device virtio-rng-pci -no-hpet -cpu max,+x2apic"}}, ""},
      {{{"machine_type", "pc-q35-7.2"}, {"mem", "1G"}}, ""},
      {{{"shell_client", "none"}}, "its guest has no shell that could set its clock"},
      {{{"machine_type", "isapc"}}, "the name of the memory of machine_type isapc is not known"},
      {{{"mem", "1k"}}, "mem = 1k is no number of MiB"},
      {{{"extra_params", "-drive file=/x"}},
       "extra_params: -drive may stand for something that is not saved"},
      {{{"extra_params", "-device ide-hd,drive=x"}},
       "extra_params: ide-hd,drive=x may stand for something that is not saved"},
      {{{"extra_params", "-object memory-backend-ram,id=x,size=1G"}},
       "extra_params: -object may stand for something that is not saved"},
  };
  for (const auto& [params, expected] : rows) {
    EXPECT_EQ(WhyNoTemplate(Config(params)).value_or(""), expected);
  }
}

class TemplateStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/kvmtest-templates-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    directory_ = name;
  }
  void TearDown() override { host::RemoveTree(directory_); }

  TemplateStore Store(uint64_t limit = 1 << 30) { return {guardian_, directory_ + "/t", limit}; }
  std::string Path(const TemplateKey& key, const std::string& file = "") {
    return directory_ + "/t/" + key.name + (file.empty() ? "" : "/" + file);
  }
  static TemplateKey KeyNamed(char digit) {
    return {std::string("text ") + digit, std::string(32, digit)};
  }
  void Make(const TemplateStore& store, const TemplateKey& key) {
    std::string why;
    auto draft = store.Begin(key, &why);
    ASSERT_NE(draft, nullptr) << why;
    host::Fd memory = host::MemoryFile("m", std::string(100000, 'm'));
    host::Fd disk = host::MemoryFile("d", "disk");
    EXPECT_TRUE(draft->AddState("state"));
    EXPECT_TRUE(draft->AddFile("memory", memory.get()));
    EXPECT_TRUE(draft->AddFile("disk-a", disk.get()));
    EXPECT_TRUE(draft->Publish("/run/wake"));
  }
  // How it is damaged, or whether it is good.
  static std::string Look(const TemplateStore& store, const TemplateKey& key) {
    std::string damage;
    auto found = store.Open(key, &damage);
    if (!found) return damage.empty() ? "none" : damage;
    host::Fd to = host::MemoryFile("x", ""), disk = host::MemoryFile("x", "");
    if (!found->CopyMemory(to.get())) return "memory";
    if (!found->CopyDisk("a", disk.get())) return "disk";
    EXPECT_EQ(found->wake_program, "/run/wake");
    EXPECT_EQ(found->state, "state");
    return "good";
  }

  host::Guardian guardian_;  // not started: there is nothing to guard
  std::string directory_;
};

TEST_F(TemplateStoreTest, WhatWasMadeIsFound) {
  TemplateStore store = Store();
  EXPECT_EQ(Look(store, KeyNamed('a')), "none");
  Make(store, KeyNamed('a'));
  EXPECT_EQ(Look(store, KeyNamed('a')), "good");
  EXPECT_EQ(Look(store, KeyNamed('b')), "none");
  EXPECT_EQ(Look(store, {"another text", std::string(32, 'a')}),
            "its template.json is not what was written");
  store.Remove(KeyNamed('a'));
  EXPECT_EQ(Look(store, KeyNamed('a')), "none");
}

TEST_F(TemplateStoreTest, DamageIsNoticed) {
  TemplateStore store = Store();
  TemplateKey key = KeyNamed('a');
  using Act = void (*)(const std::string&);
  Act shorten = [](const std::string& path) { EXPECT_EQ(::truncate(path.c_str(), 3), 0); };
  Act change = [](const std::string& path) {
    std::string content = host::ReadFile(path).value();
    content[content.size() / 2] = static_cast<char>(content[content.size() / 2] ^ 1);
    EXPECT_TRUE(host::WriteFile(path, content));
  };
  Act remove = [](const std::string& path) { EXPECT_EQ(::unlink(path.c_str()), 0); };
  const struct {
    const char* file;
    Act act;
    const char* found;
  } rows[] = {
      {"memory", shorten, "memory"},
      {"memory", change, "memory"},
      {"memory", remove, "its file memory is missing"},
      {"state", shorten, "its file state is not what was saved"},
      {"state", change, "its file state is not what was saved"},
      {"state", remove, "its file state is missing"},
      {"disk-a", shorten, "disk"},
      {"disk-a", change, "disk"},
      {"disk-a", remove, "its file disk-a is missing"},
      {"template.json", shorten, "its template.json is not what was written"},
      {"template.json", remove, "it has no template.json"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.file);
    Make(store, key);
    ASSERT_EQ(Look(store, key), "good");
    row.act(Path(key, row.file));
    EXPECT_EQ(Look(store, key), row.found);
  }
  Make(store, key);  // in the place of a damaged one
  EXPECT_EQ(Look(store, key), "good");
}

TEST_F(TemplateStoreTest, OneMakesIt) {
  TemplateStore store = Store();
  std::string why;
  auto first = store.Begin(KeyNamed('a'), &why);
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(store.Begin(KeyNamed('a'), &why), nullptr);
  EXPECT_EQ(why, "pid " + std::to_string(::getpid()) + " is making one");
  EXPECT_NE(store.Begin(KeyNamed('b'), &why), nullptr);
  EXPECT_EQ(Look(store, KeyNamed('a')), "none");
  first.reset();  // given up
  EXPECT_EQ(::access((Path(KeyNamed('a')) + ".new").c_str(), F_OK), -1);
  Make(store, KeyNamed('a'));
  EXPECT_EQ(Look(store, KeyNamed('a')), "good");
}

TEST_F(TemplateStoreTest, TheLimitRemovesWhatWasUsedLongestAgo) {
  TemplateStore store = Store(300000);
  for (char name : {'a', 'b', 'c'}) {
    Make(store, KeyNamed(name));
    // In this order; a is used once more.
    timespec times[2] = {{1000 + name, 0}, {1000 + name, 0}};
    ::utimensat(AT_FDCWD, Path(KeyNamed(name), "template.json").c_str(), times, 0);
  }
  EXPECT_EQ(Look(store, KeyNamed('a')), "good");
  ASSERT_TRUE(host::MakeDirectories(Path(KeyNamed('d')) + ".new"));  // of a runner that was killed
  store.Prune(KeyNamed('c'));
  EXPECT_EQ(Look(store, KeyNamed('a')), "good");
  EXPECT_EQ(Look(store, KeyNamed('b')), "none");
  EXPECT_EQ(Look(store, KeyNamed('c')), "good");
  EXPECT_EQ(::access((Path(KeyNamed('d')) + ".new").c_str(), F_OK), -1);
  Store(0).Prune(KeyNamed('c'));
  EXPECT_EQ(Look(store, KeyNamed('a')), "none");
  EXPECT_EQ(Look(store, KeyNamed('c')), "good");
}

TEST_F(TemplateStoreTest, DigestsFollowTheContent) {
  TemplateStore store = Store();
  std::string file = directory_ + "/kernel";
  EXPECT_EQ(store.DigestOf(file), std::nullopt);
  ASSERT_TRUE(host::WriteFile(file, "one"));
  auto one = store.DigestOf(file);
  EXPECT_TRUE(one.has_value());
  EXPECT_EQ(store.DigestOf(file), one);
  ASSERT_TRUE(host::WriteFileAtomically(file, "two"));
  EXPECT_NE(store.DigestOf(file), one);
  ASSERT_TRUE(host::WriteFileAtomically(file, "one"));
  EXPECT_EQ(store.DigestOf(file), one);
}

TEST(WakeTest, Commands) {
  EXPECT_EQ(WakeCommand("/run/x", std::string(4, 'A'), {1, 2}, ""),
            "/run/x <<end\n"
            "20000000040000004141414101000000000000000200000000000000\nend\n");
  EXPECT_EQ(WakeCommand("/run/x", std::string(4, 'A'), {1, 2}, "n"),
            "/run/x <<end && echo 'kvmtest-guest: restored nonce=n' > /dev/console && { for a in "
            "/sys/class/net/*/address; do read -r a < $a && echo $a; done; true; }\n"
            "20000000040000004141414101000000000000000200000000000000\nend\n");
  EXPECT_EQ(WakeError(6), "RNDRESEEDCRNG failed (Linux has it since 4.14)");
  EXPECT_EQ(WakeError(127), "exit status 127");
}

}  // namespace
}  // namespace kvmtest::vm
