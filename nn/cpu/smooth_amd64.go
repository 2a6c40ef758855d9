package cpu

//go:noescape
func biasSiLUAVX512(y, slope, bias *float32, n int, keep *float32)

//go:noescape
func biasSiLUAVX2(y, slope, bias *float32, n int, keep *float32)

//go:noescape
func multiplyAVX512(y, x *float32, n int)

//go:noescape
func multiplyAVX2(y, x *float32, n int)

//go:noescape
func scaleAVX512(y *float32, n int, factor *float32)

//go:noescape
func scaleAVX2(y *float32, n int, factor *float32)

//go:noescape
func projectAVX512(y, x *float32, n int, by *[3]float32)

//go:noescape
func projectAVX2(y, x *float32, n int, by *[3]float32)

// The sums work on n elements, a multiple of 8 above 0.

//go:noescape
func addSumsAVX2(s *sums, y *float32, n int)

//go:noescape
func centreAVX2(s *sums, y *float32, n int, mean float32)

//go:noescape
func dotsAVX2(s *sums, y, x *float32, n int)

func biasSiLU(y, slope, bias []float32, keep float32) {
	n := vectored(len(bias))
	y, slope = y[:len(bias)], slope[:len(bias)]
	switch {
	case n == 0:
	case wide():
		biasSiLUAVX512(&y[0], &slope[0], &bias[0], n, &keep)
	default:
		biasSiLUAVX2(&y[0], &slope[0], &bias[0], n, &keep)
	}
	biasSiLUGo(y[n:], slope[n:], bias[n:], keep)
}

func multiply(y, x []float32) {
	n := vectored(len(x))
	y = y[:len(x)]
	switch {
	case n == 0:
	case wide():
		multiplyAVX512(&y[0], &x[0], n)
	default:
		multiplyAVX2(&y[0], &x[0], n)
	}
	multiplyGo(y[n:], x[n:])
}

func scale(y []float32, factor float32) {
	n := vectored(len(y))
	switch {
	case n == 0:
	case wide():
		scaleAVX512(&y[0], n, &factor)
	default:
		scaleAVX2(&y[0], n, &factor)
	}
	scaleGo(y[n:], factor)
}

func project(y, x []float32, mean, along, factor float32) {
	n := vectored(len(y))
	x = x[:len(y)]
	by := [3]float32{mean, along, factor}
	switch {
	case n == 0:
	case wide():
		projectAVX512(&y[0], &x[0], n, &by)
	default:
		projectAVX2(&y[0], &x[0], n, &by)
	}
	projectGo(y[n:], x[n:], mean, along, factor)
}

func addSums(s *sums, y []float32) {
	n := whole(len(y))
	if n > 0 {
		addSumsAVX2(s, &y[0], n)
	}
	s.addGo(y[n:])
}

func centre(s *sums, y []float32, mean float32) {
	n := whole(len(y))
	if n > 0 {
		centreAVX2(s, &y[0], n, mean)
	}
	s.centreGo(y[n:], mean)
}

func dots(s *sums, y, x []float32) {
	n := whole(len(y))
	x = x[:len(y)]
	if n > 0 {
		dotsAVX2(s, &y[0], &x[0], n)
	}
	s.dotsGo(y[n:], x[n:])
}
