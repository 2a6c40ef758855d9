package formula_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/physics/task/formula"
	"github.com/palmal-rl/palmal/physics/task/formula/formulatest"
)

// Every sign, function and way to name a number, with its value worked out by hand.
func TestValues(t *testing.T) {
	scope := randomScope(t)
	in := &formula.Inputs{
		formula.Obs: {2, -3, 1, 2, 2, -1, 0, 4, 1}, formula.Action: {0.5, -0.25, 2}, formula.Next: {5, 7, 3, 4, 0, 6, 6, 7, 0},
		formula.Parameters: {10, 0.5},
	}
	nan := math.NaN()
	for _, c := range []struct {
		source string
		want   []float64
	}{
		{"x", []float64{2}}, {"next.x", []float64{5}}, {"v", []float64{1, 2, 2}}, {"v[2]", []float64{2}}, {"next.w[1:]", []float64{6, 7}},
		{"v[:1]", []float64{1}}, {"action", []float64{0.5, -0.25, 2}}, {"action.push", []float64{-0.25}}, {"action[2]", []float64{2}},
		{"p*q", []float64{5}}, {"pi", []float64{math.Pi}}, {"on", []float64{1}}, {"next.on", []float64{0}}, {"true && !false", []float64{1}},
		{"1_000 + 0x10 + 1e-1 + .5", []float64{1016.6}}, {"x - y - 1", []float64{4}}, {"2 + 3*x/4", []float64{3.5}}, {"-(+x)", []float64{-2}}, {"(x)", []float64{2}},
		{"v + w*2", []float64{-1, 2, 10}}, {"1/v", []float64{1, 0.5, 0.5}}, {"-v", []float64{-1, -2, -2}},
		{"x < y", []float64{0}}, {"x <= 2", []float64{1}}, {"x > y", []float64{1}}, {"x >= 2", []float64{1}}, {"x == 2", []float64{1}}, {"x != 2", []float64{0}},
		{"v > w", []float64{1, 1, 0}}, {"x < y || on", []float64{1}}, {"x < y && on", []float64{0}}, {"!(v > w)", []float64{0, 0, 1}},
		{"abs(y)", []float64{3}}, {"sqrt(4*x + 1)", []float64{3}}, {"exp(log(x))", []float64{2}}, {"sin(pi/2) + cos(0) + tan(0)", []float64{2}},
		{"asin(1) + acos(1) + atan(1)", []float64{math.Pi/2 + math.Pi/4}}, {"tanh(0)", []float64{0}}, {"floor(-0.5) + ceil(0.5)", []float64{0}},
		{"wrap(pi)", []float64{-math.Pi}}, {"wrap(7)", []float64{7 - 2*math.Pi}}, {"single(0.1)", []float64{float64(float32(0.1))}},
		{"atan2(-y, 3)", []float64{math.Pi / 4}}, {"hypot(y, 4)", []float64{5}}, {"pow(x, 3)", []float64{8}},
		{"min(x, y, 1)", []float64{-3}}, {"max(v, w)", []float64{1, 2, 4}}, {"min(v)", []float64{1}}, {"max(w)", []float64{4}}, {"clip(w, 0, 1)", []float64{0, 0, 1}},
		{"sum(v)", []float64{5}}, {"squares(v)", []float64{9}}, {"norm(v)", []float64{3}}, {"mean(v)", []float64{5.0 / 3}}, {"dot(v, w)", []float64{7}},
		{"sum(x)", []float64{2}}, {"dot(x, y)", []float64{-6}}, {"norm(y)", []float64{3}},
		{"all(v > 0)", []float64{1}}, {"any(w < 0)", []float64{1}}, {"all(w > 0)", []float64{0}}, {"any(v < 0)", []float64{0}},
		{"where(x > 0, v, w)", []float64{1, 2, 2}}, {"where(v > w, v, 0)", []float64{1, 2, 0}}, {"where(on, x < 0, true)", []float64{0}},
		{"vector(x, v[0:2], 7)", []float64{2, 1, 2, 7}}, {"repeat(vector(1, x), 2)", []float64{1, 2, 1, 2}}, {"vector(x)", []float64{2}},
		{"sum(where(abs(w) >= 1, w, 0))", []float64{3}}, {"vector(on, x < 0)", []float64{1, 0}},
		{"both", []float64{-9}}, {"next.both", []float64{30}}, {"turn", []float64{40, -10, 0}}, {"next.turn[1]", []float64{60}},
		{"where(sqrt(y) < 1, 1, 2)", []float64{2}}, {"min(sqrt(y), 1)", []float64{nan}}, {"max(1, sqrt(y))", []float64{nan}}, {"sqrt(y) != sqrt(y)", []float64{1}},
		{"x\n  + y", []float64{-1}},
	} {
		p, problems := scope.Compile(c.source, formula.Position{}, formula.Want{})
		if len(problems) > 0 {
			t.Errorf("%s: %v", c.source, problems)
			continue
		}
		out := make([]float64, p.Outputs())
		p.Eval(out, in)
		close := func(x, y float64) bool { return same(x, y) || math.Abs(x-y) <= 1e-15*math.Abs(y) } // a rounding of a sum of literals
		if !slices.EqualFunc(out, c.want, close) {
			t.Errorf("%s: %v, want %v", c.source, out, c.want)
		}
		if on := p.Type(); on.Length != len(c.want) {
			t.Errorf("%s: is %v", c.source, on)
		}
	}
}

// Mistakes are reported with their columns, all at once, in the words given here.
func TestMistakes(t *testing.T) {
	names := formulatest.Names()
	names.Nearest = func(name string, names []string) string {
		if name == "nxt" {
			return "next"
		}
		return ""
	}
	scope, _ := formula.NewScope(names)
	for _, c := range []struct {
		source string
		want   []string
	}{
		{"", []string{"1: the formula is empty"}}, {"x +", []string{"4: expected operand, found the end of the formula"}},
		{"x y", []string{"3: expected the end of the formula, found y"}},
		{"0.2 < x < 1", []string{"1: 0.2 < x < 1 compares a condition: write 0.2 < x && x < 1"}},
		{"hight + nxt", []string{`1: unknown name "hight"`, `9: unknown name "nxt", did you mean "next"?`}},
		{"next.z + action.z", []string{`6: unknown name "z" after next.`, `17: unknown name "z" after action.`}},
		{"push", []string{`1: unknown name "push": write action.push`}}, {"next", []string{"1: next is the whole observation after the step: write next.NAME"}},
		{"abs", []string{"1: abs is a function: write abs(x)"}}, {"foo(zz)", []string{`1: unknown function "foo"`, `5: unknown name "zz"`}},
		{"abs(x, y)", []string{"1: arguments of abs: got 2, want abs(x)"}}, {"atan2(x)", []string{"1: arguments of atan2: got 1, want atan2(y, x)"}},
		{"x + on", []string{"1: a number + a condition: want numbers on both sides"}}, {"x && on", []string{"1: a number && a condition: want conditions on both sides"}},
		{"!x", []string{"1: ! of a number: want a condition"}}, {"-on", []string{"1: - of a condition: want a number"}}, {"abs(on)", []string{"5: a condition in abs(x)"}},
		{"all(x)", []string{"5: a number in all(conditions)"}}, {"where(x, 1, 2)", []string{"7: a number in where(condition, a, b)"}},
		{"where(on, 1, on)", []string{"1: where with a number and a condition: want two numbers or two conditions"}},
		{"v + v[0:2]", []string{"1: vectors of 3 and of 2 numbers do not fit"}}, {"dot(v, x)", []string{"1: vectors of 3 and of 1 numbers do not fit"}},
		{"v[3]", []string{"3: index 3 of a vector of 3 numbers: want 0 to 2"}}, {"v[2:1]", []string{"1: numbers 2 to before 1 of a vector of 3 numbers: want bounds within 0 and 3, in order"}},
		{"v[x]", []string{"3: x: want a whole number, written out"}}, {"v[-1]", []string{"3: -1: want a whole number, written out"}}, {"v[0:1:2]", []string{"1: v[0:1:2]: want two bounds"}},
		{"010 + 00.5", []string{"1: 010: a number that begins with 0 is octal to some: write it without", "7: 00.5: a number that begins with 0 is octal to some: write it without"}},
		{"v[00]", []string{"3: 00: want a whole number, written out"}},
		{"1/0", []string{"1: 1 / 0 is not a finite number"}}, {"1e999", []string{"1: 1e999 is not a number that a float64 can hold"}},
		{`"a" + 'b' + 2i`, []string{`1: "a" is not a number`, "7: 'b' is not a number", "13: 2i is not a number"}},
		{"x^2", []string{"2: ^ is not in the language: write pow(a, b)"}}, {"x**2", []string{"2: ** is not in the language: write pow(a, b)"}},
		{"x % 2", []string{"3: % is not in the language: write a - b*floor(a/b)"}}, {"x = 2", []string{"3: = is not in the language: write == to compare"}},
		{"on and x", []string{"4: and is not in the language: write &&"}}, {"on ? x : y", []string{"4: illegal character U+003F '?': write where(condition, a, b)"}},
		{"if on", []string{"1: if is not in the language: write where(condition, a, b)"}}, {"x // y", []string{"3: a formula has no comments"}},
		{"func() {}", []string{"1: func() { } is not in the language"}}, {"x.y.z", []string{"1: x.y.z: want next.NAME, action.NAME or goal.NAME"}}, {"x.y", []string{"1: x.y: want next.NAME, action.NAME or goal.NAME"}},
		{"x << 2", []string{"1: the sign << is not in the language"}}, {"&x", []string{"1: & is not in the language: write &&"}}, {"<-x", []string{"1: the sign <- is not in the language"}},
		{"goal", []string{"1: there is no goal of 1 to 1024 numbers here"}}, {"repeat(v, 0)", []string{"11: 0 times: want 1 to 1024"}}, {"repeat(v, 1000)", []string{"1: a vector of 3000 numbers, more than 1024"}},
		{"vector(1, on)", []string{"1: a vector of numbers and conditions"}},
		{"v(1)", []string{`1: unknown function "v"`}}, {"(x)(1)", []string{"1: (x): want a function's name before the bracket"}},
	} {
		_, problems := scope.Compile(c.source, formula.Position{}, formula.Want{})
		var got []string
		for _, p := range problems {
			got = append(got, fmt.Sprintf("%d: %s", p.At.Column, p.Text))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q:\n got %s\nwant %s", c.source, strings.Join(got, "\n     "), strings.Join(c.want, "\n     "))
		}
	}
}

// A problem names the place in the file: further lines of a formula are as far to the right as the file says.
func TestPositions(t *testing.T) {
	scope := randomScope(t)
	for _, c := range []struct {
		at   formula.Position
		want []string
	}{
		{formula.Position{}, []string{"column 5: unknown name \"a\"", "2:3: unknown name \"b\""}},
		{formula.Position{File: "task.yaml", Line: 12, Column: 9}, []string{"task.yaml:12:13: unknown name \"a\"", "task.yaml:13:3: unknown name \"b\""}},
		{formula.Position{File: "task.yaml", Line: 12, Column: 9, Indent: 4}, []string{"task.yaml:12:13: unknown name \"a\"", "task.yaml:13:7: unknown name \"b\""}},
	} {
		_, problems := scope.Compile("x + a +\n  b", c.at, formula.Want{})
		var got []string
		for _, p := range problems {
			got = append(got, p.Error())
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%+v: %q, want %q", c.at, got, c.want)
		}
	}
}

// A formula has to be of the type that is wanted, and reads only the rows that it may see, also by its definitions.
func TestWants(t *testing.T) {
	names := formulatest.Names()
	names.Definitions = append(names.Definitions, formula.Definition{Name: "pushed", Source: "x*action[0]"}, formula.Definition{Name: "gain", Source: "next.x - x"},
		formula.Definition{Name: "outer", Source: "both + 1"})
	scope, problems := formula.NewScope(names)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	number, condition := formula.Type{Length: 1}, formula.Type{Condition: true, Length: 1}
	next := formula.Only(formula.Next)
	for _, c := range []struct {
		source string
		want   formula.Want
		text   string // "" if there is no mistake
	}{
		{"next.outer", formula.Want{Type: number, Sees: next}, ""},
		{"next.x < p", formula.Want{Type: condition, Sees: next}, ""},
		{"next.x", formula.Want{Type: condition}, "want a condition, this is a number"},
		{"next.v", formula.Want{Type: number}, "want a number, this is a vector of 3 numbers"},
		{"v > 0", formula.Want{Type: condition}, "want a condition, this is a vector of 3 conditions"},
		{"x", formula.Want{Sees: next}, "x is of the observation before the step, which this formula does not see: write next.x"},
		{"outer", formula.Want{Sees: next}, "outer: x is of the observation before the step, which this formula does not see: write next.outer"},
		{"action[0]", formula.Want{Sees: next}, "this formula does not see action"},
		{"next.x", formula.Want{Sees: formula.Only(formula.Obs)}, "next.x is of the observation after the step, which this formula does not see"},
		{"next.pushed", formula.Want{}, "next.pushed: action does not belong to the observation that the prefix names"},
		{"next.gain", formula.Want{}, "next.gain: next.x does not belong to the observation that the prefix names"},
	} {
		p, problems := scope.Compile(c.source, formula.Position{}, c.want)
		switch {
		case c.text == "" && len(problems) > 0:
			t.Errorf("%s: %v", c.source, problems)
		case c.text == "" && (p.Reads(formula.Obs) || p.Reads(formula.Action) || !p.Reads(formula.Next)):
			t.Errorf("%s: reads other rows", c.source)
		case c.text != "" && (len(problems) != 1 || problems[0].Text != c.text):
			t.Errorf("%s: %v, want %s", c.source, problems, c.text)
		}
	}
}

// Names that cannot be told apart, or that the language uses, are refused; so are mistakes in definitions, once.
func TestMistakesInNames(t *testing.T) {
	at := formula.Position{File: "task.yaml", Line: 3, Column: 5}
	scope, problems := formula.NewScope(formula.Names{
		Observation: []formula.Entry{{Name: "x", Length: 1}, {Name: "x", First: 1, Length: 1}, {Name: "torso height", Length: 1}, {Name: "range", Length: 1}, {Name: "pi", Length: 1}, {Name: "long", Length: 5000}},
		Parameters:  []string{"x", "sin", "ok"},
		Definitions: []formula.Definition{{Name: "a", Source: "b + zz", At: at}, {Name: "b", Source: "x", At: at}, {Name: "ok", Source: "1", At: at}},
	})
	var got []string
	for _, p := range problems {
		got = append(got, p.Error())
	}
	if want := []string{
		`observation entry "x" stands there twice`, `observation entry "torso height": want letters, digits and _, with a letter first, and no word of Go`,
		`observation entry "range": want letters, digits and _, with a letter first, and no word of Go`, `observation entry "pi" has a name that the language uses`,
		`observation entry "long": numbers 0 to 4999, want at most 1024 of a row of at most 16384`, `"x" has two meanings`, `"sin" is a name that the language uses`,
		`task.yaml:3:5: "ok" has two meanings`, `task.yaml:3:5: b is defined further down`, `task.yaml:3:9: unknown name "zz"`,
	}; !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if _, problems := scope.Compile("a + hight", at, formula.Want{}); len(problems) != 1 || problems[0].Text != `unknown name "hight"` {
		t.Errorf("a formula over a definition with a mistake: %v", problems)
	}
	if p, problems := scope.Compile("a", at, formula.Want{}); p != nil || len(problems) != 1 {
		t.Errorf("a definition with a mistake: %v", problems)
	}
}

// What exceeds a limit is refused, by the limit's name; what just keeps it runs.
func TestLimits(t *testing.T) {
	scope := randomScope(t)
	constants := func(n int) string { // n different ones
		var numbers []string
		for i := range n {
			numbers = append(numbers, fmt.Sprint(i))
		}
		return "sum(vector(" + strings.Join(numbers[:n/2], ",") + ")) + sum(vector(" + strings.Join(numbers[n/2:], ",") + "))"
	}
	nested := func(n int) string { return strings.Repeat("sin(", n) + "x" + strings.Repeat(")", n) }
	for _, c := range []struct{ fits, exceeds, text string }{
		{"x" + strings.Repeat(" ", formula.MaxSource-1), "x" + strings.Repeat(" ", formula.MaxSource), "the formula has 4097 bytes, more than 4096"},
		{nested(formula.MaxDepth - 1), nested(formula.MaxDepth), "the formula is nested deeper than 256"},
		{"x", strings.Repeat("(", formula.MaxDepth+1) + "x" + strings.Repeat(")", formula.MaxDepth+1), "brackets are nested deeper than 256"},
		{constants(formula.MaxConstants), constants(formula.MaxConstants + 1), "the formula has more than 256 different constants"},
		{"sum(sin(repeat(vector(x, y), 60)))", "sum(sin(repeat(vector(x, y), 70)))", "the formula keeps 282 numbers at one time, more than 256"},
	} {
		if _, problems := scope.Compile(c.fits, formula.Position{}, formula.Want{}); len(problems) > 0 {
			t.Errorf("%.30s…: %v", c.fits, problems)
		}
		if _, problems := scope.Compile(c.exceeds, formula.Position{}, formula.Want{}); len(problems) != 1 || problems[0].Text != c.text {
			t.Errorf("%.30s…: %v, want %s", c.exceeds, problems, c.text)
		}
	}
	products := func(first int) string { // 280 of different pairs, an instruction each and one to add it
		var groups, terms []string
		for i := range 280 {
			terms = append(terms, fmt.Sprintf("u[%d]*u[%d]", first+i/40, i%40+40))
			if len(terms) == 70 {
				groups, terms = append(groups, "("+strings.Join(terms, "+")+")"), nil
			}
		}
		return strings.Join(groups, "+")
	}
	large, problems := formula.NewScope(formula.Names{Observation: []formula.Entry{{Name: "u", Length: 80}},
		Definitions: []formula.Definition{{Name: "a", Source: products(0)}, {Name: "b", Source: products(10)}}})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if _, problems := large.Compile("a + 2*a", formula.Position{}, formula.Want{}); len(problems) > 0 {
		t.Error(problems)
	}
	if _, problems := large.Compile("a + b", formula.Position{}, formula.Want{}); len(problems) != 1 || problems[0].Text != "the formula needs more than 1024 instructions" {
		t.Errorf("instructions: %v", problems)
	}
	long, problems := scope.Compile("vector(x, sin(next.v), cos(next.v), exp(v))", formula.Position{}, formula.Want{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if _, err := formula.Join(slices.Repeat([]*formula.Program{long}, 103)...); err == nil || err.Error() != "the formulas have more than 1024 numbers as results" {
		t.Errorf("joined: %v", err)
	}
}
