package formula

import (
	"go/ast"
	"slices"
	"strings"
)

// function is one of the language.
type function struct {
	name      string
	arguments string // arguments as a message shows them
	least     int    // least number of arguments
	most      int
	op        opcode
}

// functions lists the functions of the language. Those with the operation opCopy have their own compile rules.
func functions() []function {
	return []function{
		{"abs", "x", 1, 1, opAbs}, {"sqrt", "x", 1, 1, opSqrt}, {"exp", "x", 1, 1, opExp}, {"log", "x", 1, 1, opLog},
		{"sin", "x", 1, 1, opSin}, {"cos", "x", 1, 1, opCos}, {"tan", "x", 1, 1, opTan},
		{"asin", "x", 1, 1, opAsin}, {"acos", "x", 1, 1, opAcos}, {"atan", "x", 1, 1, opAtan}, {"tanh", "x", 1, 1, opTanh},
		{"floor", "x", 1, 1, opFloor}, {"ceil", "x", 1, 1, opCeil}, {"wrap", "angle", 1, 1, opWrap}, {"single", "x", 1, 1, opSingle},
		{"atan2", "y, x", 2, 2, opAtan2}, {"hypot", "x, y", 2, 2, opHypot}, {"pow", "x, y", 2, 2, opPow},
		{"sum", "vector", 1, 1, opSum}, {"squares", "vector", 1, 1, opSquares}, {"norm", "vector", 1, 1, opNorm},
		{"all", "conditions", 1, 1, opAll}, {"any", "conditions", 1, 1, opAny}, {"dot", "vector, vector", 2, 2, opDot},
		{"min", "a, b, …", 1, MaxLength, opMin}, {"max", "a, b, …", 1, MaxLength, opMax},
		{"clip", "x, low, high", 3, 3, opCopy}, {"where", "condition, a, b", 3, 3, opCopy}, {"mean", "vector", 1, 1, opCopy},
		{"vector", "a, b, …", 1, MaxLength, opCopy}, {"repeat", "vector, times", 2, 2, opCopy},
	}
}

func find(name string) (function, bool) {
	all := functions()
	i := slices.IndexFunc(all, func(f function) bool { return f.name == name })
	if i < 0 {
		return function{}, false
	}
	return all[i], true
}

func isFunction(name string) bool {
	_, ok := find(name)
	return ok
}

func usage(name string) string {
	f, _ := find(name)
	return name + "(" + f.arguments + ")"
}

// call compiles a function.
func (c *compiler) call(x *ast.CallExpr) value {
	name, ok := x.Fun.(*ast.Ident)
	if !ok {
		return c.report(x, "%s: want a function's name before the bracket", shortened(text(x.Fun)))
	}
	f, ok := find(name.Name)
	if !ok {
		var names []string
		for _, g := range functions() {
			names = append(names, g.name)
		}
		for _, a := range x.Args {
			c.value(a)
		}
		return c.report(x, "unknown function %q%s", name.Name, c.near(name.Name, names))
	}
	if f.name == "repeat" && len(x.Args) == 2 && !x.Ellipsis.IsValid() {
		return c.repeat(x)
	}
	arguments, bad := make([]value, len(x.Args)), false
	for i, a := range x.Args {
		arguments[i] = c.value(a)
		bad = bad || arguments[i].bad
	}
	switch {
	case x.Ellipsis.IsValid() || len(x.Args) < f.least || len(x.Args) > f.most:
		return c.report(x, "arguments of %s: got %d, want %s", f.name, len(x.Args), usage(f.name))
	case bad:
		return value{bad: true}
	}
	conditions := f.name == "all" || f.name == "any"
	for i, v := range arguments {
		if f.name != "vector" && f.name != "where" && v.Condition != conditions {
			return c.report(x.Args[i], "%s in %s", v.Type, usage(f.name))
		}
	}
	return c.function(x, f, arguments)
}

// function compiles a call with arguments of the right kind.
func (c *compiler) function(x *ast.CallExpr, f function, arguments []value) value {
	switch {
	case f.op.reduces():
		return c.reduction(x, f.op, Type{Condition: f.op == opAll || f.op == opAny}, arguments...)
	case f.op == opMin || f.op == opMax:
		return c.extreme(x, f.op, arguments)
	case f.op != opCopy:
		return c.apply(x, f.op, Type{}, arguments...)
	}
	switch f.name {
	case "clip":
		return c.apply(x, opMin, Type{}, c.apply(x, opMax, Type{}, arguments[0], arguments[1]), arguments[2])
	case "mean":
		count := value{operand: c.b.constant(float64(arguments[0].Length)), Type: Type{Length: 1}}
		return c.apply(x, opDiv, Type{}, c.reduction(x, opSum, Type{}, arguments[0]), count)
	case "where":
		return c.where(x, arguments)
	}
	return c.join(x, arguments)
}

// reduction adds an operation over all elements.
func (c *compiler) reduction(at ast.Node, op opcode, to Type, operands ...value) value {
	v := operands[0]
	places := []operand{v.operand}
	if len(operands) == 2 {
		if operands[1].Length != v.Length {
			return c.report(at, "vectors of %d and of %d numbers do not fit", v.Length, operands[1].Length)
		}
		places = append(places, operands[1].operand)
	}
	to.Length = 1
	return value{operand: c.b.emit(op, v.Length, places...), Type: to}
}

// extreme compiles min and max: of one vector, or element by element of several.
func (c *compiler) extreme(x *ast.CallExpr, op opcode, arguments []value) value {
	v := arguments[0]
	if len(arguments) == 1 {
		return c.reduction(x, map[opcode]opcode{opMin: opLeast, opMax: opMost}[op], Type{}, v)
	}
	for _, w := range arguments[1:] {
		v = c.apply(x, op, Type{}, v, w)
	}
	return v
}

// where compiles a choice, element by element.
func (c *compiler) where(x *ast.CallExpr, arguments []value) value {
	condition, a, b := arguments[0], arguments[1], arguments[2]
	if !condition.Condition {
		return c.report(x.Args[0], "%s in %s", condition.Type, usage("where"))
	}
	if a.Condition != b.Condition {
		return c.report(x, "where with %s and %s: want two numbers or two conditions", a.Type, b.Type)
	}
	return c.apply(x, opWhere, Type{Condition: a.Condition}, condition, a, b)
}

// join compiles vector, which concatenates its arguments.
func (c *compiler) join(at ast.Node, parts []value) value {
	to := Type{Condition: parts[0].Condition}
	for _, p := range parts {
		if p.Condition != to.Condition {
			return c.report(at, "a vector of numbers and conditions")
		}
		to.Length += p.Length
	}
	if to.Length > MaxLength {
		return c.report(at, "a vector of %d numbers, more than %d", to.Length, MaxLength)
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return value{operand: c.b.join(parts), Type: to}
}

// repeat compiles a vector that is repeated several times.
func (c *compiler) repeat(x *ast.CallExpr) value {
	v := c.value(x.Args[0])
	times, ok := c.wholeNumber(x.Args[1], 0)
	switch {
	case v.bad || !ok:
		return value{bad: true}
	case times < 1 || times > MaxLength:
		return c.report(x.Args[1], "%d times: want 1 to %d", times, MaxLength)
	}
	return c.join(x, slices.Repeat([]value{v}, times))
}

// Functions returns the functions of the language, each as in "atan2(y, x)".
func Functions() []string {
	var all []string
	for _, f := range functions() {
		all = append(all, usage(f.name))
	}
	slices.SortFunc(all, strings.Compare)
	return all
}
