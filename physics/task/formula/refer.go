package formula

import (
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"math"
	"slices"
	"strconv"
)

// name compiles a name that stands alone.
func (c *compiler) name(x *ast.Ident) value {
	switch x.Name {
	case "pi":
		return value{operand: c.b.constant(math.Pi), Type: Type{Length: 1}}
	case "true", "false":
		return value{operand: c.b.constant(truth(x.Name == "true")), Type: Type{Condition: true, Length: 1}}
	case "action":
		return c.whole(x, Action, c.names.Actions)
	case "goal":
		return c.whole(x, Goal, c.names.Goals)
	case "next":
		return c.report(x, "next is the whole observation after the step: write next.NAME")
	}
	if i, ok := c.parameters[x.Name]; ok {
		c.reads |= Only(Parameters)
		return value{operand: operand{row: Parameters, at: uint16(i)}, Type: Type{Length: 1}}
	}
	if e, ok := c.observation[x.Name]; ok {
		return c.entry(x, x.Name, e, c.here)
	}
	if i, ok := c.definitions[x.Name]; ok && i < c.visible {
		return c.expand(x, x.Name, i, c.here)
	} else if ok {
		return c.report(x, "%s is defined further down", x.Name)
	}
	if _, ok := c.action[x.Name]; ok {
		return c.report(x, "unknown name %q: write action.%s", x.Name, x.Name)
	}
	if isFunction(x.Name) {
		return c.report(x, "%s is a function: write %s", x.Name, usage(x.Name))
	}
	known := slices.Concat(c.names.Parameters, c.known(Obs), []string{"action", "next", "goal", "pi", "true", "false"})
	return c.report(x, "unknown name %q%s", x.Name, c.near(x.Name, known))
}

// selected compiles the names next.NAME, action.NAME and goal.NAME.
func (c *compiler) selected(x *ast.SelectorExpr) value {
	name := x.Sel.Name
	first, ok := x.X.(*ast.Ident)
	if !ok {
		return c.report(x, "%s: want next.NAME, action.NAME or goal.NAME", shortened(text(x)))
	}
	if c.here != Obs {
		return c.report(x, "%s does not belong to the observation that the prefix names", text(x))
	}
	entries, where := c.observation, Next
	switch first.Name {
	case "next":
	case "action":
		entries, where = c.action, Action
	case "goal":
		entries, where = c.goal, Goal
	default:
		return c.report(x, "%s: want next.NAME, action.NAME or goal.NAME", shortened(text(x)))
	}
	if e, ok := entries[name]; ok {
		return c.entry(x, text(x), e, where)
	}
	if i, ok := c.definitions[name]; ok && where != Action {
		if i >= c.visible {
			return c.report(x.Sel, "%s is defined further down", name)
		}
		return c.expand(x, text(x), i, where)
	}
	return c.report(x.Sel, "unknown name %q after %s.%s", name, first.Name, c.near(name, c.known(where)))
}

// known returns the names that may stand for numbers of a row.
func (c *compiler) known(where Row) []string {
	var names []string
	entries := c.observation
	switch where {
	case Action:
		return slices.Sorted(maps.Keys(c.action))
	case Goal:
		entries = c.goal
	}
	names = slices.Sorted(maps.Keys(entries))
	for name, i := range c.definitions {
		if i < c.visible {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// near returns a hint at the intended name.
func (c *compiler) near(name string, names []string) string {
	if c.names.Nearest != nil {
		if near := c.names.Nearest(name, names); near != "" {
			return fmt.Sprintf(", did you mean %q?", near)
		}
	}
	return ""
}

// expand compiles definition i over the entries of a row.
func (c *compiler) expand(at ast.Node, called string, i int, where Row) value {
	if c.trees[i] == nil {
		return value{bad: true}
	}
	if v, ok := c.done[use{i, where}]; ok {
		return v
	}
	before := *c
	c.here, c.visible = where, i
	if c.within == nil {
		c.within, c.called = at, called
	}
	v := c.value(c.trees[i])
	c.here, c.visible, c.within, c.called = before.here, before.visible, before.within, before.called
	c.done[use{i, where}] = v
	return v
}

// entry compiles the numbers of an entry of a row.
func (c *compiler) entry(at ast.Node, called string, e Entry, where Row) value {
	if !c.see(at, called, where) {
		return value{bad: true}
	}
	return value{operand: operand{row: where, stride: uint8(min(e.Length-1, 1)), at: uint16(e.First)}, Type: Type{e.Condition, e.Length}}
}

// whole compiles the name of a whole row.
func (c *compiler) whole(x *ast.Ident, where Row, length int) value {
	if length < 1 || length > MaxLength {
		return c.report(x, "there is no %s of 1 to %d numbers here", x.Name, MaxLength)
	}
	if !c.see(x, x.Name, where) {
		return value{bad: true}
	}
	return value{operand: operand{row: where, stride: uint8(min(length-1, 1))}, Type: Type{Length: length}}
}

// see records that the formula reads a row, and refuses one that it may not read.
func (c *compiler) see(at ast.Node, called string, where Row) bool {
	if c.here != Obs && where != c.here {
		c.report(at, "%s does not belong to the observation that the prefix names", called)
		return false
	}
	if c.sees.has(where) {
		c.reads |= Only(where)
		return true
	}
	switch {
	case where == Obs && c.sees.has(Next):
		instead := called
		if c.within != nil {
			instead = c.called
		}
		c.report(at, "%s is of the observation before the step, which this formula does not see: write next.%s", called, instead)
	case where == Obs:
		c.report(at, "%s is of the observation, which this formula does not see", called)
	case where == Next:
		c.report(at, "%s is of the observation after the step, which this formula does not see", called)
	default:
		c.report(at, "this formula does not see %s", called)
	}
	return false
}

// index compiles v[2].
func (c *compiler) index(x *ast.IndexExpr) value {
	v := c.value(x.X)
	i, ok := c.wholeNumber(x.Index, 0)
	switch {
	case v.bad || !ok:
		return value{bad: true}
	case i >= v.Length:
		return c.report(x.Index, "index %d of %s: want 0 to %d", i, v.Type, v.Length-1)
	}
	return value{operand: v.element(i), Type: Type{v.Condition, 1}}
}

// slice compiles v[0:3].
func (c *compiler) slice(x *ast.SliceExpr) value {
	v := c.value(x.X)
	low, ok := c.wholeNumber(x.Low, 0)
	high, too := c.wholeNumber(x.High, v.Length)
	switch {
	case v.bad || !ok || !too:
		return value{bad: true}
	case x.Slice3:
		return c.report(x, "%s: want two bounds", shortened(text(x)))
	case low >= high || high > v.Length:
		return c.report(x, "numbers %d to before %d of %s: want bounds within 0 and %d, in order", low, high, v.Type, v.Length)
	}
	o := v.element(low)
	o.stride = uint8(min(high-low-1, 1))
	return value{operand: o, Type: Type{v.Condition, high - low}}
}

// wholeNumber returns the value of a literal whole number, or absent.
func (c *compiler) wholeNumber(x ast.Expr, absent int) (int, bool) {
	if x == nil {
		return absent, true
	}
	if literal, ok := x.(*ast.BasicLit); ok && literal.Kind == token.INT && !octal(literal.Value) {
		if i, err := strconv.ParseInt(literal.Value, 0, 32); err == nil {
			return int(i), true
		}
	}
	c.report(x, "%s: want a whole number, written out", shortened(text(x)))
	return 0, false
}
