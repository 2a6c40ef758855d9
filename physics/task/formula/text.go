package formula

import (
	"go/ast"
	"go/printer"
	"go/token"
	"strings"
)

// Format returns source in the one way of writing it, as Program.String and the messages show it: on one line, with
// Go's spaces. What does not parse is returned as it is, without its line breaks.
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
