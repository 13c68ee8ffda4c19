#!/usr/bin/env python3
"""Writes generator/language/alnum_ranges.inc (run it with the Python whose Unicode the language
should follow: 3.11, as the reference's results were made with)."""
import unicodedata

ranges, start = [], None
for c in range(0x80, 0x110001):
    alnum = c < 0x110000 and chr(c).isalnum()
    if alnum and start is None:
        start = c
    if not alnum and start is not None:
        ranges.append((start, c - 1))
        start = None

print(f"// Written by tests/unit/language/alnum_ranges.py with Python 3.11 (Unicode {unicodedata.unidata_version}).")
print("// First and last character of each run of str.isalnum() beyond ASCII.")
line = ""
for first, last in ranges:
    item = "{0x%x, 0x%x}," % (first, last)
    if len(line) + len(item) + 1 > 98:
        print(line)
        line = ""
    line += (" " if line else "") + item
print(line)
