package usage

import (
	"fmt"
	"math"
	"strings"

	"github.com/palmal-rl/palmal/internal/number"
)

// units are the units of a number of bytes. The program prints the binary ones.
var units = []struct {
	name string
	size float64
}{
	{"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30}, {"tib", 1 << 40},
	{"kb", 1e3}, {"mb", 1e6}, {"gb", 1e9}, {"tb", 1e12}, {"b", 1},
}

// Bytes reads a number of bytes, with a unit or without: 8GiB, 1.5 GiB, 500MB, 1048576. Case does
// not matter. The least is one byte, the most what a file or a memory can have.
func Bytes(text string) (int64, error) {
	amount, scale := strings.ToLower(strings.TrimSpace(text)), 1.0
	for _, unit := range units {
		if rest, ok := strings.CutSuffix(amount, unit.name); ok {
			amount, scale = strings.TrimSpace(rest), unit.size
			break
		}
	}
	x, err := number.Parse(amount)
	if err != nil || !(x*scale >= 1 && x*scale < math.MaxInt64) {
		return 0, fmt.Errorf("%q, want a number of bytes, as in 8GiB or 500MB", text)
	}
	return int64(x * scale), nil
}
