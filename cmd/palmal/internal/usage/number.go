package usage

import (
	"fmt"

	"github.com/palmal-rl/palmal/internal/number"
)

// Whole reads the value of a flag that is a whole number from least to most.
func Whole(flag, text string, least, most int) (int, error) {
	w, err := number.ParseWhole(text)
	n, fits := w.Int()
	if err == nil && fits && n >= least && n <= most {
		return n, nil
	}
	return 0, Mistakef("--%s %s: want a whole number of at least %d%s", flag, text, least, limit(err, n < least && fits, most))
}

// Seed reads the value of a flag that is any whole number of 64 bits.
func Seed(flag, text string) (uint64, error) {
	w, err := number.ParseWhole(text)
	if err != nil || w.Negative {
		return 0, Mistakef("--%s %s: want a whole number from 0 to 18446744073709551615%s", flag, text, number.Because(err))
	}
	return w.Size, nil
}

// Number reads the value of a flag that is a number from least to most.
func Number(flag, text string, least, most float64) (float64, error) {
	x, err := number.Parse(text)
	if err == nil && x >= least && x <= most {
		return x, nil
	}
	return 0, Mistakef("--%s %s: want a number from %g to %g%s", flag, text, least, most, number.Because(err))
}

// Count writes n things of a kind: 1 episode, 2 episodes.
func Count[T int | int64 | uint64](n T, kind string) string {
	if n == 1 {
		return "1 " + kind
	}
	return fmt.Sprintf("%d %ss", n, kind)
}

// limit adds to a refusal the reason why the text is no number, or the limits.
func limit(err error, small bool, most int) string {
	switch {
	case number.Reason(err) != "":
		return number.Because(err)
	case err != nil || small:
		return ""
	}
	return fmt.Sprintf(" and at most %d", most)
}
