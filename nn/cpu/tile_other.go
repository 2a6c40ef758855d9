//go:build !amd64

package cpu

// allUnits: there are no own products for this architecture.
func allUnits() []units { return nil }

// adamFlushed is only called where there are units.
func adamFlushed(w, g, h, m, v []float32, s *adamStep) { adamUpdate(w, g, h, m, v, s) }

// columnSums writes the sums over the rows of x [rows,len(sums)], each added from the first row to the last.
func columnSums(sums, x []float32, rows int) {
	width := len(sums)
	clear(sums)
	for row := range rows {
		add(sums, x[row*width:(row+1)*width])
	}
}
