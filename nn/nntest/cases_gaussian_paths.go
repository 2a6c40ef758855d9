package nntest

import "github.com/palmal-rl/palmal/nn"

// fittedGaussian is an ensemble of gaussian members after a few steps.
func fittedGaussian(kind nn.Gaussian) func(d *driver, reward bool) nn.Ensemble {
	return func(d *driver, reward bool) nn.Ensemble {
		shape := gaussianModel(kind, 3, reward, 16, 12)
		model := d.ensemble(shape, shaken(shape.Init(33), 0.1, 33))
		d.fit(model, experience(60, 33, reward), fitOptions(8, 20))
		return model
	}
}

func gaussianPathCases() []Case {
	var cases []Case
	for _, name := range []string{"smooth", "rough", "by-state"} {
		kind := gaussianKinds()[name]
		fitted := fittedGaussian(kind)
		rollout := func(draw nn.Draw, of string) Case {
			return Case{Name: "gaussian/rollout-" + of + name, Optional: "GaussianMembers, Differentiator", Methods: []string{"Rollout"}, Bound: 2e-5, Reason: gaussianReason,
				What: "every state follows from the one before by policy, member and the member's own noise",
				holds: func(c *check) {
					follow(c, scenarioIn(c, fitted(c.driver, false)), func(o *nn.RolloutOptions) { o.OwnNoise, o.Draw = 0.7, draw })
				}}
		}
		pathwise := func(of, what string, change func(*nn.PathwiseOptions)) Case {
			return Case{Name: "gaussian/pathwise-" + of + name, Optional: "GaussianMembers, Differentiator", Methods: []string{"UploadPaths"}, Bound: 5e-5, Reason: gaussianReason,
				What: what, agree: func(d *driver) (r results) {
					shape := beadPolicy(16, 9)
					f := flightOf(d, d.pick(41, 9), shape, spread(shape, shape.Init(40, 0, 2)), change, fitted)
					first, second, err := f.gradients(d)
					d.need("PathwiseGradient", err)
					r.add("gradient of the first half", first)
					r.add("gradient of the second half", second)
					return r
				}}
		}
		noisy := func(o *nn.PathwiseOptions) { o.Rollout.OwnNoise = 0.7 }
		differences := pathwise("differences-", "the gradient is the central difference of the paths' returns, played again in float64 with the members' own noise", noisy)
		differences.agree, differences.Bound = nil, 2e-4
		differences.Reason += "; the states of the paths are rounded, those of the differences are not"
		differences.holds = func(c *check) {
			comparePathwise(c, calmFlightIn(c.driver, fitted, noisy), calmFlightIn(c.oracle, fitted, noisy))
		}
		cases = append(cases, rollout(nn.DrawAll, "all-"), rollout(nn.DrawStep, ""),
			pathwise("", "the gradients through members and their own noise", noisy),
			pathwise("learned-", "the same with a learned reward, clamps and no noise", func(o *nn.PathwiseOptions) {
				o.Score.Learned, o.Rollout.Clamp, o.Rollout.ClampSpread, o.Rollout.Draw = true, 3.2, 1.2, nn.DrawAll
			}), differences)
	}
	return cases
}
