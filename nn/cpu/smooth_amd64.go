package cpu

// The twins work on n elements, a multiple of 8 above 0.

//go:noescape
func biasSiLUAVX2(y, slope, bias *float32, n int, keep float32)

//go:noescape
func multiplyAVX2(y, x *float32, n int)

//go:noescape
func addSumsAVX2(s *sums, y *float32, n int)

//go:noescape
func centreAVX2(s *sums, y *float32, n int, mean float32)

//go:noescape
func dotsAVX2(s *sums, y, x *float32, n int)

//go:noescape
func scaleAVX2(y *float32, n int, factor float32)

//go:noescape
func projectAVX2(y, x *float32, n int, mean, along, factor float32)

func biasSiLU(y, slope, bias []float32, keep float32) {
	n := whole(len(bias))
	y, slope = y[:len(bias)], slope[:len(bias)]
	if n > 0 {
		biasSiLUAVX2(&y[0], &slope[0], &bias[0], n, keep)
	}
	biasSiLUGo(y[n:], slope[n:], bias[n:], keep)
}

func multiply(y, x []float32) {
	n := whole(len(x))
	y = y[:len(x)]
	if n > 0 {
		multiplyAVX2(&y[0], &x[0], n)
	}
	multiplyGo(y[n:], x[n:])
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

func scale(y []float32, factor float32) {
	n := whole(len(y))
	if n > 0 {
		scaleAVX2(&y[0], n, factor)
	}
	scaleGo(y[n:], factor)
}

func project(y, x []float32, mean, along, factor float32) {
	n := whole(len(y))
	x = x[:len(y)]
	if n > 0 {
		projectAVX2(&y[0], &x[0], n, mean, along, factor)
	}
	projectGo(y[n:], x[n:], mean, along, factor)
}
