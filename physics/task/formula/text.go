package formula

import (
	"go/ast"
	"go/printer"
	"go/token"
	"strings"
)

// Format returns source in canonical form, as Program.String and messages show it: on one line, with Go's spaces. It only
// removes the line breaks of a source that does not parse.
func Format(source string) string {
	tree, problems := parse(source, Position{})
	if len(problems) > 0 {
		return strings.Join(strings.Fields(source), " ")
	}
	return text(tree)
}

// text prints an expression.
func text(tree ast.Expr) string {
	var out strings.Builder
	if err := printer.Fprint(&out, token.NewFileSet(), tree); err != nil {
		return ""
	}
	return strings.Join(strings.Fields(out.String()), " ")
}
