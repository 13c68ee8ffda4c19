#!/bin/sh
# run.sh SOURCE_DIR BUILD_DIR SECONDS TARGET...: builds the preset `fuzz` in BUILD_DIR and runs each
# target for SECONDS from its checked-in inputs. What is found fails, is shown, and stays in
# BUILD_DIR/found.
set -eu
source=$1 build=$2 seconds=$3
shift 3

try="extern \"C\" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }"
if ! echo "$try" | clang++ -x c++ -fsanitize=fuzzer - -o /dev/null 2> /dev/null; then
  echo "SKIP no clang++ with libFuzzer (Debian 12: clang, libclang-rt-14-dev)"
  exit 77
fi

launcher=
if command -v ccache > /dev/null; then launcher=-DCMAKE_CXX_COMPILER_LAUNCHER=ccache; fi
mkdir -p "$build/found"
cd "$source"
cmake --preset fuzz -B "$build" $launcher > "$build/configure.log" 2>&1 || { cat "$build/configure.log"; exit 1; }
cmake --build "$build" --target fuzz -j2

status=0
for target; do
  corpus=$build/corpus/$target
  rm -rf "$corpus"
  mkdir -p "$corpus"
  echo "== $target"
  # Limits for a busy machine; the inputs are small. A fixed seed: nearly the same run each time.
  if ! "$build/bin/fuzz_$target" -seed=1 -max_total_time="$seconds" -timeout=30 -rss_limit_mb=2048 \
    -max_len=4096 -dict=tests/fuzz/cartesian.dict -artifact_prefix="$build/found/$target." \
    -print_final_stats=1 "$corpus" "tests/fuzz/corpus/$target" > "$build/$target.log" 2>&1; then
    status=1
  fi
  grep -a -E '^stat::(number_of_executed_units|peak_rss_mb)|law broken|ERROR|runtime error' "$build/$target.log" || true
done
for found in "$build"/found/*; do
  [ -e "$found" ] || continue
  status=1
  echo "== found: $found"
  base64 "$found"
done
[ "$status" = 0 ] || tail -n 60 "$build"/*.log
exit "$status"
