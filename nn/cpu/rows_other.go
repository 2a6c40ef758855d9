//go:build !amd64

package cpu

// biasReLURows is biasReLU for every row of y [rows,len(bias)].
func biasReLURows(y, bias []float32, rows int) {
	for row, n := 0, len(bias); row < rows; row++ {
		biasReLU(y[row*n:(row+1)*n], bias)
	}
}

// biasTanhRows is biasTanh for every row of y [rows,len(bias)].
func biasTanhRows(y, bias []float32, rows int) {
	for row, n := 0, len(bias); row < rows; row++ {
		biasTanh(y[row*n:(row+1)*n], bias)
	}
}

// tanhForwardRows is tanhForward for every row of tangent and out [rows,len(bias)].
func tanhForwardRows(tangent, bias, out []float32, rows int) {
	for row, n := 0, len(bias); row < rows; row++ {
		tanhForward(tangent[row*n:(row+1)*n], bias, out[row*n:(row+1)*n])
	}
}
