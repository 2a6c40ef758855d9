package cpu

// biasReLURows is biasReLU for every row of y [rows,len(bias)].
func biasReLURows(y, bias []float32, rows int) {
	n := len(bias)
	if rows == 0 || n == 0 || vectored(n) != n {
		eachRow(rows, func(row int) { biasReLU(y[row*n:(row+1)*n], bias) })
		return
	}
	_ = y[rows*n-1]
	biasReLUMany(&y[0], &bias[0], n, rows)
}

// biasTanhRows is biasTanh for every row of y [rows,len(bias)].
func biasTanhRows(y, bias []float32, rows int) {
	n := len(bias)
	if rows == 0 || n == 0 || vectored(n) != n {
		eachRow(rows, func(row int) { biasTanh(y[row*n:(row+1)*n], bias) })
		return
	}
	_ = y[rows*n-1]
	biasTanhMany(&y[0], &bias[0], n, rows)
}

// tanhForwardRows is tanhForward for every row of tangent and out [rows,len(bias)].
func tanhForwardRows(tangent, bias, out []float32, rows int) {
	n := len(bias)
	if rows == 0 || n == 0 || vectored(n) != n {
		eachRow(rows, func(row int) { tanhForward(tangent[row*n:(row+1)*n], bias, out[row*n:(row+1)*n]) })
		return
	}
	_, _ = tangent[rows*n-1], out[rows*n-1]
	tanhForwardMany(&tangent[0], &bias[0], &out[0], n, rows)
}

// eachRow calls do for every row.
func eachRow(rows int, do func(row int)) {
	for row := range rows {
		do(row)
	}
}
