package cpu

import "golang.org/x/sys/cpu"

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

// halfRows is the number of rows of the largest tile of AVX512_BF16, as asmgen writes it.
const halfRows = 14

// allHalves lists the instructions of products of bf16 numbers, for vectors of 16, that this processor has, the fastest first.
func allHalves() []*halves {
	if !abilitiesHere().bfloat16 {
		return nil
	}
	vectors := halves{name: "AVX512_BF16", run: tileBF16, most: halfRows, strip: halfRows,
		rows:  [2]func(dst, src *float32, rows, lddst, ldsrc, n int){roundRows, restRows},
		pairs: [2]func(dst, first, second *float32, rows, lddst, ldsrc, n int){roundPairs, restPairs}}
	all := []*halves{&vectors}
	if cpu.X86.HasAMXTile && cpu.X86.HasAMXBF16 && permitted() {
		tiles := vectors
		tiles.name, tiles.run, tiles.most, tiles.strip, tiles.turns = "AMX", runAMX, amxRows, amxBlock, true
		all = []*halves{&tiles, &vectors}
	}
	return all
}

// halvesHere is the first of allHalves; nil: this processor has none.
func halvesHere() *halves {
	if all := allHalves(); len(all) > 0 {
		return all[0]
	}
	return nil
}
