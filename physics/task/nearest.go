package task

import (
	"fmt"
	"strings"
)

// Nearest returns the name with the smallest edit distance to the given one, the
// first of them if there are several, "" if there are no names.
func Nearest(name string, names []string) string {
	nearest, least := "", -1
	for _, candidate := range names {
		if d := editDistance(name, candidate); least < 0 || d < least {
			nearest, least = candidate, d
		}
	}
	return nearest
}

// editDistance is Levenshtein's: insertions, deletions and replacements of bytes.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1) // distances of the prefix of a to all prefixes of b
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// Near returns the name that was probably meant, "" where none is near: at most a third of its
// letters may be wrong.
func Near(name string, names []string) string {
	nearest := Nearest(name, names)
	if editDistance(name, nearest) > max(1, len(name)/3) {
		return ""
	}
	return nearest
}

// unknown returns the error for a name that is not among names.
func unknown(what, name string, names []string) error {
	switch near := Near(name, names); {
	case len(names) == 0:
		return fmt.Errorf("unknown %s %q: there are none", what, name)
	case near != "":
		return fmt.Errorf("unknown %s %q: did you mean %q?", what, name, near)
	}
	return fmt.Errorf("unknown %s %q: there are %s", what, name, strings.Join(names, ", "))
}
