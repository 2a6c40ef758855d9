package cpu

//go:noescape
func tileBF16(number int, t *tile)

//go:noescape
func roundRows(dst, src *float32, rows, lddst, ldsrc, n int)

//go:noescape
func restRows(dst, src *float32, rows, lddst, ldsrc, n int)

//go:noescape
func roundPairs(dst, first, second *float32, rows, lddst, ldsrc, n int)

//go:noescape
func restPairs(dst, first, second *float32, rows, lddst, ldsrc, n int)

// halvesHere are the instructions of products of bf16 numbers, for vectors of 16; nil: this processor lacks them.
func halvesHere() *halves {
	if !abilitiesHere().bfloat16 {
		return nil
	}
	return &halves{tileBF16, [2]func(dst, src *float32, rows, lddst, ldsrc, n int){roundRows, restRows},
		[2]func(dst, first, second *float32, rows, lddst, ldsrc, n int){roundPairs, restPairs}}
}
