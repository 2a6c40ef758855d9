package nn

// Widen writes float32 numbers to wide as float64, which is exact, and returns the part of wide that it
// wrote. wide must be long enough.
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
