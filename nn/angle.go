package nn

import "math"

// WrapAngle moves an angle into [-π, π) by whole turns. An angle in this range keeps its bits.
// The difference of two angles on the circle is WrapAngle(a − b).
func WrapAngle(x float64) float64 {
	if x >= -math.Pi && x < math.Pi {
		return x
	}
	x -= 2 * math.Pi * math.Floor((x+math.Pi)/(2*math.Pi))
	if x >= math.Pi { // the subtraction was rounded up
		return -math.Pi
	}
	return x
}
