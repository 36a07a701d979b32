# SPDX-License-Identifier: MIT
# Completion of tam-issuer for fish, which looks for it by its name.
source (status dirname)/tam.fish
