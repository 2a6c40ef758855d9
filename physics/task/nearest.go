package task

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
