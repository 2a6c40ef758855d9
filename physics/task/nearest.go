package task

import (
	"fmt"
	"strings"
)

// mostNamed is how many names a refusal lists.
const mostNamed = 30

// Suggest returns a hint to follow an unknown name: `, did you mean "hopper"?`, or where no name is near,
// `; there are ant, hopper`.
func Suggest(name string, known []string) string {
	if near := Near(name, known); near != "" {
		return fmt.Sprintf(", did you mean %q?", near)
	}
	switch {
	case len(known) == 0:
		return "; there is none"
	case len(known) > mostNamed:
		return fmt.Sprintf("; there are %s and %d more", strings.Join(known[:mostNamed], ", "), len(known)-mostNamed)
	case len(known) == 1:
		return "; there is " + known[0]
	}
	return "; there are " + strings.Join(known, ", ")
}

// Near returns the nearest name if the given one may be a misspelling of it, else "". One slip in three
// letters is near, two in four after the same first letter, and so is the beginning of a name. Dashes and
// points before a name are no letters.
func Near(name string, names []string) string {
	if len(name) < 2 || len(name) > mostCompared {
		return ""
	}
	name = strings.ToLower(name)
	nearest := Nearest(name, names)
	lower := strings.ToLower(nearest)
	one, other := strings.TrimLeft(name, "-."), strings.TrimLeft(lower, "-.")
	slips := max(len(one), len(other)) / 3
	if slips == 1 && one != "" && other != "" && one[0] == other[0] {
		slips = max(len(one), len(other)) / 2
	}
	if len(nearest) > 0 && editDistance(name, lower) <= max(1, slips) {
		return nearest
	}
	for _, candidate := range names {
		if strings.HasPrefix(strings.ToLower(candidate), name) {
			return candidate
		}
	}
	return ""
}

// Nearest returns the name with the smallest edit distance to the given one, the
// first of them if there are several, "" if there are no names.
func Nearest(name string, names []string) string {
	nearest, least := "", -1
	for _, candidate := range names {
		if d := editDistance(strings.ToLower(name), strings.ToLower(candidate)); least < 0 || d < least {
			nearest, least = candidate, d
		}
	}
	return nearest
}

// mostCompared is the number of compared bytes: no name of ours is as long.
const mostCompared = 64

// editDistance counts the slips between two names: insertions, deletions and replacements of bytes,
// and exchanges of neighbours (optimal string alignment, Boytsov 2011).
func editDistance(a, b string) int {
	a, b = a[:min(len(a), mostCompared)], b[:min(len(b), mostCompared)] // so that no name takes long
	before, row := make([]int, len(b)+1), make([]int, len(b)+1)         // distances of prefixes of a to all prefixes of b
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		next := make([]int, len(b)+1)
		next[0] = i + 1
		for j := range len(b) {
			replace := row[j]
			if a[i] != b[j] {
				replace++
			}
			next[j+1] = min(replace, next[j]+1, row[j+1]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, row = row, next
	}
	return row[len(b)]
}
