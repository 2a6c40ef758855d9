package cpu

import (
	"sync"
	"sync/atomic"
)

// job is work cut into tasks that any worker may run, each exactly once and in any order.
type job interface {
	run(w *worker, task int) error
}

// worker runs tasks. What it holds is its own: no two goroutines use one worker.
type worker struct {
	product product
	floats  arena[float32]
	wides   arena[float64]
	lists   arena[[]float32]
	counts  arena[int]
	batch   valueBatch
}

// crew is the workers of a backend. The caller of each is worker 0; the others wait in goroutines.
type crew struct {
	workers []*worker
	wake    []chan struct{} // [workers]; the first is unused
	done    sync.WaitGroup

	job   job
	tasks int
	next  atomic.Int64 // first task that nobody has taken

	mutex      sync.Mutex
	failed     error // of the first task, in the order of tasks, that failed
	failedTask int
}

func (c *crew) start(workers int, newProduct func() product) {
	c.workers = make([]*worker, workers)
	c.wake = make([]chan struct{}, workers)
	for i := range c.workers {
		c.workers[i] = &worker{product: newProduct()}
		if i > 0 {
			c.wake[i] = make(chan struct{}, 1)
			go c.serve(c.workers[i], c.wake[i])
		}
	}
}

func (c *crew) stop() {
	for _, wake := range c.wake[1:] {
		close(wake)
	}
}

func (c *crew) serve(w *worker, wake chan struct{}) {
	for range wake {
		c.drain(w)
		c.done.Done()
	}
}

// each runs tasks 0..tasks-1 of the job and returns the error of the first that failed. Every task
// runs, whatever happens to others, so that which error is returned does not depend on time.
func (c *crew) each(tasks int, j job) error {
	c.job, c.tasks, c.failed = j, tasks, nil
	c.next.Store(0)
	helpers := min(len(c.workers), tasks) - 1
	if helpers > 0 {
		c.done.Add(helpers)
		for _, wake := range c.wake[1 : helpers+1] {
			wake <- struct{}{}
		}
	}
	c.drain(c.workers[0])
	c.done.Wait()
	c.job = nil
	return c.failed
}

// drain runs tasks until none is left.
func (c *crew) drain(w *worker) {
	for {
		task := int(c.next.Add(1)) - 1
		if task >= c.tasks {
			return
		}
		w.floats.reset()
		w.wides.reset()
		w.lists.reset()
		w.counts.reset()
		if err := c.job.run(w, task); err != nil {
			c.fail(task, err)
		}
	}
}

func (c *crew) fail(task int, err error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.failed == nil || task < c.failedTask {
		c.failed, c.failedTask = err, task
	}
}

// arena hands out scratch memory that lives until the task ends. It keeps its block, so that a
// task of a size seen before does not allocate. Contents are undefined.
type arena[T any] struct {
	block      []T
	used       int
	generation int // counts the blocks
}

// arenaAlign keeps slices apart by whole cache lines, in elements of 4 bytes.
const arenaAlign = 16

func (a *arena[T]) take(n int) []T {
	padded := (n + arenaAlign - 1) / arenaAlign * arenaAlign
	if a.used+padded > len(a.block) {
		a.block = make([]T, max(padded, 2*len(a.block)))
		a.used = 0
		a.generation++
	}
	taken := a.block[a.used : a.used+n : a.used+n]
	a.used += padded
	return taken
}

func (a *arena[T]) reset() { a.used = 0 }

// mark remembers how much is in use; release gives back what was taken since.
type mark struct{ used, generation int }

func (a *arena[T]) mark() mark { return mark{a.used, a.generation} }

func (a *arena[T]) release(m mark) {
	if m.generation != a.generation {
		m.used = 0 // all of the present block was taken after the mark
	}
	a.used = m.used
}
