//go:build cuda

package gpu

import (
	"errors"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

// openTest opens a device with little memory.
func openTest(t *testing.T, o Options) *device {
	t.Helper()
	if err := Available(); err != nil {
		t.Skip(err)
	}
	d, err := openDevice(o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// advised reports whether an error tells the program that it says itself what to lower.
func advised(err error) bool {
	var said *nn.Advised
	return errors.As(err, &said)
}

func TestLackOfMemoryNamesWhatToLower(t *testing.T) {
	d := openTest(t, Options{Limit: 1 << 20})
	networks, paths := d.arena(forNetworks), d.arena(forPaths)
	take[float32](networks, 1<<17)
	take[float32](paths, 1<<18)
	take[float32](paths, 1) // takes nothing after a failure, and the first error stays
	for _, want := range []string{"1.0 MiB", "for paths", "limit 1.0 MiB", "networks 512.0 KiB", "npg.starts_per_member", "npg.horizon"} {
		if paths.err == nil || !strings.Contains(paths.err.Error(), want) {
			t.Errorf("%v does not say %q", paths.err, want)
		}
	}
	if !errors.Is(paths.err, nn.ErrMemory) || !advised(paths.err) {
		t.Errorf("%v is not %v, with advice", paths.err, nn.ErrMemory)
	}
	if err := errors.Join(networks.err, networks.close(), paths.close(), d.close()); err != nil {
		t.Error(err)
	}
}

// The device itself may have less than the limit, where others have the rest.
func TestRefusalOfTheDriverNamesWhatToLower(t *testing.T) {
	t.Setenv("PALMAL_EMU_OTHERS", "1073741824")
	d := openTest(t, Options{})
	all := d.Properties.Memory
	if err := d.close(); err != nil {
		t.Fatal(err)
	}
	d = openTest(t, Options{Limit: all})
	a := d.arena(forData)
	take[uint8](a, int(all))
	if !errors.Is(a.err, nn.ErrMemory) || !strings.Contains(a.err.Error(), "lower buffer") || !advised(a.err) {
		t.Error(a.err)
	}
	if err := d.close(); err != nil {
		t.Error(err)
	}
}

func TestMemoryIsUsedAgain(t *testing.T) {
	d := openTest(t, Options{Limit: 1 << 20})
	a := d.arena(forScratch)
	first := take[float32](a, 100)
	if err := errors.Join(a.close(), a.close()); err != nil {
		t.Fatal(err)
	}
	if again := take[int32](a, 97); again.Ptr != driver.Ptr[int32](first.Ptr) {
		t.Error("a like size was not used again")
	}
	// What is kept makes room for what is asked for.
	b := d.arena(forScratch)
	if take[uint8](b, 1<<20-1<<16); b.err != nil {
		t.Error(b.err)
	}
	c := d.arena(forScratch)
	if err := errors.Join(a.close(), b.close()); err != nil {
		t.Fatal(err)
	}
	if take[uint8](c, 1<<20); c.err != nil {
		t.Errorf("kept memory is in the way: %v", c.err)
	}
	if err := errors.Join(c.close(), d.close()); err != nil {
		t.Error(err)
	}
}

func TestClassesOfSizesAreNearAndFew(t *testing.T) {
	for _, c := range []struct{ bytes, want int64 }{{1, 512}, {512, 512}, {513, 1024}, {1 << 20, 1 << 20}, {1<<20 + 1, 9 << 17}, {25_600_001, 27262976}} {
		if got := class(c.bytes); got != c.want || class(got) != got {
			t.Errorf("%d bytes are of class %d, want %d", c.bytes, got, c.want)
		}
	}
}

func TestStrictMemoryIsGuarded(t *testing.T) {
	d := openTest(t, Options{Strict: true})
	a := d.arena(forScratch)
	x := take[float32](a, 10)
	have := make([]float32, 10)
	err := d.do("test", func(q *driver.Queue) {
		driver.Download(q, have, x.Ptr)
		driver.Zero(q, x.Ptr, 11)
	})
	if err != nil || have[0] == have[0] {
		t.Errorf("fresh array %v, %v", have, err)
	}
	if err := a.close(); err == nil || !strings.Contains(err.Error(), "past the end of an array of scratch, 40 bytes") {
		t.Errorf("a write past the end: %v", err)
	}
	if err := d.close(); err != nil {
		t.Error(err)
	}
}

func TestCloseNamesWhatIsLeft(t *testing.T) {
	d := openTest(t, Options{})
	take[float32](d.arena(forPaths), 256)
	if err := d.close(); err == nil || !strings.Contains(err.Error(), "still in use: paths 1.0 KiB") {
		t.Error(err)
	}
}

// Memory for the columns of paths is taken outside of jobs, which would notice that there is none. There is enough here for all
// else, since few of the 500 steps for which the paths have room are made.
func TestPathsWithoutMemoryForTheirColumnsAreRefused(t *testing.T) {
	b := openWith(t, Options{})
	defer shut(t, b)
	shape, pshape := hopperModel(t, 3, 20), nn.PolicyShape{Observation: 12, Action: 3, Hidden: []int{9}}
	m := must[nn.Ensemble](t)(b.NewEnsemble(shape, shape.Init(1)))
	pi := must[nn.Policy](t)(b.NewPolicy(pshape, pshape.Init(1, 0, 1)))
	defer shut(t, m, pi)
	options := nn.RolloutOptions{Horizon: 500, TimeLimit: 3}
	handle := must[nn.Paths](t)(b.Rollout(pi, m, hopper(t), startsOf(200), options))
	p, ok := nn.Own[*paths](handle)
	if !ok {
		t.Fatalf("%T are no paths of this backend", handle)
	}
	d := p.memory.d
	release := func() { // kept blocks
		if err := d.Do(func(q *driver.Queue) { d.memory.release(q) }); err != nil {
			t.Fatal(err)
		}
	}
	release()
	d.memory.limit = d.memory.total() + class(4*int64(p.n*p.horizon)) - leastUnit
	if _, err := b.Score(handle, hopper(t), nn.ScoreOptions{RewardScale: 1}); !errors.Is(err, nn.ErrMemory) || !strings.Contains(err.Error(), "npg.") {
		t.Errorf("rewards: error %v; want one that wraps ErrMemory and names a key", err)
	}
	shut(t, handle)
	release()
	options.Disagreement = true
	if _, err := b.Rollout(pi, m, hopper(t), startsOf(200), options); !errors.Is(err, nn.ErrMemory) || !strings.Contains(err.Error(), "npg.") {
		t.Errorf("disagreement: error %v; want one that wraps ErrMemory and names a key", err)
	}
}

// TestPathsThatLackedMemoryAreRefusedAgain: what asks a second time for columns that there was no memory for gets the error
// again, and no kernel runs on an array that is not there.
func TestPathsThatLackedMemoryAreRefusedAgain(t *testing.T) {
	b := openWith(t, Options{})
	defer shut(t, b)
	shape := nn.ValueShape{Observation: 12, Hidden: []int{8}, Clip: 1, TimeScale: 1}
	v := must[nn.Value](t)(b.NewValue(shape, shape.Init(5)))
	paths := must[nn.Paths](t)(b.UploadPaths(madeUp(40, 60, 12, 3)))
	defer shut(t, v, paths)
	d := b.d
	if err := d.Do(func(q *driver.Queue) { d.memory.release(q) }); err != nil {
		t.Fatal(err)
	}
	d.memory.limit = d.memory.total() + 4096 // not enough for the values of 2,400 states
	ask := map[string]func() error{
		"advantages": func() error { return b.Advantages(paths, v, nn.AdvantageOptions{Gamma: 0.99, Lambda: 0.97}) },
		"value fit": func() error {
			_, err := b.FitValue(v, paths, nn.ValueFitOptions{Epochs: 1, Batch: 64, Adam: nn.DefaultAdam()})
			return err
		},
	}
	for range 2 {
		for what, again := range ask {
			if err := again(); !errors.Is(err, nn.ErrMemory) {
				t.Errorf("%s: error %v; want one that wraps ErrMemory", what, err)
			}
		}
	}
}

// TestLackOfScratchNamesTheKeysOfItsPaths: a fit of V takes scratch for every step of its paths, a fit of the model for the rows of
// a minibatch, and a plan for its candidates.
func TestLackOfScratchNamesTheKeysOfItsPaths(t *testing.T) {
	b := openWith(t, Options{})
	defer shut(t, b)
	vshape, shape := nn.ValueShape{Observation: 12, Hidden: []int{8}, Clip: 1, TimeScale: 1}, hopperModel(t, 2, 400)
	v := must[nn.Value](t)(b.NewValue(vshape, vshape.Init(5)))
	m := must[nn.Ensemble](t)(b.NewEnsemble(shape, shape.Init(7)))
	paths := must[nn.Paths](t)(b.UploadPaths(madeUp(40, 60, 12, 3)))
	defer shut(t, v, m, paths)
	b.d.memory.limit = b.d.memory.total() + 32<<10
	_, err := b.FitValue(v, paths, nn.ValueFitOptions{Epochs: 1, Batch: 64, Adam: nn.DefaultAdam(), Unjudged: true})
	for _, key := range []string{"npg.starts_per_member", "pathwise.value_starts", "actor_critic.spread_starts", "promise.starts", "diagnostic_starts"} {
		if !errors.Is(err, nn.ErrMemory) || !strings.Contains(err.Error(), key) {
			t.Errorf("value fit: error %v does not name %s", err, key)
		}
	}
	data := transitions(100, 12, 3)
	_, err = b.Fit(m, data, nn.FitOptions{Epochs: 1, Batch: 100, Adam: nn.DefaultAdam()})
	_, also := b.Predict(m, hopper(t), nn.Matrix(make([]float32, 1000*12), 1000, 12), nn.Matrix(make([]float32, 1000*3), 1000, 3))
	for key, err := range map[string]error{"model.batch": err, "plan.candidates": also} {
		if !errors.Is(err, nn.ErrMemory) || !strings.Contains(err.Error(), key) {
			t.Errorf("error %v does not name %s", err, key)
		}
	}
}

// TestPassesThroughNetworksThatDoNotFitAreRefused: the message says what to lower.
func TestPassesThroughNetworksThatDoNotFitAreRefused(t *testing.T) {
	b := open(t)
	defer shut(t, b)
	shape := nn.PolicyShape{Observation: 12, Action: 3, Hidden: []int{b.d.Properties.Shared / 32}}
	pi := must[nn.Policy](t)(b.NewPolicy(shape, shape.Init(3, -0.5, 0.5)))
	paths := must[nn.Paths](t)(b.UploadPaths(madeUp(4, 3, 12, 3)))
	defer shut(t, pi, paths)
	err := b.PolicyGradient(make([]float64, shape.Parameters()), paths, pi)
	if !errors.Is(err, nn.ErrMemory) || !advised(err) || !strings.Contains(err.Error(), "lower the units of policy or value network") {
		t.Errorf("error %v", err)
	}
}

// TestRolloutsAndFitsOfMembersThatDoNotFitAreRefused: the message says what to lower.
func TestRolloutsAndFitsOfMembersThatDoNotFitAreRefused(t *testing.T) {
	b := open(t)
	defer shut(t, b)
	shape, pshape := hopperModel(t, 1, b.d.Properties.Shared/32), nn.PolicyShape{Observation: 12, Action: 3, Hidden: []int{4}}
	m, pi := must[nn.Ensemble](t)(b.NewEnsemble(shape, shape.Init(7))), must[nn.Policy](t)(b.NewPolicy(pshape, pshape.Init(3, -0.5, 0.5)))
	defer shut(t, m, pi)
	_, err := b.Rollout(pi, m, hopper(t), startsOf(2), nn.RolloutOptions{Horizon: 2})
	_, also := b.Fit(m, transitions(4, 12, 3), nn.FitOptions{Epochs: 1, Batch: 4, Adam: nn.DefaultAdam()})
	for what, err := range map[string]error{"rollout": err, "fit": also} {
		if !errors.Is(err, nn.ErrMemory) || !advised(err) || !strings.Contains(err.Error(), "lower the units of the networks") {
			t.Errorf("%s: error %v", what, err)
		}
	}
}
