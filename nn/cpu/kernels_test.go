package cpu

import (
	"slices"
	"testing"
)

// Only kernels that leave instructions of the processor unused are replaced, by those that use them.
func TestPoorKernelsAreReplacedByThoseOfTheProcessor(t *testing.T) {
	old, haswell := abilities{}, abilities{avx2: true}
	skylake, cooper := abilities{avx2: true, avx512: true}, abilities{avx2: true, avx512: true, bfloat16: true}
	for _, c := range []struct {
		can  abilities
		core string
		want []string
	}{
		{old, "Prescott", nil}, {old, "Sandybridge", nil}, {haswell, "Haswell", nil}, {haswell, "Zen", nil},
		{haswell, "Prescott", []string{"Haswell"}}, {haswell, "SANDYBRIDGE", []string{"Haswell"}},
		{skylake, "Nehalem", []string{"SkylakeX", "Haswell"}}, {cooper, "Prescott", []string{"Cooperlake", "SkylakeX", "Haswell"}},
		{cooper, "Sapphirerapids", nil}, {cooper, "SkylakeX", nil}, {cooper, "Zen", nil},
		{cooper, "a core of tomorrow", nil}, {cooper, "", nil}, {old, "armv8", nil},
	} {
		if got := c.can.better(c.core); !slices.Equal(got, c.want) {
			t.Errorf("%+v with %q: %v, want %v", c.can, c.core, got, c.want)
		}
	}
}
