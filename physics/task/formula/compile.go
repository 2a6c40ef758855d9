package formula

import (
	"fmt"
	"go/ast"
	"go/token"
	"math"
	"strconv"
	"strings"
)

// Want is what a formula must be.
type Want struct {
	Type Type // type of its value; Length 0: any
	Sees Rows // rows that it may read, in addition to parameters; 0: all
}

// Compile returns the program of source, or every mistake in it.
func (s *Scope) Compile(source string, at Position, want Want) (*Program, []Problem) {
	tree, problems := parse(source, at)
	if len(problems) > 0 {
		return nil, problems
	}
	c := s.compiler(source, at, want.Sees)
	v := c.value(tree)
	if !v.bad && want.Type.Length > 0 && v.Type != want.Type {
		c.report(tree, "want %s, this is %s", want.Type, v.Type)
	}
	if len(c.problems) > 0 {
		return nil, ordered(c.problems)
	}
	if c.b.limit != "" {
		return nil, []Problem{{at.moved(source, 0), c.b.limit}}
	}
	if v.bad { // a definition with a mistake, which NewScope has reported
		return nil, []Problem{{at.moved(source, 0), "the formula uses a definition that has a mistake"}}
	}
	for k := range v.Length {
		c.b.outputs = append(c.b.outputs, v.element(k))
	}
	p, err := c.b.finish([]Type{v.Type}, c.reads)
	if err != nil {
		return nil, []Problem{{at.moved(source, 0), err.Error()}}
	}
	p.source = text(tree)
	return p, nil
}

// element returns the place of element k of a value.
func (v value) element(k int) operand {
	return operand{row: v.row, at: v.at + uint16(k)*uint16(v.stride)}
}

// compiler turns a tree into instructions.
type compiler struct {
	*Scope
	b        *builder
	source   string
	at       Position
	sees     Rows
	reads    Rows
	problems []Problem
	depth    int

	here    Row           // the row of observation names: obs, or another inside next.DEFINITION
	visible int           // number of definitions that may be used
	within  ast.Node      // use of the outermost definition that is being expanded, nil outside one
	called  string        // name of that definition as the formula writes it
	faulted ast.Node      // the last such place with a mistake
	done    map[use]value // expanded definitions
}

// use is a definition over the entries of one row.
type use struct {
	definition int
	here       Row
}

func (s *Scope) compiler(source string, at Position, sees Rows) *compiler {
	if sees == 0 {
		sees = Only(Obs, Action, Next, Goal)
	}
	return &compiler{Scope: s, b: newBuilder(), source: source, at: at, sees: sees, visible: len(s.trees), done: map[use]value{}}
}

// define compiles definition i to find its mistakes, with the earlier definitions.
func (s *Scope) define(i int) []Problem {
	d := s.names.Definitions[i]
	tree, problems := parse(d.Source, d.At)
	if len(problems) > 0 {
		return problems
	}
	c := s.compiler(d.Source, d.At, 0)
	c.visible = i
	c.value(tree)
	s.trees[i] = tree
	if c.b.limit != "" && len(c.problems) == 0 {
		c.report(tree, "%s", c.b.limit)
	}
	return ordered(c.problems)
}

// report records a mistake at a node of the formula. A mistake inside a definition is reported where the formula uses it.
func (c *compiler) report(at ast.Node, format string, arguments ...any) value {
	problem := fmt.Sprintf(format, arguments...)
	if c.within != nil {
		if c.faulted == c.within {
			return value{bad: true} // one mistake is enough
		}
		at, problem, c.faulted = c.within, fmt.Sprintf("%s: %s", c.called, problem), c.within
	}
	c.problems = append(c.problems, Problem{c.at.moved(c.source, int(at.Pos())-1), problem})
	return value{bad: true}
}

// value compiles an expression.
func (c *compiler) value(x ast.Expr) value {
	if c.depth++; c.depth > MaxDepth {
		c.depth--
		c.b.exceed("the formula is nested deeper than %d", MaxDepth)
		return value{bad: true}
	}
	defer func() { c.depth-- }()
	switch x := x.(type) {
	case *ast.ParenExpr:
		return c.value(x.X)
	case *ast.BasicLit:
		return c.literal(x)
	case *ast.Ident:
		return c.name(x)
	case *ast.SelectorExpr:
		return c.selected(x)
	case *ast.IndexExpr:
		return c.index(x)
	case *ast.SliceExpr:
		return c.slice(x)
	case *ast.UnaryExpr:
		return c.unary(x)
	case *ast.BinaryExpr:
		return c.binary(x)
	case *ast.CallExpr:
		return c.call(x)
	}
	return c.report(x, "%s is not in the language", shortened(text(x)))
}

// shortened cuts a text that is too long for a message.
func shortened(text string) string {
	const most = 40
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

func (c *compiler) literal(x *ast.BasicLit) value {
	if x.Kind != token.INT && x.Kind != token.FLOAT {
		return c.report(x, "%s is not a number", x.Value)
	}
	if octal(x.Value) {
		return c.report(x, "%s: a number that begins with 0 is octal to some: write it without", x.Value)
	}
	number, err := strconv.ParseFloat(strings.ReplaceAll(x.Value, "_", ""), 64)
	if whole, failed := strconv.ParseUint(x.Value, 0, 64); x.Kind == token.INT && failed == nil {
		number, err = float64(whole), nil
	}
	if err != nil || math.IsInf(number, 0) {
		return c.report(x, "%s is not a number that a float64 can hold", x.Value)
	}
	return value{operand: c.b.constant(number), Type: Type{Length: 1}}
}

// octal reports whether a literal begins as octal numbers do: 010 would be 8.
func octal(literal string) bool {
	return len(literal) > 1 && literal[0] == '0' && strings.ContainsRune("0123456789_oO", rune(literal[1]))
}

func (c *compiler) unary(x *ast.UnaryExpr) value {
	v := c.value(x.X)
	switch x.Op {
	case token.SUB, token.ADD:
		if !v.bad && v.Condition {
			return c.report(x, "%s of a condition: want a number", x.Op)
		}
		if x.Op == token.ADD {
			return v
		}
		return c.apply(x, opNeg, Type{}, v)
	case token.NOT:
		if !v.bad && !v.Condition {
			return c.report(x, "! of %s: want a condition", v.Type)
		}
		return c.apply(x, opNot, Type{Condition: true}, v)
	}
	return c.report(x, "the sign %s is not in the language", x.Op)
}

// binary compiles the binary operators.
func (c *compiler) binary(x *ast.BinaryExpr) value {
	if chain := chained(x); chain != "" {
		return c.report(x, "%s compares a condition: write %s", text(x), chain)
	}
	a, b := c.value(x.X), c.value(x.Y)
	if a.bad || b.bad {
		return value{bad: true}
	}
	op, swapped, known := sign(x.Op)
	if !known {
		return c.report(x, "the sign %s is not in the language", x.Op)
	}
	logical := op == opAnd || op == opOr
	for _, v := range []value{a, b} {
		if v.Condition != logical {
			return c.report(x, "%s %s %s: want %s on both sides", a.Type, x.Op, b.Type, map[bool]string{true: "conditions", false: "numbers"}[logical])
		}
	}
	if swapped {
		a, b = b, a
	}
	return c.apply(x, op, Type{Condition: op >= opLess}, a, b)
}

// sign returns the operation of an operator, and whether its sides change places.
func sign(t token.Token) (op opcode, swapped, known bool) {
	switch t {
	case token.ADD:
		return opAdd, false, true
	case token.SUB:
		return opSub, false, true
	case token.MUL:
		return opMul, false, true
	case token.QUO:
		return opDiv, false, true
	case token.LSS:
		return opLess, false, true
	case token.LEQ:
		return opLessEqual, false, true
	case token.GTR:
		return opLess, true, true
	case token.GEQ:
		return opLessEqual, true, true
	case token.EQL:
		return opEqual, false, true
	case token.NEQ:
		return opNotEqual, false, true
	case token.LAND:
		return opAnd, false, true
	case token.LOR:
		return opOr, false, true
	}
	return 0, false, false
}

// chained returns the meaning of a < b < c, "" where x is not of that form.
func chained(x *ast.BinaryExpr) string {
	first, ok := x.X.(*ast.BinaryExpr)
	if !ok || !compares(x.Op) || !compares(first.Op) {
		return ""
	}
	return fmt.Sprintf("%s && %s %s %s", text(first), text(first.Y), x.Op, text(x.Y))
}

func compares(t token.Token) bool {
	op, _, known := sign(t)
	return known && op >= opLess && op <= opNotEqual
}

// apply adds an operation on every element. A single operand stands for a vector of the others' length.
func (c *compiler) apply(at ast.Node, op opcode, to Type, operands ...value) value {
	to.Length = 1
	places := make([]operand, len(operands))
	for i, v := range operands {
		switch {
		case v.bad:
			return value{bad: true}
		case v.Length == 1 || v.Length == to.Length:
		case to.Length == 1:
			to.Length = v.Length
		default:
			return c.report(at, "vectors of %d and of %d numbers do not fit", to.Length, v.Length)
		}
		places[i] = v.operand
	}
	o := c.b.emit(op, to.Length, places...)
	if o.row == rowConstants && c.b.limit == "" && !finite(c.b.constants[o.at]) {
		return c.report(at, "%s is not a finite number", shortened(text(at.(ast.Expr))))
	}
	return value{operand: o, Type: to}
}

func finite(x float64) bool { return x-x == 0 }
