#!/bin/sh
# SPDX-License-Identifier: MIT
# Every manual page, rendered at 60, 80 and 120 columns, shows every word of its source, in its order: no macro has swallowed one
# ("No" and "An" are macros, too), and no two run together.
set -eu
source=${srcdir:-.}
command -v mandoc >/dev/null || { echo 'skipped: no mandoc'; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A source's words: all of its text lines; of a request, what is neither a request nor one of the macros that may follow one. What
# is an English word, too, counts as a word there: written as a macro it would be found missing.
words_of_source='
BEGIN {
    n = split("Ap Ar Bc Bo Bq Brc Bro Brq Cd Cm Dc Do_ Dq Dv Ec Em Eo Er Ev Fa Fl Fn Ft Ic Li Lk Ms Mt Nm Ns Oc Oo Op Pa Pc Po Pq Qc " \
        "Ql Qo Qq Sc Sm Sq Sx Sy Ta Tn Ux Va Vt Xr", list, " ")
    for (i = 1; i <= n; i++) macro[list[i]] = 1
    n = split("\\\" Bl El Bd Ed Dd Dt Os Ex Rv Pp Bk Ek Rs Re Lb TH", list, " ")
    for (i = 1; i <= n; i++) skipped[list[i]] = 1
}
function show(text,    i, n, word) {
    gsub(/\\f[A-Z]/, "", text)
    gsub(/\\&/, "", text); gsub(/\\e/, "\\", text); gsub(/\\\([a-z][a-z]/, " ", text); gsub(/\\-/, "-", text)
    n = split(text, word, /[^A-Za-z0-9]+/)
    for (i = 1; i <= n; i++) if (word[i] != "") print word[i]
}
/^\./ {
    name = substr($1, 2)
    if (name == "" || substr($0, 2, 1) == "\\" || name in skipped) next
    for (at = 2; at <= NF; at++) if (!($at in macro)) show($at)
    next
}
{ show($0) }'

# The expected words must come in their order, with anything between them: headings, what macros add.
in_order='
NR == FNR { found[++have] = $0; next }
{
    start = at
    while (++at <= have && found[at] != $0) ;
    if (at > have) { printf "word %d, \"%s\" behind \"%s\", is not shown\n", FNR, $0, before; exit 1 }
    if (at - start > 60) { printf "word %d, \"%s\" behind \"%s\", is not where it belongs\n", FNR, $0, before; exit 1 }
    before = $0
}'

# compare PAGE: whether it shows its words at each width.
compare() {
    LC_ALL=C awk "$words_of_source" "$1" >"$work/expected"
    for width in 60 80 120; do
        mandoc -T ascii -O width=$width "$1" | sed 's/.\x08//g' | LC_ALL=C tr -cs 'A-Za-z0-9' '\n' >"$work/shown"
        awk "$in_order" "$work/shown" "$work/expected" >"$work/why" || { echo "$1 at $width columns: $(cat "$work/why")"; return 1; }
    done
}

# What it is there to see, seen once.
page() { printf '.Dd January 1, 2026\n.Dt X 1\n.Os\n.Sh NAME\n.Nm x\n.Nd page\n.Sh DESCRIPTION\nText.\n%b\n' "$1" >"$work/page"; }
page '.Bl -tag -width Ds\n.It one\nNo application has it.\n.El'
compare "$work/page" || { echo 'a good page is refused'; exit 1; }
for bad in '.Bl -column "a" "b"\n.It one Ta No application has it.\n.El' '.Bl -column "a" "b"\n.It one Ta An application.\n.El'; do
    page "$bad"
    ! compare "$work/page" >/dev/null || { echo "not seen: $bad"; exit 1; }
done

failed=0 pages=0
for page in "$source"/doc/*.[1-9] "$source"/tools/*.[1-9] "$source"/tools/*/*.[1-9] "$source"/plugins/*/*.[1-9] doc/tam_*.3; do
    [ -f "$page" ] || continue
    pages=$((pages + 1))
    compare "$page" || failed=1
done
[ "$pages" -ge 8 ] || { echo "only $pages pages found"; exit 1; }
exit $failed
