package nntest

import (
	"math"
	"slices"

	"github.com/palmal-rl/palmal/nn"
)

func careCases() []Case {
	care := func(name, what string, agree func(d *driver, kind *nn.Gaussian) results) Case {
		return Case{Name: "care/" + name, What: what, Optional: "GaussianMembers", Methods: []string{fitMethods}, Bound: 3e-5, Reason: stepsReason,
			agree: func(d *driver) results {
				smooth, byState := gaussianKinds()["smooth"], gaussianKinds()["by-state"]
				return append(append(agree(d, nil), agree(d, &smooth)...), agree(d, &byState)...)
			}}
	}
	once := func(change func(*nn.FitOptions)) func(d *driver, kind *nn.Gaussian) results {
		return func(d *driver, kind *nn.Gaussian) results { return carefulFit(d, kind, 1, change) }
	}
	return []Case{
		care("bootstrap", "every row has another weight in every member, the same in every fit",
			func(d *driver, kind *nn.Gaussian) results {
				return carefulFit(d, kind, 2, func(o *nn.FitOptions) { o.Care.Bootstrap = true })
			}),
		care("layer-decay", "weights and biases shrink by the rate times a decay that grows with the layer",
			once(func(o *nn.FitOptions) { o.Care.LayerDecay = 2 })),
		care("restart", "the optimiser starts at rest in every fit, and the order of rows does not", func(d *driver, kind *nn.Gaussian) results {
			return carefulFit(d, kind, 2, func(o *nn.FitOptions) { o.Care.Restart = true })
		}),
		care("hold-out", "rows that are held out are not trained on, every member ends in its best state on them, with a noise of the size of its errors there",
			func(d *driver, kind *nn.Gaussian) results {
				r := carefulFit(d, kind, 2, func(o *nn.FitOptions) { o.Care.HoldOut = 0.3 })
				return append(r, far(carefulFit(d, kind, 1, func(o *nn.FitOptions) { o.Care.HoldOut, o.Adam.Rate = 0.3, 0.1 }))...)
			}),
		{Name: "care/exact", Optional: "GaussianMembers", Methods: []string{fitMethods}, Bound: 1e-3, Reason: "the noise is the root mean square of some twenty errors of 0.1, and each has the rounding of numbers near 1, 1e-7",
			What: "after fits that predict rows held out exactly, the noise is of the size of the next errors", holds: func(c *check) {
				for _, name := range []string{"smooth", "by-state"} {
					noiseAfterExactFits(c, gaussianKinds()[name])
				}
			}},
		care("images", "images of a row are held out with it, and have its weight", once(func(o *nn.FitOptions) { o.Care = nn.Care{HoldOut: 0.3, Bootstrap: true, Images: 2} })),
		{Name: "fit/warm-up", Methods: []string{fitMethods}, Bound: 3e-5, Reason: stepsReason, agree: warmedFit,
			What: "Warmup lets the rate rise over the begin of every fit, Rest keeps Anneal from 0"},
	}
}

// carefulFit fits some times with care.
func carefulFit(d *driver, kind *nn.Gaussian, fits int, change func(*nn.FitOptions)) (r results) {
	shape := beadModel(2, true, 12, 9)
	shape.Gaussian = kind
	model := d.ensemble(shape, shape.Init(6))
	for fit := range fits {
		options := fitOptions(4, 8)
		change(&options)
		report := d.fit(model, experience(30+fit, 6, true), options)
		r.report(report)
		r.addExact("rows held out", []float64{float64(report.HeldRows)})
		if report.HeldRows > 0 {
			r.addExact("best steps", widen(report.Best))
			r.add("criterion of rows held out", report.Held)
			if early := slices.Min(report.Best); options.Adam.Rate > 0.01 && early == report.Steps {
				d.Errorf("no member was best before its last step: the case needs one")
			}
		}
		r.modelState(d, model, nn.StateParameters, nn.StateMoment1, nn.StateMoment2)
	}
	return r
}

// noiseAfterExactFits gives a linear member rows that it predicts up to rounding, then rows that it does not. Its steps are too small to
// move it.
func noiseAfterExactFits(c *check, kind nn.Gaussian) {
	const rows = 40
	task := plain{1, 1}
	shape := nn.EnsembleShape{Members: 1, Observation: 1, Action: 1, Kinds: task.ObservationKinds(), Gaussian: &kind}
	parameters := make([]float32, shape.Parameters())
	parameters[shape.Width()] = 1 // the change is the action
	parameters[len(parameters)-1] = -5
	model, random := c.ensemble(shape, parameters), source(8)
	options := fitOptions(1, rows)
	options.Adam.Rate, options.Care.HoldOut = 1e-12, 0.5
	for _, miss := range []float32{0, 0, 0.1} {
		obs, act := narrow(normals(random, rows, 1)), narrow(normals(random, rows, 0.2))
		next, hashes := make([]float32, rows), make([]uint64, rows)
		for i := range next {
			next[i] = obs[i] + act[i] + miss*float32(1-i%2*2)
			hashes[i] = nn.HashRow(obs[i:i+1], act[i:i+1])
		}
		data := nn.Transitions{Observations: nn.Matrix(obs, rows, 1), Actions: nn.Matrix(act, rows, 1), Next: nn.Matrix(next, rows, 1)}
		c.fit(model, data, options)
		if miss == 0 {
			continue
		}
		square, predicted := 0.0, c.predict(model, task, data.Observations, data.Actions)
		_, held := options.Split(hashes)
		for _, i := range held {
			e := float64(next[i]) - predicted[i]
			square += e * e / float64(len(held))
		}
		noise, err := c.Backend.(nn.GaussianMembers).Noise(model, task, data.Observations, data.Actions)
		c.need("Noise", err)
		c.near("noise", widen(nn.RowMajor(noise)[:1]), []float64{math.Sqrt(square)})
	}
}

// far gives results of a fit at the rate 0.1 a bound of their own.
func far(r results) results {
	bound := tolerance{relative: 1e-4, reason: "steps of 0.1: with the gradient's error of 1e-5 of its size, thirty of them come to 3e-5 where parameters are near 0.3"}
	for i := range r {
		if r[i].bound == nil {
			r[i].bound = &bound
		}
	}
	return r
}

func warmedFit(d *driver) (r results) {
	shape := beadModel(2, false, 12)
	model := d.ensemble(shape, shape.Init(9))
	for range 2 {
		options := fitOptions(3, 10)
		options.Warmup, options.Rest, options.Anneal = 3, 0.25, 1
		r.report(d.fit(model, experience(25, 9, false), options))
		r.modelState(d, model, nn.StateParameters)
	}
	return r
}
