// Package number reads numbers as users write them.
package number

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// The grammar of numbers, for every flag, key, preset, task file and change of a world:
//
//	number   = [sign] decimal [exponent] | [sign] infinity
//	decimal  = digits | [digits] "." [digits]       // a digit at least
//	digits   = digit { ["_"] digit }                // 10_000
//	exponent = ("e" | "E") [sign] digits
//	infinity = "inf" | ".inf", any case             // where a number may be infinite
//
// Nothing else is a number: not 0x10, 0o17, 010 (ten or eight? but 007 is 7), 1:30, 1,000 or a NaN. A whole number
// may be written with a point or an exponent (1e4, 1.0, 2.5e3) and is read exactly, whatever its size.

// errReason is the reason why a text is not a number.
type errReason struct{ reason string }

// Error is the reason.
func (e errReason) Error() string { return e.reason }

// Reason explains why a text was refused as a number; "" if there is nothing to add.
func Reason(err error) string {
	var reason errReason
	if errors.As(err, &reason) {
		return reason.reason
	}
	return ""
}

// Because returns the reason why a text is no number, for the end of a refusal; "" if there is nothing to add.
func Because(err error) string {
	if reason := Reason(err); reason != "" {
		return ": " + reason
	}
	return ""
}

// Whole is a whole number of 64 bits with its sign.
type Whole struct {
	Negative bool
	Size     uint64
}

// Int is the number as an int, and whether it is one.
func (w Whole) Int() (int, bool) {
	switch {
	case w.Negative && w.Size <= 1<<63:
		return -int(w.Size-1) - 1, true
	case !w.Negative && w.Size <= math.MaxInt:
		return int(w.Size), true
	}
	return 0, false
}

// ParseWhole reads a whole number exactly.
func ParseWhole(text string) (Whole, error) {
	d, err := parseDecimal(text)
	if err != nil {
		return Whole{}, err
	}
	if d.infinite {
		return Whole{}, errReason{"it is not finite"}
	}
	whole, fraction := d.digits, ""
	switch point := len(d.digits) + d.exponent; {
	case d.digits == "":
		return Whole{}, nil
	case point <= 0:
		whole, fraction = "", d.digits
	case d.exponent < 0:
		whole, fraction = d.digits[:point], d.digits[point:]
	case point > 20: // 2⁶⁴ has 20 digits
		return Whole{}, errReason{"it is beyond 64 bits"}
	default:
		whole += strings.Repeat("0", d.exponent)
	}
	if fraction != "" {
		return Whole{}, errReason{"it has a fraction"}
	}
	size, err := strconv.ParseUint(whole, 10, 64)
	if err != nil {
		return Whole{}, errReason{"it is beyond 64 bits"}
	}
	return Whole{Negative: d.negative && size > 0, Size: size}, nil
}

// Parse reads a number, to the nearest float64. One too large for that is refused, and so is
// one so small that it would become 0.
func Parse(text string) (float64, error) {
	d, err := parseDecimal(text)
	if err != nil {
		return 0, err
	}
	sign := ""
	if d.negative {
		sign = "-"
	}
	if d.infinite {
		return strconv.ParseFloat(sign+"Inf", 64)
	}
	if d.digits == "" {
		return 0, nil
	}
	x, err := strconv.ParseFloat(fmt.Sprintf("%s%se%d", sign, d.digits, d.exponent), 64)
	switch {
	case err != nil:
		return 0, errReason{"it is too large for a floating-point number of 64 bits"}
	case x == 0:
		return 0, errReason{"it is so small that a floating-point number of 64 bits takes it for 0"}
	}
	return x, nil
}

// decimal is ± digits · 10^exponent, without zeros at either end of the digits; "" is 0.
type decimal struct {
	negative, infinite bool
	digits             string
	exponent           int
}

// mostDigits bounds the length of a written number, so that no text takes long.
const mostDigits = 1000

func parseDecimal(text string) (decimal, error) {
	if len(text) > mostDigits {
		return decimal{}, errReason{fmt.Sprintf("it has more than %d characters", mostDigits)}
	}
	var d decimal
	rest := text
	if strings.HasPrefix(rest, "+") || strings.HasPrefix(rest, "-") {
		d.negative, rest = rest[0] == '-', rest[1:]
	}
	if lower := strings.ToLower(rest); lower == "inf" || lower == ".inf" {
		d.infinite = true
		return d, nil
	}
	mantissa, exponent, scaled := strings.Cut(strings.ToLower(rest), "e")
	before, after, _ := strings.Cut(mantissa, ".")
	if before+after == "" || !isDigits(before) || !isDigits(after) || scaled && !isDigits(strings.TrimLeft(exponent[:min(1, len(exponent))], "+-")+exponent[min(1, len(exponent)):]) {
		return decimal{}, errReason{otherForm(rest)}
	}
	before, after = strings.ReplaceAll(before, "_", ""), strings.ReplaceAll(after, "_", "")
	if strings.HasPrefix(before, "0") && len(strings.TrimLeft(before, "0")) > 1 { // 007 is 7 to all
		return decimal{}, errReason{"a number that begins with 0 is octal to some: write it without"}
	}
	if scaled {
		power, err := strconv.Atoi(strings.ReplaceAll(exponent, "_", ""))
		if err != nil && !errors.Is(err, strconv.ErrRange) {
			return decimal{}, errReason{otherForm(rest)}
		}
		d.exponent = max(-1<<30, min(power, 1<<30)) // an exponent beyond every number, either way
	}
	d.digits = strings.TrimLeft(before+after, "0")
	d.exponent -= len(after)
	short := strings.TrimRight(d.digits, "0")
	d.exponent += len(d.digits) - len(short)
	d.digits = short
	return d, nil
}

// isDigits reports whether a text is digits with single underscores between them, or empty.
func isDigits(text string) bool {
	for i := range len(text) {
		between := i > 0 && i < len(text)-1 && text[i-1] != '_'
		if !(text[i] >= '0' && text[i] <= '9' || text[i] == '_' && between) {
			return false
		}
	}
	return true
}

// otherForm says what a text that is not a number here means elsewhere.
func otherForm(text string) string {
	lower := strings.ToLower(text)
	switch {
	case strings.HasPrefix(lower, "0x"), strings.HasPrefix(lower, "0o"), strings.HasPrefix(lower, "0b"):
		return "numbers are decimal here"
	case lower == "nan" || lower == ".nan":
		return "it is not a number"
	case strings.Contains(lower, ":"):
		return "numbers are decimal here, not of base 60"
	case strings.Contains(lower, "_"):
		return "underscores stand between digits"
	}
	return ""
}
