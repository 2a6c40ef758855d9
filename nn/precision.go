package nn

import (
	"errors"
	"fmt"
	"strings"
)

// Precision says how the products of an ensemble's members are computed: forwards, backwards, and of gradients. All else is
// float32: parameters, moments, activations and losses. A bias counts with 16 bits in a product.
type Precision uint8

const (
	// FP32 multiplies float32 numbers.
	FP32 Precision = iota
	// BF16 rounds both factors to bf16, whose precision is 8 bits, and adds the products in float32: a product of two numbers
	// is wrong by at most 2⁻⁷ of itself.
	BF16
	// BF16x3 splits both factors in two bf16 numbers each and adds three products of the four: a product of two numbers is
	// wrong by at most 3·2⁻¹⁶ of itself.
	BF16x3
)

// Precisions lists them by their names.
func Precisions() []string { return []string{"fp32", "bf16", "bf16x3"} }

// String is the name.
func (p Precision) String() string {
	if int(p) < len(Precisions()) {
		return Precisions()[p]
	}
	return fmt.Sprintf("Precision(%d)", uint8(p))
}

// ParsePrecision is the precision of a name.
func ParsePrecision(name string) (Precision, error) {
	for i, known := range Precisions() {
		if name == known {
			return Precision(i), nil
		}
	}
	return FP32, fmt.Errorf("precision %q: must be one of %s", name, strings.Join(Precisions(), ", "))
}

// Error bounds the relative error of the product of two numbers, without that of the sum. Each factor is wrong by at most 2⁻⁸ of
// itself in bf16. Split in two it is wrong by at most 2⁻¹⁶, and the product that is left out is at most 2⁻¹⁶.
func (p Precision) Error() float64 {
	switch p {
	case BF16:
		return 0x1.01p-7 // 2·2⁻⁸ and their product
	case BF16x3:
		return 3 * 0x1.04p-16 // and products of the three
	}
	return 0
}

// Multiplying is optional for a [Backend]: it computes the products of members in a reduced precision. Every guarded backend has the
// method.
type Multiplying interface {
	// Multiplies is nil if the backend has products of the precision, else it says what is missing. The error wraps
	// [errors.ErrUnsupported].
	Multiplies(p Precision) error
}

// MachineMultiplying is optional for a [Machine]: with it, the backend may have other precisions than FP32.
type MachineMultiplying interface {
	Multiplies(p Precision) error
}

// Multiplies is nil if the machine has products of the precision.
func (g *guard[M, V, P, R]) Multiplies(p Precision) error {
	if p == FP32 {
		return nil
	}
	err := errors.New("it has products of fp32 alone")
	if m, ok := g.machine.(MachineMultiplying); ok && p <= BF16x3 {
		err = m.Multiplies(p)
	}
	if err == nil {
		return nil
	}
	return fmt.Errorf("backend %s has no products of precision %v: %w: %w", g.name, p, err, errors.ErrUnsupported)
}
