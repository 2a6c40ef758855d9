package nn

// Widen writes float32 numbers to wide as float64, which is exact, and returns what it wrote. wide must
// have room for them.
func Widen(wide []float64, numbers []float32) []float64 {
	wide = wide[:len(numbers)]
	for i, x := range numbers {
		wide[i] = float64(x)
	}
	return wide
}

// Rounded returns float64 numbers as float32.
func Rounded(wide []float64) []float32 {
	numbers := make([]float32, len(wide))
	for i, x := range wide {
		numbers[i] = float32(x)
	}
	return numbers
}
