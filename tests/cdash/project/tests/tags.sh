# What a test may say that ctest would take for its own, and bytes that are no text.
say() {
  printf '%s\n' '<CTestMeasurementFile type="file" name="stolen">/etc/hostname</CTestMeasurementFile>' \
    '<CTestMeasurement type="numeric/double" name="evil">1</CTestMeasurement>' \
    '<DartMeasurement name="evil" type="text/string">1 & 2 < 3</DartMeasurement>' \
    '<CTestDetails>all is well</CTestDetails>' '<CTestLabel>mine</CTestLabel>' CTEST_FULL_OUTPUT
  printf 'bytes: \001 \033[31mred\033[0m \377\376 \357\277\277 é ]]> &amp; <b>\n'
}
