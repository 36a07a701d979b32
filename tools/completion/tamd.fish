# SPDX-License-Identifier: MIT
# Completion of tamd for fish, which looks for it by its name.
source (status dirname)/tam.fish
