package run

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/disk"
	"github.com/palmal-rl/palmal/cmd/palmal/disk/disktest"
)

// life is a run from its making to its end, with everything that a run directory sees: evaluations
// of which some are the best, a changing world, checkpoints that go, one that is asked for.
type life struct {
	config Config
	from   int // iteration whose checkpoint to continue from; 0 is the newest
	kept   int // newest checkpoint that an iteration was reported after
	warn   func(text string)
}

func newLife(t *testing.T) *life {
	t.Helper()
	config := usual()
	config.Run.KeepLast, config.Run.KeepAt, config.Run.CheckpointEvery = 2, []int{250}, 2
	return &life{config: config}
}

func (*life) game() *fakeGame {
	return &fakeGame{end: 7, changed: 5, evaluations: map[int64]float64{1: 1, 2: 3, 3: 2, 5: 1, 6: 2}}
}

// usual is the configuration of the tests, made once.
var usual = sync.OnceValue(func() Config {
	resolved, err := Resolve(Request{Sets: []string{"task=cartpole"}})
	if err != nil {
		panic(err)
	}
	return resolved.Config
})

// directoryIn is the run in a folder.
func directoryIn(f disk.Folder) *Directory { return &Directory{Path: "run", folder: disk.Forgive(f)} }

// live makes the run, if it is not there yet, and plays it from its newest checkpoint to the end.
func (l *life) live(f disk.Folder) (err error) {
	d := directoryIn(f)
	if l.warn != nil {
		d.WarnBy(l.warn)
	}
	unlock, err := d.Lock()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if _, err := d.Facts(); errors.Is(err, fs.ErrNotExist) {
		if err := d.unfinished(); err != nil {
			return err
		}
		d.fresh = d.lock
		if err := d.furnish(l.config, testFacts()); err != nil {
			return err
		}
		d.fresh = nil
	} else if err != nil {
		return err
	}
	all, err := d.Checkpoints()
	if err != nil {
		return err
	}
	newest := l.from
	if newest == 0 && len(all) > 0 {
		newest = all[len(all)-1]
	}
	loop, err := Begin(d, newest, l.game(), l.config, nil)
	if err != nil {
		return fmt.Errorf("refused: %w", err)
	}
	if err := d.Claim(); err != nil {
		return err
	}
	if err := d.WriteFacts(testFacts()); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, loop.Close()) }()
	return loop.Run(context.Background(), acknowledging{Quiet{}, loop, l})
}

// acknowledging remembers what a user has been told to be kept.
type acknowledging struct {
	Quiet
	loop *Loop
	life *life
}

func (a acknowledging) Iteration(algo.Record) { a.life.kept = a.loop.checkpoint }

// outcome is what of a run must not depend on what befell it.
func outcome(t *testing.T, f disk.Folder) string {
	t.Helper()
	text, err := disk.Read(f, metricsName, mostMetrics)
	if err != nil {
		t.Fatal(err)
	}
	d := directoryIn(f)
	best, _, err := d.Best()
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range checkpoints(t, d) {
		if _, _, err := d.Read(n); err != nil {
			t.Error(err)
		}
	}
	return fmt.Sprintf("%v best %+v\n%s", checkpoints(t, d), best, text)
}

// inventory lists everything in a folder with its contents.
func inventory(t *testing.T, f disk.Folder, name string) string {
	t.Helper()
	names, err := f.Names(name)
	if err != nil {
		text, err := disk.Read(f, name, mostMetrics)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%s: %x\n", name, text)
	}
	all := name + "/\n"
	for _, entry := range names {
		all += inventory(t, f, strings.TrimPrefix(name+"/"+entry, "./"))
	}
	return all
}

// torture is how long tests are to try all that they know, by make torture; a test of every day
// tries a part of it.
func torture(t *testing.T) (until time.Time, on bool) {
	t.Helper()
	text := os.Getenv("PALMAL_TORTURE")
	if text == "" {
		return time.Time{}, false
	}
	long, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("PALMAL_TORTURE: %v", err)
	}
	return time.Now().Add(long), true
}

// seeded draws what differs from run to run of a test.
func seeded(t *testing.T) *rand.Rand {
	t.Helper()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// again calls a test's body once, or in torture until the time is up.
func again(t *testing.T, body func()) {
	t.Helper()
	until, _ := torture(t)
	times := 0
	for times == 0 || time.Now().Before(until) && !t.Failed() {
		body()
		times++
	}
	t.Logf("%d times", times)
}

// firstDifference is the line of two texts that differs.
func firstDifference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d: %s\ninstead of %s\n", i, a[i], b[i])
		}
	}
	return fmt.Sprintf("%d lines instead of %d\n", len(a), len(b))
}

// survived checks that a folder in which a run was disturbed holds what the user was told to be
// kept, and that the run continues to the same end.
func (l *life) survived(t *testing.T, where string, after *disktest.Memory, want string) {
	t.Helper()
	d := directoryIn(after)
	all := checkpoints(t, d)
	good, found := d.LastGood(1 << 20)
	if l.kept > 0 && (!found || good < l.kept) {
		t.Errorf("%s: checkpoint %d was kept, the last good one is %d of %v", where, l.kept, good, all)
	}
	if err := l.live(after); err != nil {
		t.Errorf("%s: continues with %v", where, err)
		return
	}
	if got := outcome(t, after); got != want {
		t.Errorf("%s: ends with\n%.99s\n%swant\n%.99s", where, got, firstDifference(got, want), want)
	}
}

// TestAnyFailingOperationLosesNothing lets every operation of a run fail once, with each error that
// disks give, and once it and all after it. Whatever failed, what was kept is kept, and the run goes
// on to the same end.
func TestAnyFailingOperationLosesNothing(t *testing.T) {
	t.Parallel()
	whole := newLife(t)
	reference := disktest.NewMemory()
	operations := 0
	if err := whole.live(disktest.NewFaulty(reference, func(string, string) error { operations++; return nil })); err != nil {
		t.Fatal(err)
	}
	want := outcome(t, reference)
	if operations < 300 {
		t.Fatalf("%d operations: the run does not do what it is to test", operations)
	}
	failures := []error{syscall.ENOSPC, syscall.EIO, syscall.ENOSYS, syscall.EPERM, syscall.EROFS, syscall.EINTR}
	type attempt struct {
		failure error
		lasting bool
		n       int
	}
	var attempts []attempt
	kinds := 2 * len(failures)
	until, all := torture(t)
	rng := seeded(t)
	half := rng.IntN(2)
	for kind := range kinds {
		for n := range operations {
			// Half of the operations fail in one way, and all ways have their turn: faults of every day.
			if all || n%kinds == kind && n/kinds%2 == half {
				attempts = append(attempts, attempt{failures[kind/2], kind%2 == 1, n})
			}
		}
	}
	if all {
		rng.Shuffle(len(attempts), func(i, j int) { attempts[i], attempts[j] = attempts[j], attempts[i] })
	}
	tried := 0
	for _, try := range attempts {
		if all && time.Now().After(until) {
			break
		}
		tried++
		l, memory, at, where := newLife(t), disktest.NewMemory(), 0, ""
		err := l.live(disktest.NewFaulty(memory, func(operation, name string) error {
			at++
			if at-1 == try.n || try.lasting && at > try.n {
				if where == "" {
					where = fmt.Sprintf("%v in operation %d, %s %s, lasting %v", try.failure, try.n, operation, name, try.lasting)
				}
				return try.failure
			}
			return nil
		}))
		if err == nil && try.lasting && try.n < operations/2 {
			t.Errorf("%s: nothing was said", where)
		}
		l.survived(t, where, memory.Kill(), want)
	}
	t.Logf("%d of the %d failures of %d operations", tried, kinds*operations, operations)
}

// TestPowerCutsLoseNothing cuts the power before every operation of a run; what is left then is a
// matter of chance.
func TestPowerCutsLoseNothing(t *testing.T) {
	t.Parallel()
	rng := seeded(t)
	reference := disktest.NewMemory()
	if err := newLife(t).live(reference); err != nil {
		t.Fatal(err)
	}
	want := outcome(t, reference)
	again(t, func() {
		l, memory := newLife(t), disktest.NewMemory()
		err := l.live(disktest.NewFaulty(memory, func(operation, name string) error {
			after := *l
			after.survived(t, "cut before "+operation+" "+name, memory.Cut(rng), want)
			return nil
		}))
		if err != nil {
			t.Error(err)
		}
	})
}

// TestPowerCutsWhileARunGoesBack cuts the power while a run that has ended continues from an older
// checkpoint: until the copy of its metrics is on disk, they are where they were.
func TestPowerCutsWhileARunGoesBack(t *testing.T) {
	t.Parallel()
	rng := seeded(t)
	ended := disktest.NewMemory()
	if err := newLife(t).live(ended); err != nil {
		t.Fatal(err)
	}
	played, err := disk.Read(ended, metricsName, mostMetrics)
	if err != nil {
		t.Fatal(err)
	}
	want := outcome(t, ended)
	again(t, func() {
		back, memory := newLife(t), ended.Kill()
		back.from = 6
		err := back.live(disktest.NewFaulty(memory, func(operation, name string) error {
			after := memory.Cut(rng)
			where := "cut before " + operation + " " + name
			now, _ := disk.Read(after, metricsName, mostMetrics)
			aside, _ := disk.Read(after, "set-aside-after-000006/"+metricsName, mostMetrics)
			if string(now) != string(played) && string(aside) != string(played) {
				t.Errorf("%s: the metrics are lost: %d bytes, aside %d, of %d", where, len(now), len(aside), len(played))
			}
			newLife(t).survived(t, where, after, want)
			return nil
		}))
		if err != nil {
			t.Error(err)
		}
	})
}
