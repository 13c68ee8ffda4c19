#include "host/sparse.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "host/checksum.h"
#include "host/files.h"

namespace kvmtest::host {
namespace {

std::string SumOf(std::string_view bytes) {
  Checksum sum;
  sum.Add(bytes);
  return sum.Hex();
}

// tests/procedures/template.py has the algorithm too.
TEST(ChecksumTest, KnownValues) {
  EXPECT_EQ(SumOf(""), "6e561344f82ea733590403698fc50bbd");
  EXPECT_EQ(SumOf("kvmtest"), "3ac5e49f44b17ebf1586898076cb92a1");
}

TEST(ChecksumTest, PiecesMakeNoDifference) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += static_cast<char>(i * 7);
  for (size_t piece : {1, 7, 31, 32, 33, 64, 999}) {
    Checksum sum;
    for (size_t at = 0; at < text.size(); at += piece) {
      sum.Add(std::string_view(text).substr(at, piece));
    }
    EXPECT_EQ(sum.Hex(), SumOf(text)) << piece;
  }
}

TEST(ChecksumTest, EveryChangeShows) {
  std::string text(100, 'x');
  std::string sum = SumOf(text);
  for (size_t i = 0; i < text.size(); ++i) {
    std::string other = text;
    other[i] = static_cast<char>(other[i] ^ 1);
    EXPECT_NE(SumOf(other), sum) << i;
  }
  EXPECT_NE(SumOf(text + '\0'), sum);
  EXPECT_NE(SumOf(std::string(1, '\0')), SumOf(""));
}

Fd Content(std::string_view bytes) {
  return MemoryFile("kvmtest-sparse", bytes);
}

std::string All(const Fd& file) {
  struct stat status {};
  ::fstat(file.get(), &status);
  std::string bytes(static_cast<size_t>(status.st_size), 'x');
  EXPECT_EQ(ReadAt(file.get(), 0, bytes.data(), bytes.size()), status.st_size);
  return bytes;
}

TEST(SparseTest, CopiesWhatIsThere) {
  std::string page(4096, 'p'), zeros(4096, '\0');
  for (const std::string& content :
       {std::string(), std::string("short"), page, zeros, page + zeros + page,
        zeros + zeros + "end", page + zeros, zeros + page + page + zeros + std::string(100, '\0'),
        std::string(300000, 'a') + zeros + std::string(300000, 'b')}) {
    Fd from = Content(content), to = Content("");
    auto sum = CopySparse(from.get(), to.get());
    ASSERT_TRUE(sum.has_value());
    EXPECT_TRUE(All(to) == content) << content.size();
    EXPECT_EQ(CopySparse(to.get(), -1), sum);
  }
}

TEST(SparseTest, HolesStayHoles) {
  Fd from = Content(""), to = Content("");
  ASSERT_TRUE(SetFileLength(from.get(), uint64_t{1} << 40));
  ASSERT_TRUE(WriteAt(from.get(), uint64_t{1} << 39, "here"));
  ASSERT_TRUE(WriteAt(from.get(), 1 << 20, std::string(1 << 20, '\0')));
  auto sum = CopySparse(from.get(), to.get());
  ASSERT_TRUE(sum.has_value());
  struct stat status {};
  ASSERT_EQ(::fstat(to.get(), &status), 0);
  EXPECT_EQ(status.st_size, int64_t{1} << 40);
  EXPECT_LE(status.st_blocks, 8);
  EXPECT_EQ(CopySparse(to.get(), -1), sum);
}

TEST(SparseTest, TheSumIsOfPlaceAndContent) {
  std::string page(4096, 'p'), zeros(4096, '\0');
  auto sum = [](const std::string& content) { return CopySparse(Content(content).get(), -1); };
  EXPECT_NE(sum(page + zeros), sum(zeros + page));
  EXPECT_NE(sum(page), sum(page + zeros));
  EXPECT_NE(sum(page + page), sum(page + zeros + page));
  EXPECT_EQ(CopySparse(-1, -1), std::nullopt);
}

}  // namespace
}  // namespace kvmtest::host
