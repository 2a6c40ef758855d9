package nn_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/palmal-rl/palmal/nn"
)

func TestPolicyInit(t *testing.T) {
	shape := nn.PolicyShape{Observation: 5, Action: 3, Hidden: []int{7, 6}}
	if err := shape.Check(); err != nil {
		t.Fatal(err)
	}
	full, scaled := shape.Init(2, -1, 1), shape.Init(2, -1.5, 0.01)
	if len(full) != shape.Parameters() || shape.Parameters() != shape.LogStd()+3 {
		t.Fatalf("%d parameters with log σ at %d, want %d", len(full), shape.LogStd(), shape.Parameters())
	}
	layers := shape.MLP().Layers()
	last := layers[len(layers)-1]
	if !slices.Equal(full[:last.Weights], scaled[:last.Weights]) {
		t.Error("the scale of the last layer reaches other layers")
	}
	for i := last.Weights; i < last.End(); i++ {
		if want := float32(0.01 * float64(full[i])); scaled[i] != want || want == 0 {
			t.Errorf("parameter %d of the last layer is %g, want %g", i, scaled[i], want)
		}
	}
	for i := shape.LogStd(); i < len(full); i++ {
		if full[i] != -1 || scaled[i] != -1.5 {
			t.Errorf("log σ is %g and %g, want -1 and -1.5", full[i], scaled[i])
		}
	}
	if slices.Equal(full, shape.Init(3, -1, 1)) {
		t.Error("another seed gives the same parameters")
	}
}

// actorParts are a shape, parameters and normalisers of size 1.
func actorParts() (shape nn.PolicyShape, parameters, shift, scale []float32) {
	shape = nn.PolicyShape{Observation: 6, Action: 5, Hidden: []int{9, 8}}
	parameters = shape.Init(4, -0.5, 1)
	random := rand.New(rand.NewPCG(1, 2))
	for range shape.Observation {
		shift = append(shift, float32(random.NormFloat64()))
		scale = append(scale, 0.5+random.Float32())
	}
	for k := range shape.Action {
		parameters[shape.LogStd()+k] = -0.2 * float32(k)
	}
	return shape, parameters, shift, scale
}

func newTestActor(t testing.TB) (*nn.Actor, nn.PolicyShape, []float32) {
	shape, parameters, shift, scale := actorParts()
	actor, err := nn.NewActor(shape, parameters, shift, scale)
	if err != nil {
		t.Fatal(err)
	}
	return actor, shape, parameters
}

// naiveMean is the mean action in float64, written from the layout of the parameters.
func naiveMean(shape nn.PolicyShape, parameters, shift, scale, obs []float32) []float64 {
	x := make([]float64, len(obs))
	for i := range x {
		x[i] = (float64(obs[i]) - float64(shift[i])) / float64(scale[i])
	}
	layers := shape.MLP().Layers()
	for l, layer := range layers {
		y := make([]float64, layer.Out)
		for j := range y {
			y[j] = float64(parameters[layer.Bias+j])
			for i := range x {
				y[j] += x[i] * float64(parameters[layer.Weights+i*layer.Out+j])
			}
			if l < len(layers)-1 {
				y[j] = math.Tanh(y[j])
			}
		}
		x = y
	}
	return x
}

func TestActorMeanMatchesNaiveNetwork(t *testing.T) {
	shape, parameters, shift, scale := actorParts()
	actor, err := nn.NewActor(shape, parameters, shift, scale)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(3, 4))
	obs, action := make([]float32, shape.Observation), make([]float32, shape.Action)
	for range 100 {
		for i := range obs {
			obs[i] = float32(2 * random.NormFloat64())
		}
		actor.Mean(obs, action)
		for k, want := range naiveMean(shape, parameters, shift, scale, obs) {
			// Three sums of up to ten numbers of size 1 in float32: 30·2⁻²⁴ ≈ 2e-6.
			if got := float64(action[k]); !(math.Abs(got-want) <= 2e-6) {
				t.Fatalf("action %d is %g, want %g", k, got, want)
			}
		}
	}
}

// The action less the mean, over σ, is the noise that nn draws at the step and lanes.
func TestActorSampleAddsTheNoiseOfItsLanes(t *testing.T) {
	actor, shape, parameters := newTestActor(t)
	obs := make([]float32, shape.Observation)
	mean, action := make([]float32, shape.Action), make([]float32, shape.Action)
	actor.Mean(obs, mean)
	key := nn.Key{Seed: 5, Stream: nn.StreamWorld}
	for step := range uint64(50) {
		lane := uint32(step) * 2
		actor.Sample(obs, action, key, step, lane)
		for k := range action {
			z := key.Normals(step, lane+uint32(k/4))[k%4]
			sigma := math.Exp(float64(parameters[shape.LogStd()+k]))
			want := float64(mean[k]) + sigma*float64(z)
			if !(math.Abs(float64(action[k])-want) <= 1e-6) { // a product and a sum of size 3 in float32
				t.Fatalf("step %d: action %d is %g, want %g", step, k, action[k], want)
			}
		}
	}
}

// The noise of every action has the policy's own σ over many steps. The standard error of a mean
// is σ/√n and of a standard deviation σ/√(2n): bounds of five.
func TestActorSampleHasThePolicysSpread(t *testing.T) {
	actor, shape, parameters := newTestActor(t)
	const n = 20000
	obs := []float32{0.3, -1, 0.5, 2, 0, -0.2}
	mean, action := make([]float32, shape.Action), make([]float32, shape.Action)
	actor.Mean(obs, mean)
	sums, squares := make([]float64, shape.Action), make([]float64, shape.Action)
	for step := range uint64(n) {
		actor.Sample(obs, action, nn.Key{Seed: 6, Stream: nn.StreamWorld}, step, 0)
		for k := range action {
			z := float64(action[k]-mean[k]) / math.Exp(float64(parameters[shape.LogStd()+k]))
			sums[k] += z / n
			squares[k] += z * z / n
		}
	}
	for k := range sums {
		if !(math.Abs(sums[k]) <= 5/math.Sqrt(n)) || !(math.Abs(math.Sqrt(squares[k])-1) <= 5/math.Sqrt(2*n)) {
			t.Errorf("noise of action %d has mean %g and standard deviation %g, want 0 and 1", k, sums[k], math.Sqrt(squares[k]))
		}
	}
}

func TestActorDoesNotAllocateOrTouchItsInput(t *testing.T) {
	actor, shape, _ := newTestActor(t)
	obs, action := []float32{1, 2, 3, 4, 5, 6}, make([]float32, shape.Action)
	key := nn.Key{Seed: 1, Stream: nn.StreamWorld}
	if allocations := testing.AllocsPerRun(100, func() { actor.Sample(obs, action, key, 1, 2) }); allocations != 0 {
		t.Errorf("Sample allocates %g times, want 0", allocations)
	}
	if !slices.Equal(obs, []float32{1, 2, 3, 4, 5, 6}) {
		t.Errorf("Sample changed its observation to %v", obs)
	}
}

func TestNewActorRefusesSizes(t *testing.T) {
	shape, parameters, shift, scale := actorParts()
	for what, sizes := range map[string][3][]float32{
		"parameters": {parameters[1:], shift, scale},
		"shift":      {parameters, shift[1:], scale},
		"scale":      {parameters, shift, scale[1:]},
	} {
		if _, err := nn.NewActor(shape, sizes[0], sizes[1], sizes[2]); err == nil {
			t.Errorf("a short vector of %s was accepted", what)
		}
	}
}
