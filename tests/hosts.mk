# SPDX-License-Identifier: MIT
# tamd as others run it: its units.
TESTS += tests/test_units.sh
EXTRA_DIST += tests/test_units.sh
