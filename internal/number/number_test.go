package number

import (
	"fmt"
	"math"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

func TestWholeNumbersAreReadExactly(t *testing.T) {
	for text, want := range map[string]uint64{
		"0": 0, "7": 7, "00": 0, "0001": 1, "+7": 7, "1e1": 10, "1E1": 10, "1e+1": 10, "10_000": 10000, "1.0": 1, "1.": 1, "2.5e3": 2500, "0.5e1": 5, ".5e1": 5,
		"100e-2": 1, "-0": 0, "0e999999999999": 0, "0.000": 0, "9007199254740993": 1<<53 + 1, "9007199254740993.0": 1<<53 + 1,
		"9007199254740993e0": 1<<53 + 1, "18446744073709551615": math.MaxUint64, "18446744073709551615.000": math.MaxUint64,
		"1.8446744073709551615e19": math.MaxUint64, "1e19": 1e19, "0e5": 0,
	} {
		got, err := ParseWhole(text)
		if err != nil || got.Size != want || got.Negative {
			t.Errorf("%s is %v, %v, want %d", text, got, err, want)
		}
	}
	got, err := ParseWhole("-1e1")
	if n, ok := got.Int(); err != nil || !ok || n != -10 {
		t.Errorf("-1e1 is %v, %v", got, err)
	}
	for text, want := range map[string]bool{"9223372036854775807": true, "9223372036854775808": false, "-9223372036854775808": true, "-9223372036854775809": false} {
		w, err := ParseWhole(text)
		n, ok := w.Int()
		if err != nil || ok != want || ok && fmt.Sprint(n) != text {
			t.Errorf("%s is an int: %v (%d), %v", text, ok, n, err)
		}
	}
}

func TestWhatIsNoNumberHasAReason(t *testing.T) {
	for text, reason := range map[string]string{
		"": "", "-": "", ".": "", "e1": "", "1e": "", "1e+": "", "1e-": "", "abc": "", "1 2": "", "1,5": "", "--1": "", "+-1": "", "1e1.5": "", "1e+-1": "", "∞": "",
		"0x10": "decimal", "0o17": "decimal", "0b1": "decimal", "010": "octal", "0010.5": "octal", "1:30": "base 60", ".nan": "not a number", "NaN": "not a number",
		"_1": "underscores", "1_": "underscores", "1__0": "underscores", "1_.0": "underscores", strings.Repeat("1", 2000): "characters",
	} {
		_, whole := ParseWhole(text)
		_, number := Parse(text)
		for _, err := range []error{whole, number} {
			if err == nil || !strings.Contains(Reason(err), reason) || reason == "" && Reason(err) != "" {
				t.Errorf("%.40q: %v, want a reason with %q", text, err, reason)
			}
		}
	}
	for text, reason := range map[string]string{"1.5": "fraction", "1e-1": "fraction", "15e-1": "fraction", "1e-999999999999": "fraction", ".inf": "finite", "-inf": "finite",
		"18446744073709551616": "64 bits", "1e20": "64 bits", "1e999999999999999999999": "64 bits"} {
		if _, err := ParseWhole(text); err == nil || !strings.Contains(Reason(err), reason) {
			t.Errorf("%s: %v, want a reason with %q", text, err, reason)
		}
	}
	for text, reason := range map[string]string{"1e400": "too large", "-1e400": "too large", "1e-400": "small", "1e999999999999999999999": "too large", "1e-999999999999999999999": "small"} {
		if _, err := Parse(text); err == nil || !strings.Contains(Reason(err), reason) {
			t.Errorf("%s: %v, want a reason with %q", text, err, reason)
		}
	}
}

func TestNumbersAreTheNearestFloats(t *testing.T) {
	for _, text := range []string{"0", "-0.0", "1", "0.1", "-2.5e-3", "1e308", "4.9e-324", "3.", ".5", "1_0.2_5", "9007199254740993", "123456789e-20", "0.000001"} {
		got, err := Parse(text)
		want, _ := strconv.ParseFloat(strings.ReplaceAll(text, "_", ""), 64)
		if err != nil || got != want {
			t.Errorf("%s is %v, %v, want %v", text, got, err, want)
		}
	}
	for text, want := range map[string]float64{".inf": math.Inf(1), "-.inf": math.Inf(-1), "+Inf": math.Inf(1), "inf": math.Inf(1), "-.Inf": math.Inf(-1)} {
		if got, err := Parse(text); err != nil || got != want {
			t.Errorf("%s is %v, %v", text, got, err)
		}
	}
}

// FuzzNumbers holds both readers against arbitrary precision.
func FuzzNumbers(f *testing.F) {
	for _, seed := range []string{"1e1", "0.1", "-5", "1_000.0", "18446744073709551616", "0x1", "1e-5", "00.5"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		whole, wholeErr := ParseWhole(text)
		number, numberErr := Parse(text)
		if wholeErr == nil {
			exact, ok := new(big.Rat).SetString(strings.ReplaceAll(strings.TrimPrefix(text, "+"), "_", ""))
			if !ok || !exact.IsInt() || exact.Num().CmpAbs(new(big.Int).SetUint64(whole.Size)) != 0 || (exact.Sign() < 0) != whole.Negative {
				t.Fatalf("%q is read as %v", text, whole)
			}
		}
		if numberErr == nil && !math.IsInf(number, 0) {
			want, err := strconv.ParseFloat(strings.ReplaceAll(text, "_", ""), 64)
			if err != nil || want != number {
				t.Fatalf("%q is read as %v, want %v, %v", text, number, want, err)
			}
		}
		if wholeErr == nil && numberErr != nil {
			t.Fatalf("%q is whole, but no number: %v", text, numberErr)
		}
	})
}

func TestFieldsAreSetExactlyOrRefused(t *testing.T) {
	var c struct {
		Float float64
		Int   int
		Seed  uint64
		Word  string
	}
	fields := reflect.ValueOf(&c).Elem()
	for i, text := range []string{"1e-3", "-1e3", "18446744073709551615"} {
		if err := Set(fields.Field(i), text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	if c.Float != 1e-3 || c.Int != -1000 || c.Seed != math.MaxUint64 {
		t.Errorf("set to %+v", c)
	}
	was := c
	for i, texts := range [][]string{{"010", "0x1p3", "1:30", "nan", "two"}, {"1.5", "9223372036854775808", "010", ".inf"}, {"-1", "18446744073709551616", "1e-1"}, {"1"}} {
		for _, text := range texts {
			if err := Set(fields.Field(i), text); err == nil || c != was {
				t.Errorf("field %d is set to %s: %+v, %v", i, text, c, err)
			}
		}
	}
}
