package algo

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"

	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/physics/tasks"
)

// robot is a task of five observation and three action entries with symmetries, and with maps that no policy can keep.
type robot struct{ nn.Task }

func (robot) ObservationKinds() []string { return make([]string, 5) }

func (robot) ActionBox() (low, high []float64) { return []float64{-1, -1, -1}, []float64{1, 1, 1} }

func (robot) SymmetryNames() []string {
	return []string{"mirror", "turn", "shift", "stretch", "bend", "mix", "tilt"}
}

func (robot) SymmetryOrder(name string) int {
	return map[string]int{"mirror": 2, "turn": 3, "shift": 2, "stretch": 2, "bend": 2, "mix": 2, "tilt": 2}[name]
}

func (robot) ImageUnder(name string, obs, act []float64) {
	moved := func(row []float64, entries ...int) {
		from := append([]float64(nil), row...)
		for i, k := range entries {
			row[i] = from[k]
		}
	}
	if len(obs) > 0 {
		switch name {
		case "mirror": // 0 and 1 change places, 2 changes its sign
			moved(obs, 1, 0, 2, 3, 4)
			obs[2] = -obs[2]
		case "turn": // 0 to 2 in turn, 3 and 4 by a third of a turn
			moved(obs, 1, 2, 0, 3, 4)
			c, s := math.Cos(2*math.Pi/3), math.Sin(2*math.Pi/3)
			obs[3], obs[4] = c*obs[3]-s*obs[4], s*obs[3]+c*obs[4]
		case "tilt": // 3 and 4 at a line of 30°
			c, s := math.Cos(math.Pi/3), math.Sin(math.Pi/3)
			obs[3], obs[4] = c*obs[3]+s*obs[4], s*obs[3]-c*obs[4]
		case "shift":
			obs[0] = 1 - obs[0]
		case "stretch":
			obs[0], obs[1] = 2*obs[1], obs[0]/2
		case "bend":
			obs[0] = obs[0] * obs[0]
		}
	}
	if len(act) > 0 {
		switch name {
		case "mirror":
			moved(act, 1, 0, 2)
			act[2] = -act[2]
		case "turn":
			moved(act, 1, 2, 0)
		case "mix":
			act[0], act[1] = 0.6*act[0]+0.8*act[1], 0.8*act[0]-0.6*act[1]
		}
	}
}

// tieOf reads a tie of robot. Seven hidden units leave one that no cycle of two or three takes.
func tieOf(t *testing.T, name string) *tie {
	t.Helper()
	c := Config{Policy: PolicyConfig{Symmetry: name, Hidden: []int{7, 6}}}
	tie, err := c.tie(robot{})
	if err != nil {
		t.Fatal(err)
	}
	return tie
}

// numbersOf draws n numbers.
func numbersOf(random *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = random.NormFloat64()
	}
	return x
}

func TestATiedPolicyAnswersTheImageByTheImage(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, name := range []string{"mirror", "turn"} {
		tie := tieOf(t, name)
		theta := make([]float32, tie.shape.Parameters())
		for i := range theta {
			theta[i] = float32(random.NormFloat64())
		}
		means, variances := []float64{1, 2, 3, 4, 5}, []float64{1, 4, 9, 16, 25}
		tie.keep(theta)
		tie.spread(means, variances)
		shift, scale := normaliserOf(means, variances)
		actor, err := nn.NewActor(tie.shape, theta, shift, scale)
		if err != nil {
			t.Fatal(err)
		}
		mean := func(obs []float64) []float64 {
			in, out, wide := make([]float32, len(obs)), make([]float32, 3), make([]float64, 3)
			for i, x := range obs {
				in[i] = float32(x)
			}
			actor.Mean(in, out)
			widenRow(wide, out, 0)
			return wide
		}
		for range 10 {
			obs := numbersOf(random, 5)
			want := mean(obs)
			robot{}.ImageUnder(name, obs, nil)
			robot{}.ImageUnder(name, nil, want)
			// Sums of seven products of 32 bits.
			if got := mean(obs); !floats.EqualApprox(got, want, 1e-5) {
				t.Errorf("%s: action %v in the image, want %v", name, got, want)
			}
		}
		if logStd := theta[tie.shape.LogStd():]; logStd[0] != logStd[1] {
			t.Errorf("%s: log σ %v: actions that change places have one", name, logStd)
		}
	}
}

// The normaliser of a tied policy is that of the observations and their images; entries that a map mixes have the mean of their variances.
func TestATiedNormaliserIsThatOfRowsAndImages(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for _, name := range []string{"mirror", "turn"} {
		const rows = 50
		var own, all []float32
		for range rows {
			row := numbersOf(random, 5)
			for i := range row {
				row[i] = float64(i) - 2 + row[i]*float64(i+1) // means and spreads of their own
			}
			for k := range tieOf(t, name).order {
				narrow := make([]float32, 5)
				for i, x := range row {
					narrow[i] = float32(x)
				}
				if all = append(all, narrow...); k == 0 {
					own = append(own, narrow...)
				}
				robot{}.ImageUnder(name, row, nil)
			}
		}
		tie := tieOf(t, name)
		means, variances := columnMoments(nn.Matrix(own, rows, 5))
		tie.spread(means, variances)
		wantMeans, wantVariances := columnMoments(nn.Matrix(all, rows*tie.order, 5))
		if name == "turn" {
			wantVariances[3] = (wantVariances[3] + wantVariances[4]) / 2
			wantVariances[4] = wantVariances[3]
		}
		// Rows and images were rounded to 32 bits.
		if !floats.EqualApprox(means, wantMeans, 1e-5) || !floats.EqualApprox(variances, wantVariances, 1e-4) {
			t.Errorf("%s: means %v and variances %v, want %v and %v", name, means, variances, wantMeans, wantVariances)
		}
	}
}

// The projection leaves tied parameters alone and takes nothing from a gradient that leads among them.
func TestTyingIsAnOrthogonalProjection(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, name := range []string{"mirror", "turn"} {
		tie := tieOf(t, name)
		size := tie.shape.Parameters()
		a, b := numbersOf(random, size), numbersOf(random, size)
		tiedA, tiedB := append([]float64(nil), a...), append([]float64(nil), b...)
		tie.project(tiedA)
		tie.project(tiedB)
		again := append([]float64(nil), tiedA...)
		tie.project(again)
		if !floats.EqualApprox(again, tiedA, 1e-12) { // rounding
			t.Errorf("%s: a second projection changes the first", name)
		}
		if one, other := floats.Dot(tiedA, b), floats.Dot(a, tiedB); !(math.Abs(one-other) <= 1e-9) {
			t.Errorf("%s: Πa·b is %g and a·Πb %g", name, one, other)
		}
		if floats.EqualApprox(tiedA, a, 0.1) {
			t.Errorf("%s: the projection changes nothing", name)
		}
	}
}

// Tied weights begin as large as independent ones, among units that the symmetry moves, keeps and turns: of 4,000 draws the
// variance is within 15 % of 1, which is seven standard errors.
func TestTiedWeightsBeginAsLargeAsOthers(t *testing.T) {
	for _, name := range []string{"mirror", "turn"} {
		tie := tieOf(t, name)
		layers := tie.shape.MLP().Layers()
		sums := make([]float64, tie.shape.Parameters())
		const draws = 4000
		random := rand.New(rand.NewPCG(3, 5))
		for range draws {
			theta := make([]float32, len(sums))
			for i := range theta {
				theta[i] = float32(random.NormFloat64())
			}
			tie.begin(theta)
			for i, x := range theta {
				sums[i] += float64(x) * float64(x) / draws
			}
		}
		kept := 0
		for l, layer := range layers {
			for i := layer.Weights; i < layer.Bias; i++ {
				if sums[i] < 1e-20 { // a weight that its images cancel, up to rounding
					continue
				}
				kept++
				if !(math.Abs(sums[i]-1) < 0.15) {
					t.Errorf("%s: the variance of weight %d of layer %d is %g, want 1", name, i-layer.Weights, l, sums[i])
				}
			}
		}
		if all := layers[0].In*7 + 7*6 + 6*3; kept < all*9/10 {
			t.Errorf("%s: %d of %d weights are not 0", name, kept, all)
		}
	}
}

func TestATieThatNoPolicyCanKeepIsRefused(t *testing.T) {
	for _, one := range []struct {
		name, player string
		task         nn.Task
		want         string
	}{
		{"shift", PlayerNPG, robot{}, "moves 0: entry 0 becomes 1"},
		{"stretch", PlayerNPG, robot{}, "changes lengths or angles: of entries 0 and 0"},
		{"bend", PlayerNPG, robot{}, "is not linear"},
		{"mix", PlayerNPG, robot{}, "mixes 2 actions"},
		{"miror", PlayerNPG, robot{}, "the task's symmetries are mirror, turn, shift"},
		{"mirror", PlayerActorCritic, robot{}, "which actor-critic does not keep"},
		{"mirror", PlayerNPG, twofold{}, "the task names no symmetries"},
	} {
		_, err := Config{Policy: PolicyConfig{Symmetry: one.name, Player: one.player, Hidden: []int{4}}}.tie(one.task)
		var problem Problem
		if !errors.As(err, &problem) || problem.Key != "policy.symmetry" || !strings.Contains(err.Error(), one.want) {
			t.Errorf("%s of %T with %s: error %v, want %q", one.name, one.task, one.player, err, one.want)
		}
	}
}

func TestAPolicyFromElsewhereMustKeepTheSymmetry(t *testing.T) {
	tie := tieOf(t, "mirror")
	theta := tie.shape.Init(1, 0, 1)
	if err := tie.check(theta); err == nil || !strings.Contains(err.Error(), "symmetry mirror") {
		t.Errorf("a policy of no symmetry: error %v", err)
	}
	tie.begin(theta)
	if err := tie.check(theta); err != nil {
		t.Error(err)
	}
}

// A unit that no cycle takes sees of entries that the symmetry mixes what it leaves alone, so that their weights are undone by one factor.
func TestTiedPoliciesBeginTied(t *testing.T) {
	for _, name := range []string{"mirror", "turn", "tilt"} {
		tie := tieOf(t, name)
		theta := tie.shape.Init(1, 0, 1)
		tie.begin(theta)
		if err := tie.check(theta); err != nil {
			t.Error(err)
		}
	}
}

func TestPoliciesCanKeepTheSymmetriesOfBuiltinTasks(t *testing.T) {
	tried := 0
	for _, name := range tasks.Names() {
		one, err := tasks.Get(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, symmetry := range one.SymmetryNames() {
			tried++
			if _, err := (Config{Policy: PolicyConfig{Symmetry: symmetry, Hidden: []int{4}}}).tie(one); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if tried < 5 { // pointmass has two, D'Claw three
		t.Errorf("%d symmetries were tried", tried)
	}
}
