//go:build cuda

package gpu

import (
	"errors"
	"fmt"
	"math/bits"
	"strings"
	"unsafe"

	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

// purpose says what memory is for, so that an error about missing memory can say what to lower.
type purpose int

const (
	forNetworks purpose = iota
	forData
	forPaths
	forScratch
	purposes // number of purposes
)

func (p purpose) String() string {
	return [purposes]string{"networks", "dataset", "paths", "scratch"}[p]
}

// lower names the configuration keys on which this memory depends. What is computed of paths takes scratch for every
// path, so that the same keys lower both.
func (p purpose) lower() string {
	const paths = "npg.starts_per_member, npg.horizon, pathwise.starts, pathwise.value_starts, actor_critic.rows, " +
		"actor_critic.spread_starts, promise.starts or diagnostic_starts"
	return [purposes]string{"model.members or model.hidden", "buffer, model.batch or plan.candidates", paths, paths}[p]
}

// guardBytes follow every array of a strict pool.
const guardBytes = 256

// pool keeps freed blocks for the next request of the same class of sizes, within a limit. Training
// requests similar sizes again and again, and an allocation waits for the device.
type pool struct {
	limit  int64 // bytes, in use and kept
	strict bool
	used   [purposes]int64
	kept   int64
	peak   int64              // largest number of bytes that were in use and kept
	free   map[int64][]uint64 // kept blocks by their size in bytes
}

func newPool(limit int64, strict bool) pool {
	return pool{limit: limit, strict: strict, free: map[int64][]uint64{}}
}

// block is a piece of device memory in use.
type block struct {
	at    uint64
	bytes int64
}

// total is the number of bytes in use.
func (p *pool) total() int64 {
	sum := int64(0)
	for _, used := range p.used {
		sum += used
	}
	return sum
}

// use lists the memory in use, for people; empty if there is none.
func (p *pool) use() string {
	var list []string
	for what, used := range p.used {
		if used > 0 {
			list = append(list, fmt.Sprintf("%s %s", purpose(what), size(used)))
		}
	}
	return strings.Join(list, ", ")
}

// class rounds a size up, by at most 1/8, so that slightly different requests can reuse the same block: the number
// of steps of paths that terminate changes a little from one iteration to the next.
func class(bytes int64) int64 {
	unit := max(int64(1)<<max(bits.Len64(uint64(bytes))-4, 0), leastUnit)
	return (bytes + unit - 1) / unit * unit
}

// leastUnit is the granularity of the driver's own rounding, bytes.
const leastUnit = 512

// get takes a block: a kept one of this class if there is one, else a new one.
func (p *pool) get(q *driver.Queue, what purpose, bytes int64) (block, error) {
	if !p.strict {
		bytes = class(bytes)
	}
	b := block{bytes: bytes}
	if list := p.free[bytes]; len(list) > 0 {
		b.at, p.free[bytes] = list[len(list)-1], list[:len(list)-1]
		p.kept -= bytes
		p.used[what] += bytes
		return b, nil
	}
	if p.total()+p.kept+bytes > p.limit {
		p.release(q)
	}
	if p.total()+bytes > p.limit {
		return b, p.refusal(what, bytes, nn.ErrMemory)
	}
	if p.strict {
		b.bytes += guardBytes
	}
	err := q.Try(func() { b.at = q.Alloc(b.bytes) })
	if errors.Is(err, nn.ErrMemory) && p.kept > 0 {
		p.release(q)
		err = q.Try(func() { b.at = q.Alloc(b.bytes) })
	}
	if err != nil {
		return b, p.refusal(what, bytes, err)
	}
	if p.strict {
		driver.Fill(q, driver.Ptr[uint8](b.at), 0xff, int(b.bytes))
	}
	p.used[what] += b.bytes
	p.peak = max(p.peak, p.total()+p.kept)
	return b, nil
}

// refusal says which size was requested, what is in use and what to lower.
func (p *pool) refusal(what purpose, bytes int64, err error) error {
	if !errors.Is(err, nn.ErrMemory) {
		return fmt.Errorf("device memory for %s: %w", what, err)
	}
	use := p.use()
	if use == "" {
		use = "nothing"
	}
	return &nn.Advised{Err: fmt.Errorf("%s of device memory for %s, limit %s, in use %s; lower %s: %w",
		size(bytes), what, size(p.limit), use, what.lower(), err)}
}

// put returns a block to the pool.
func (p *pool) put(q *driver.Queue, what purpose, b block) {
	p.used[what] -= b.bytes
	if p.strict {
		checkGuard(q, what, b)
		q.Free(b.at)
		return
	}
	p.free[b.bytes] = append(p.free[b.bytes], b.at)
	p.kept += b.bytes
}

// release frees all kept blocks.
func (p *pool) release(q *driver.Queue) {
	for bytes, list := range p.free {
		for _, at := range list {
			q.Free(at)
		}
		p.kept -= bytes * int64(len(list))
	}
	clear(p.free)
}

// checkGuard fails the job if a kernel wrote past the end of a block.
func checkGuard(q *driver.Queue, what purpose, b block) {
	guard := make([]uint8, guardBytes)
	driver.Download(q, guard, driver.Ptr[uint8](b.at).At(int(b.bytes-guardBytes)))
	if q.Err() != nil {
		return
	}
	for i, g := range guard {
		if g != 0xff {
			q.Fail(fmt.Errorf("a kernel wrote %d bytes past the end of an array of %s, %d bytes", i+1, what, b.bytes-guardBytes))
			return
		}
	}
}

// size is a number of bytes for people.
func size(bytes int64) string {
	switch {
	case bytes >= 1<<30:
		return fmt.Sprintf("%.2f GiB", float64(bytes)/(1<<30))
	case bytes >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20))
	}
	return fmt.Sprintf("%.1f KiB", float64(bytes)/(1<<10))
}

// array is n values on the device.
type array[T any] struct {
	driver.Ptr[T]
	n int
}

// arena owns arrays that live and end together: the arrays of a handle, or the scratch of one operation.
// Its first failure stays, so that one check after many requests is enough.
type arena struct {
	d      *device
	what   purpose
	blocks []block
	err    error
}

// arena begins an empty arena.
func (d *device) arena(what purpose) *arena { return &arena{d: d, what: what} }

// take adds an array of n values, with undefined contents, to the arena. It works inside and outside a job. Where the arena
// failed in an earlier job, this one fails too, so that no kernel runs on an array that is not there.
func take[T any](a *arena, n int) array[T] {
	var t T
	if n == 0 {
		return array[T]{}
	}
	var b block
	err := a.d.Do(func(q *driver.Queue) {
		if a.err != nil {
			q.Fail(a.err)
		}
		if q.Err() != nil {
			return
		}
		var err error
		if b, err = a.d.memory.get(q, a.what, int64(n)*int64(unsafe.Sizeof(t))); err != nil {
			q.Fail(err)
		}
	})
	if err != nil {
		a.err = err
		return array[T]{}
	}
	a.blocks = append(a.blocks, b)
	return array[T]{driver.Ptr[T](b.at), n}
}

// close frees all arrays. A second close does nothing.
func (a *arena) close() error {
	blocks := a.blocks
	a.blocks = nil
	if len(blocks) == 0 {
		return nil
	}
	return a.d.Do(func(q *driver.Queue) {
		for _, b := range blocks {
			a.d.memory.put(q, a.what, b)
		}
	})
}
