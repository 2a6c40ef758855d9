package nntest

import "github.com/palmal-rl/palmal/nn"

const policyReason = "sums of tens of products through three tanh layers in float32, averaged over the steps"

func gradientCases() []Case {
	methods := []string{"PolicyGradient"}
	return []Case{
		{Name: "gradient/acted", Methods: methods, Bound: 1e-5, Reason: policyReason, What: "at the policy that acted",
			agree: func(d *driver) (r results) {
				scene := newScene(d, 0)
				r.add("gradient", d.gradient(scene.paths, scene.policy))
				return r
			}},
		{Name: "gradient/moved", Methods: methods, Bound: 1e-5, Reason: policyReason + "; the ratio is an exp of a difference of squares",
			What: "away from the policy that acted each step is weighted by its ratio",
			agree: func(d *driver) (r results) {
				scene := newScene(d, 0.03)
				r.add("gradient", d.gradient(scene.paths, scene.policy))
				return r
			}},
		{Name: "gradient/finite-differences", Methods: methods, Bound: 2e-5, Reason: policyReason + "; the differences are good to 1e-8",
			What: "the gradient is the central difference of the surrogate in float64", holds: gradientDifferences},
		{Name: "gradient/ascends", Methods: []string{"PolicyGradient", "Surrogate"}, Bound: 2e-3, holds: gradientAscends,
			What:   "along a direction, the backend's own surrogate rises as its gradient says",
			Reason: "a difference of 4e-3 between float32 sums good to 1e-6, and a cubic term below 1e-3 of it"},
	}
}

// scene holds paths of a policy on a backend, and a policy that may have moved since.
type scene struct {
	paths   nn.Paths
	policy  nn.Policy
	columns *nn.PathColumns
	theta   []float32 // parameters of policy
}

// newScene plays the bead; the policy then moves by noise of the given size.
func newScene(d *driver, moved float64) scene {
	shape := beadPolicy(16, 11)
	return sceneOf(d, bead{limit: 2}, shape, pathsOf{paths: d.pick(120, 8), horizon: 11, seed: 80}, moved)
}

// smallScene is a network of 3 inputs, 4 hidden units and 2 outputs.
func smallScene(d *driver, moved float64) scene {
	shape := nn.PolicyShape{Observation: 3, Action: 2, Hidden: []int{4}}
	return sceneOf(d, plain{3, 2}, shape, pathsOf{paths: 9, horizon: 7, seed: 81}, moved)
}

func sceneOf(d *driver, task nn.Task, shape nn.PolicyShape, sizes pathsOf, moved float64) scene {
	acted := spread(shape, shape.Init(82, 0, 1))
	columns := sizes.columns(task, shape, acted)
	theta := acted
	if moved > 0 {
		theta = shaken(acted, moved, 83)
	}
	return scene{paths: d.upload(columns), policy: d.policy(shape, theta), columns: columns, theta: theta}
}

// surrogateOf is the float64 surrogate and KL as functions of the parameters.
func surrogateOf(c *check, s scene) func(theta []float64) (gain, kl float64) {
	paths := own[*paths](c, c.oracle.upload(s.columns))
	acting := own[*policy](c, c.oracle.policy(s.policy.Shape(), s.theta))
	return func(theta []float64) (gain, kl float64) {
		return newGaussian(acting, theta, paths.logStd).surrogate(paths)
	}
}

func gradientDifferences(c *check) {
	for _, moved := range []float64{0, 0.1} {
		s := smallScene(c.driver, moved)
		surrogate := surrogateOf(c, s)
		gain := func(theta []float64) float64 {
			gain, _ := surrogate(theta)
			return gain
		}
		want := make([]float64, len(s.theta))
		for i := range want {
			want[i] = difference(gain, widen(s.theta), i)
		}
		c.near("gradient", c.gradient(s.paths, s.policy), want)
	}
}

func gradientAscends(c *check) {
	s := smallScene(c.driver, 0.05)
	gradient := c.gradient(s.paths, s.policy)
	direction := normals(source(84), len(gradient), 1)
	above, below, along := along(s.theta, direction, 2e-3)
	want := dot(gradient, along)
	c.need("SetParameters", s.policy.SetParameters(above))
	rise, _ := c.surrogate(s.paths, s.policy)
	c.need("SetParameters", s.policy.SetParameters(below))
	fall, _ := c.surrogate(s.paths, s.policy)
	c.near("difference of the surrogate", []float64{rise - fall}, []float64{want})
}

// along moves parameters both ways along a direction. It also returns the exact difference between the
// two, because float32 rounds them.
func along(theta []float32, direction []float64, step float64) (above, below []float32, difference []float64) {
	above, below = make([]float32, len(theta)), make([]float32, len(theta))
	difference = make([]float64, len(theta))
	for i, d := range direction {
		above[i] = float32(float64(theta[i]) + step*d)
		below[i] = float32(float64(theta[i]) - step*d)
		difference[i] = float64(above[i]) - float64(below[i])
	}
	return above, below, difference
}
