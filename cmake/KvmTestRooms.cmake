# How a room of this house becomes a CMake target.
#
#   kvmtest_room(<room> SOURCES <file>... [PUBLIC <target>...] [PRIVATE <target>...])
#
# makes the static library kvmtest_<room>. Its link list is the room's dependency
# rule: a room may include headers only of the rooms named there, which
# tests/unit/rooms checks against the #include lines.

find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)

# Debian 12 ships RE2 without a CMake package, newer releases with one.
find_package(re2 CONFIG QUIET)
if(NOT TARGET re2::re2)
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
  add_library(re2::re2 INTERFACE IMPORTED)
  target_link_libraries(re2::re2 INTERFACE PkgConfig::RE2)
endif()

# What every target of ours is built with; never exported to a consumer.
add_library(kvmtest_build_flags INTERFACE)
target_compile_features(kvmtest_build_flags INTERFACE cxx_std_20)
if(KVMTEST_DEVELOPER)
  target_compile_options(kvmtest_build_flags INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Wnon-virtual-dtor
      -Woverloaded-virtual -Wimplicit-fallthrough -Werror>
    # Not of names in other files that happen to be compiled with this one.
    $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<NOT:$<BOOL:$<TARGET_PROPERTY:UNITY_BUILD>>>>:-Wshadow>)
endif()
if(KVMTEST_SANITIZE)
  target_compile_options(kvmtest_build_flags INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-fsanitize=${KVMTEST_SANITIZE} -fno-sanitize-recover=all
      -fno-omit-frame-pointer>)
  target_link_options(kvmtest_build_flags INTERFACE -fsanitize=${KVMTEST_SANITIZE})
  # Frames are several times larger: what nests as deep as is allowed takes more than 8 MiB of stack.
  set(CMAKE_CROSSCOMPILING_EMULATOR prlimit --stack=67108864)  # before every program of a test
endif()

# Many sources compiled as one take a third of the time. Not for who compiles again what was changed.
function(kvmtest_unity_build target)
  if(NOT PROJECT_IS_TOP_LEVEL OR KVMTEST_UNITY_BUILD)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 16)
  endif()
endfunction()

function(kvmtest_room room)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;PUBLIC;PRIVATE")
  add_library(kvmtest_${room} STATIC ${arg_SOURCES})
  kvmtest_unity_build(kvmtest_${room})
  set_property(GLOBAL APPEND PROPERTY KVMTEST_ROOMS ${room})
  # Includes read "language/tree.h": from the folder that holds the rooms.
  target_include_directories(kvmtest_${room} PUBLIC "${CMAKE_CURRENT_SOURCE_DIR}/..")
  target_link_libraries(kvmtest_${room}
    PUBLIC ${arg_PUBLIC}
    PRIVATE ${arg_PRIVATE} $<BUILD_INTERFACE:kvmtest_build_flags>)
endfunction()
