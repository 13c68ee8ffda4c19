#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <map>
#include <set>

#include "host/files.h"
#include "vm/template_files.h"
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
      config, FilesNeeded(config), around,
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
      {{"nic_mode", "tap"}},
      {{"nic_mode", "private"}},
      {{"nic_mode", "private"}, {"private_net", "other"}},
      {{"nic_mode", "bridge"}, {"netdst", "br0"}},
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
      Config(), {"/k"}, {"q", "h", "tcg", ""},
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
      {{{"rtc_base", "utc"}, {"rtc_clock", "host"}, {"rtc_drift", "slew"}}, ""},
      {{{"rtc_base", "2006-06-17T16:01:21"}},
       "rtc_base or rtc_clock: a restored guest is told the time of day"},
      {{{"rtc_base", "localtime"}},
       "rtc_base or rtc_clock: a restored guest is told the time of day"},
      {{{"rtc_clock", "vm"}}, "rtc_base or rtc_clock: a restored guest is told the time of day"},
      {{{"extra_params", "-rtc base=2006-06-17"}},
       "extra_params: -rtc may stand for something that is not saved"},
      {{{"guest_numa_nodes", "n0 n1"}, {"numa_mem", "64"}},
       "guest_numa_nodes: the memory of a template is in one piece"},
      {{{"extra_params", "-drive file=/x"}},
       "extra_params: -drive may stand for something that is not saved"},
      {{{"extra_params", "-boot splash=x.bmp"}},
       "extra_params: splash=x.bmp may stand for something that is not saved"},
      {{{"extra_params", "-smbios type=11,path=x"}},
       "extra_params: type=11,path=x may stand for something that is not saved"},
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

  TemplateStore Store(uint64_t limit = 1 << 30) { return {directory_ + "/t", limit}; }
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
    EXPECT_TRUE(draft->AddBytes("state", "state"));
    EXPECT_TRUE(draft->AddPast({"BIOS\r\nready\r\n", "[]", {{"a", "one"}, {"b.c", ""}}}));
    EXPECT_TRUE(draft->AddFile("memory", memory.get()));
    EXPECT_TRUE(draft->AddFile("disk-a", disk.get()));
    EXPECT_TRUE(draft->Publish("abcd"));
  }
  // How it is damaged, or whether it is good.
  static std::string Look(const TemplateStore& store, const TemplateKey& key) {
    std::string damage;
    auto found = store.Open(key, &damage);
    if (!found) return damage.empty() ? "none" : damage;
    host::Fd to = host::MemoryFile("x", ""), disk = host::MemoryFile("x", "");
    if (!found->CopyMemory(to.get())) return "memory";
    if (!found->CopyDisk("a", disk.get())) return "disk";
    EXPECT_EQ(found->shell_nonce, "abcd");
    EXPECT_EQ(found->state, "state");
    EXPECT_EQ(found->past.console, "BIOS\r\nready\r\n");
    EXPECT_EQ(found->past.events, "[]");
    EXPECT_EQ(found->past.serial, (std::map<std::string, std::string>{{"a", "one"}, {"b.c", ""}}));
    return "good";
  }

  // What is not whole.
  std::vector<std::string> Unfinished() {
    std::vector<std::string> found;
    for (const std::string& name : host::ListDirectory(directory_ + "/t")) {
      if (name.find(".kvmtest-") != std::string::npos) found.push_back(name);
    }
    return found;
  }

  std::string directory_;
};

// A qcow2 image whose data are in another file, as qemu-img 7.2 makes it.
std::string WithDataFile(const std::string& name) {
  std::string bytes = "QFI\xfb" + std::string(3, '\0') + '\3' + std::string(1024, '\0');
  bytes[79] = 4;     // incompatible features
  bytes[103] = 112;  // where the extensions begin
  std::string names = std::string("\x68\x03\xf8\x57", 4) + std::string(3, '\0') + '\5' + "bits\1" +
                      std::string(3, '\0');  // another extension
  names += std::string("DATA") + std::string(3, '\0') + static_cast<char>(name.size()) + name;
  return bytes.replace(112, names.size(), names);
}

TEST_F(TemplateStoreTest, FilesThatMatter) {
  std::string kernel = directory_ + "/k", image = directory_ + "/a.qcow2", data = directory_ + "/d";
  auto files = [&](Params::Map more) {
    more.insert({{"kernel", kernel}, {"initrd", kernel}, {"image_name", directory_ + "/a"}});
    std::vector<std::string> found;
    std::optional<std::string> no = FindTemplateFiles(Config(more), &found);
    return no ? std::vector<std::string>{*no} : found;
  };
  using List = std::vector<std::string>;
  for (const std::string& path : {kernel, image, data}) ASSERT_TRUE(host::WriteFile(path, "x"));
  EXPECT_EQ(files({{"image_format", "raw"}, {"image_name", data}, {"image_raw_device", "yes"}}),
            (List{kernel, kernel, data}));
  EXPECT_EQ(files({}), (List{kernel, kernel, image}));
  ASSERT_TRUE(host::WriteFile(image, WithDataFile(data)));
  EXPECT_EQ(files({}), (List{kernel, kernel, image, data}));
  ASSERT_TRUE(host::WriteFile(image, WithDataFile("d")));
  EXPECT_EQ(files({}), List{"the data of " + image + " are in 'd', which is no absolute path"});
  EXPECT_EQ(
      files({{"image_format", "raw"}, {"image_name", "/dev/zero"}, {"image_raw_device", "yes"}}),
      List{"/dev/zero is no regular file, so nobody can tell whether its contents change"});
  EXPECT_EQ(files({{"image_format", "vmdk"}}),
            List{directory_ + "/a.vmdk may stand on another image"});
}

TEST_F(TemplateStoreTest, FilesThatAreServed) {
  std::string file = directory_ + "/k", served = directory_ + "/tftp";
  ASSERT_TRUE(host::WriteFile(file, "x") && host::MakeDirectories(served + "/b"));
  ASSERT_TRUE(host::WriteFile(served + "/b/f", "x") && host::WriteFile(served + "/a", "x"));
  ASSERT_EQ(::symlink(file.c_str(), (served + "/b/link").c_str()), 0);
  VmConfig config = Config({{"kernel", file}, {"initrd", ""}, {"images", ""}, {"tftp", served}});
  std::vector<std::string> files;
  EXPECT_EQ(FindTemplateFiles(config, &files), std::nullopt);
  EXPECT_EQ(files,
            (std::vector<std::string>{file, served + "/a", served + "/b/f", served + "/b/link"}));
  config.nics[0].net.tftp = directory_ + "/none";
  EXPECT_EQ(FindTemplateFiles(config, &files),
            "tftp: cannot list " + directory_ + "/none: No such file or directory");
  config.nics[0].net.tftp = served;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(host::WriteFile(served + "/b/" + std::to_string(i), ""));
  }
  EXPECT_EQ(FindTemplateFiles(config, &files), "tftp: " + served + " has more than 1000 files");
}

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
      {"console", shorten, "its file console is not what was saved"},
      {"console", change, "its file console is not what was saved"},
      {"console", remove, "its file console is missing"},
      {"events", change, "its file events is not what was saved"},
      {"events", remove, "its file events is missing"},
      {"serial-a", change, "its file serial-a is not what was saved"},
      {"serial-b.c", remove, "its file serial-b.c is missing"},
      {"disk-a", shorten, "disk"},
      {"disk-a", change, "disk"},
      {"disk-a", remove, "its file disk-a is missing"},
      {"template.json",
       [](const std::string& path) {
         std::string text = host::ReadFile(path).value();
         text.replace(text.find("\"abcd\""), 6, "5");
         EXPECT_TRUE(host::WriteFile(path, text));
       },
       "its template.json is not what was written"},
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
  store.Prune(KeyNamed('b'));
  EXPECT_EQ(Unfinished().size(), 1u);
  first.reset();  // given up
  EXPECT_EQ(Unfinished().size(), 0u);
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
  // Of a runner that was killed.
  ASSERT_TRUE(host::MakeDirectories(Path(KeyNamed('d')) + ".kvmtest-0123abcd.tmp"));
  store.Prune(KeyNamed('c'));
  EXPECT_EQ(Look(store, KeyNamed('a')), "good");
  EXPECT_EQ(Look(store, KeyNamed('b')), "none");
  EXPECT_EQ(Look(store, KeyNamed('c')), "good");
  EXPECT_EQ(Unfinished().size(), 0u);
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
  std::string known =
      directory_ + "/t/digests/" + host::ListDirectory(directory_ + "/t/digests")[0];
  std::string good = host::ReadFile(known).value();
  for (const char* damaged : {"", "{", "[]", R"({"file": 1})", R"({"digest": []})"}) {
    ASSERT_TRUE(host::WriteFile(known, damaged));
    EXPECT_EQ(store.DigestOf(file), one) << damaged;
    EXPECT_EQ(host::ReadFile(known), good) << damaged;
  }
  std::string other = good;
  other.replace(good.find(*one) - 1, one->size() + 2, "5");
  ASSERT_TRUE(host::WriteFile(known, other));
  EXPECT_EQ(store.DigestOf(file), one);
  ASSERT_TRUE(host::WriteFileAtomically(file, "two"));
  EXPECT_NE(store.DigestOf(file), one);
  ASSERT_TRUE(host::WriteFileAtomically(file, "one"));
  EXPECT_EQ(store.DigestOf(file), one);
}

TEST(WakeTest, Commands) {
  std::string then =
      " 2> /dev/console && { for a in /sys/class/net/*/address; do read -r a < $a && echo $a; "
      "done; "
      "true; }";
  EXPECT_EQ(SleepCommand("/run/x"), "/run/x < /proc/self/fd/1" + then);
  EXPECT_EQ(WakeCommand("/run/x", "0a\n"), "/run/x <<end" + then + "\n0a\nend\n");
  std::string digits = "20000000040000004141414101000000000000000200000000000000";
  EXPECT_EQ(WakeLine(std::string(4, 'A'), {1, 2}, ""), digits + "\n");
  EXPECT_EQ(WakeLine(std::string(4, 'A'), {1, 2}, "n\ni"),
            digits + "kvmtest-guest: restored nonce=n?i\n");
  EXPECT_EQ(WakeLine(std::string(4, 'A'), {1, 2}, std::string(1000, 'n')).size(), 512U);
  EXPECT_EQ(WakeError(6), "RNDRESEEDCRNG failed (Linux has it since 4.14)");
  EXPECT_EQ(WakeError(127), "exit status 127");
}

}  // namespace
}  // namespace kvmtest::vm
