package cpu

// buffers keeps large arrays for the next paths: a run makes paths of the same size again and
// again, and leaving tens of megabytes to the garbage collector each time would double the memory.
type buffers struct {
	free [][]float32
}

// take returns an array of n numbers with undefined contents.
func (b *buffers) take(n int) []float32 {
	best := -1
	for i, candidate := range b.free {
		fits := cap(candidate) >= n && cap(candidate) <= 2*n
		if fits && (best < 0 || cap(candidate) < cap(b.free[best])) {
			best = i
		}
	}
	if best < 0 {
		return make([]float32, n)
	}
	taken := b.free[best]
	last := len(b.free) - 1
	b.free[best] = b.free[last]
	b.free = b.free[:last]
	return taken[:n]
}

// maxFree bounds the arrays that are kept: two sets of paths of nine arrays each.
const maxFree = 18

// give returns an array for later use. The oldest is dropped where there are too many.
func (b *buffers) give(array []float32) {
	if cap(array) == 0 {
		return
	}
	if len(b.free) == maxFree {
		copy(b.free, b.free[1:])
		b.free = b.free[:maxFree-1]
	}
	b.free = append(b.free, array)
}

// resized is a slice of n, the one given where it is large enough. Contents are undefined.
func resized[T any](slice []T, n int) []T {
	if cap(slice) < n {
		return make([]T, n)
	}
	return slice[:n]
}
