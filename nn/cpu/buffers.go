package cpu

// buffers keeps large arrays for the next paths and fits. A run makes paths of the same size again and
// again; leaving tens of megabytes to the garbage collector each time would double the memory.
type buffers struct {
	free  []buffer
	given int // counts the calls of give
}

// buffer is an unused array.
type buffer struct {
	array []float32
	given int // value of buffers.given when the array came back
}

// take returns an array of n numbers with undefined contents.
func (b *buffers) take(n int) []float32 {
	best := -1
	for i, candidate := range b.free {
		size := cap(candidate.array)
		if size >= n && size <= 2*n && (best < 0 || size < cap(b.free[best].array)) {
			best = i
		}
	}
	if best < 0 {
		return make([]float32, n)
	}
	taken := b.free[best].array
	b.remove(best)
	return taken[:n]
}

// longestWait is the number of later calls of give after which an unused array is dropped. The paths and
// the fit of one PAL iteration, with four policy steps, give back about 50 arrays.
const longestWait = 64

// give returns an array for later use.
func (b *buffers) give(array []float32) {
	if cap(array) == 0 {
		return
	}
	b.given++
	for i := len(b.free) - 1; i >= 0; i-- {
		if b.given-b.free[i].given > longestWait {
			b.remove(i)
		}
	}
	b.free = append(b.free, buffer{array, b.given})
}

func (b *buffers) remove(i int) {
	last := len(b.free) - 1
	b.free[i] = b.free[last]
	b.free[last] = buffer{}
	b.free = b.free[:last]
}

// resized returns a slice of length n: the given slice if it is large enough, else a new one. Its contents
// are undefined.
func resized[T any](slice []T, n int) []T {
	if cap(slice) < n {
		return make([]T, n)
	}
	return slice[:n]
}
