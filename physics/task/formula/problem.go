package formula

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Position is the place of a formula's first byte in a file. Lines and columns count from 1; a column is one byte.
type Position struct {
	File   string
	Line   int
	Column int
	// Indent is the number of columns by which the file indents the formula's other lines, as in an indented
	// block.
	Indent int
}

// String returns "file:line:column" without the parts that are missing.
func (p Position) String() string {
	var parts []string
	if p.File != "" {
		parts = append(parts, p.File)
	}
	if p.Line > 0 {
		parts = append(parts, fmt.Sprint(p.Line), fmt.Sprint(p.Column))
	} else if p.Column > 0 {
		parts = append(parts, fmt.Sprintf("column %d", p.Column))
	}
	return strings.Join(parts, ":")
}

// moved returns the position of the byte at offset of source, which starts at p.
func (p Position) moved(source string, offset int) Position {
	offset = min(max(offset, 0), len(source))
	before := source[:offset]
	lines := strings.Count(before, "\n")
	if lines == 0 {
		p.Column = max(p.Column, 1) + offset
		return p
	}
	p.Line = max(p.Line, 1) + lines
	p.Column = p.Indent + offset - strings.LastIndex(before, "\n")
	return p
}

// Problem is one mistake in a formula.
type Problem struct {
	At   Position
	Text string
}

// Error returns the problem with its position.
func (p Problem) Error() string {
	if at := p.At.String(); at != "" {
		return at + ": " + p.Text
	}
	return p.Text
}

// ordered sorts problems by position and drops repeated ones.
func ordered(problems []Problem) []Problem {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.At.Line, b.At.Line), cmp.Compare(a.At.Column, b.At.Column))
	})
	problems = slices.Compact(problems)
	return problems[:min(len(problems), MaxProblems)]
}
