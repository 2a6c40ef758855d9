package cpu

import (
	"sync"
	"sync/atomic"
)

// job is work cut into tasks. Any worker may run a task; each task runs exactly once, in any order.
type job interface {
	run(w *worker, task int) error
}

// worker runs tasks. One goroutine at a time uses it and its scratch memory.
type worker struct {
	product product
	floats  arena[float32]
	wides   arena[float64]
	lists   arena[[]float32]
	counts  arena[int]

	activities arena[activity]
	batch      valueBatch
}

// workers are the workers of a backend. The caller of each is worker 0; the others wait in goroutines.
type workers struct {
	all  []*worker
	wake []chan struct{} // [workers]; the first is unused
	done sync.WaitGroup

	job   job
	tasks int
	next  atomic.Int64 // first task that no worker has taken

	mutex      sync.Mutex
	failed     error // error of the failed task with the smallest number
	failedTask int
}

func (ws *workers) start(workers int, newProduct func() product) {
	ws.all = make([]*worker, workers)
	ws.wake = make([]chan struct{}, workers)
	for i := range ws.all {
		ws.all[i] = &worker{product: newProduct()}
		if i > 0 {
			ws.wake[i] = make(chan struct{}, 1)
			go ws.serve(ws.all[i], ws.wake[i])
		}
	}
}

func (ws *workers) stop() {
	for _, wake := range ws.wake[1:] {
		close(wake)
	}
}

func (ws *workers) serve(w *worker, wake chan struct{}) {
	for range wake {
		ws.drain(w)
		ws.done.Done()
	}
}

// each runs tasks 0..tasks-1 of the job and returns the error of the failed task with the smallest number.
// Every task runs even if another one failed, so that the returned error does not depend on time.
func (ws *workers) each(tasks int, j job) error {
	ws.job, ws.tasks, ws.failed = j, tasks, nil
	ws.next.Store(0)
	helpers := min(len(ws.all), tasks) - 1
	if helpers > 0 {
		ws.done.Add(helpers)
		for _, wake := range ws.wake[1 : helpers+1] {
			wake <- struct{}{}
		}
	}
	ws.drain(ws.all[0])
	ws.done.Wait()
	ws.job = nil
	return ws.failed
}

// drain runs tasks until none is left.
func (ws *workers) drain(w *worker) {
	for {
		task := int(ws.next.Add(1)) - 1
		if task >= ws.tasks {
			return
		}
		w.release(marks{})
		if err := ws.job.run(w, task); err != nil {
			ws.fail(task, err)
		}
	}
}

func (ws *workers) fail(task int, err error) {
	ws.mutex.Lock()
	defer ws.mutex.Unlock()
	if ws.failed == nil || task < ws.failedTask {
		ws.failed, ws.failedTask = err, task
	}
}

// arena allocates scratch memory that lives until the task ends. It keeps its block, so that a task
// no larger than an earlier one does not allocate. Contents are undefined.
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

// mark remembers how much memory is in use; release frees the memory taken after the mark.
type mark struct{ used, generation int }

func (a *arena[T]) mark() mark { return mark{a.used, a.generation} }

func (a *arena[T]) release(m mark) {
	if m.generation != a.generation {
		m.used = 0 // the present block is newer than the mark
	}
	a.used = m.used
}

// marks are those of all scratch memory of a worker.
type marks struct{ floats, wides, lists, counts, activities mark }

func (w *worker) mark() marks {
	return marks{w.floats.mark(), w.wides.mark(), w.lists.mark(), w.counts.mark(), w.activities.mark()}
}

func (w *worker) release(m marks) {
	w.floats.release(m.floats)
	w.wides.release(m.wides)
	w.lists.release(m.lists)
	w.counts.release(m.counts)
	w.activities.release(m.activities)
}
