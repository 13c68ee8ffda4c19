// A room includes headers only of the rooms in its link list (DESIGN: "Each room is its own CMake
// target whose link list is the dependency rule"). The list comes from CMake, the includes from the
// sources: directory<TAB>room<TAB>linked;linked;... in the file that KVMTEST_ROOMS_FILE names.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

struct Room {
  fs::path directory;
  std::string name;
  std::set<std::string> linked;  // names of rooms, itself among them
};

std::vector<std::string> Split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

std::vector<Room> ReadRooms(std::istream& stream) {
  constexpr std::string_view kPrefix = "kvmtest_";
  std::vector<Room> rooms;
  for (std::string line; std::getline(stream, line);) {
    std::vector<std::string> fields = Split(line, '\t');
    fields.resize(3);
    Room room{fields[0], fields[1], {fields[1]}};
    for (const std::string& target : Split(fields[2], ';')) {
      if (target.starts_with(kPrefix)) room.linked.insert(target.substr(kPrefix.size()));
    }
    rooms.push_back(std::move(room));
  }
  return rooms;
}

// The room of `#include "room/file.h"`, else nothing.
std::string IncludedRoom(const std::string& line) {
  constexpr std::string_view kInclude = "#include \"";
  if (!line.starts_with(kInclude)) return "";
  size_t slash = line.find('/', kInclude.size());
  if (slash == std::string::npos) return "";
  return line.substr(kInclude.size(), slash - kInclude.size());
}

// "file:line: room x includes y, which it does not link" for each such line.
std::vector<std::string> Violations(const Room& room, const std::string& file, std::istream& text) {
  std::vector<std::string> found;
  int number = 0;
  for (std::string line; std::getline(text, line);) {
    ++number;
    std::string included = IncludedRoom(line);
    if (included.empty() || room.linked.contains(included)) continue;
    found.push_back(file + ":" + std::to_string(number) + ": room " + room.name + " includes " +
                    included + ", which it does not link");
  }
  return found;
}

bool IsSource(const fs::path& path) {
  return path.extension() == ".cc" || path.extension() == ".h";
}

std::vector<std::string> Violations(const Room& room, int* files) {
  std::vector<std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(room.directory)) {
    if (!entry.is_regular_file() || !IsSource(entry.path())) continue;
    ++*files;
    std::ifstream text(entry.path());
    for (std::string& line : Violations(room, entry.path().string(), text)) {
      found.push_back(std::move(line));
    }
  }
  return found;
}

TEST(Rooms, IncludeOnlyRoomsTheyLink) {
  std::ifstream stream(KVMTEST_ROOMS_FILE);
  std::vector<Room> rooms = ReadRooms(stream);
  ASSERT_FALSE(rooms.empty()) << KVMTEST_ROOMS_FILE;
  for (const Room& room : rooms) {
    int files = 0;
    EXPECT_EQ(Violations(room, &files), std::vector<std::string>{}) << room.name;
    EXPECT_GT(files, 0) << "no sources in " << room.directory;
  }
}

TEST(Rooms, ForbiddenIncludeIsFound) {
  std::istringstream list(
      "/src/generator/ctest\tctest\tkvmtest_plan;fmt::fmt;kvmtest_build_flags\n");
  std::vector<Room> rooms = ReadRooms(list);
  ASSERT_EQ(rooms.size(), 1u);
  std::istringstream text(
      "#include \"ctest/quote.h\"\n"
      "#include <fmt/format.h>\n"
      "#include \"plan/plan.h\"\n"
      "#include \"language/tree.h\"\n"
      "// #include \"vm/vm.h\"\n");
  EXPECT_EQ(
      Violations(rooms[0], "a.cc", text),
      std::vector<std::string>{"a.cc:4: room ctest includes language, which it does not link"});
}

}  // namespace
