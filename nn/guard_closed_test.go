package nn_test

import (
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/nntest"
)

func closeAll(c *stage, p nntest.Props) {
	c.Helper()
	for _, handle := range p.Handles() {
		c.need("Close", handle.Close())
	}
}

func refuseClosed(c *stage) {
	p, closed := newProps(c), newProps(c)
	works(c, p)
	closeAll(c, closed)
	closeAll(c, closed) // again, which does nothing
	for handle, given := range p.Substitutes(closed.Model, closed.Policy, closed.Value, closed.Paths) {
		for _, method := range given.Methods {
			nntest.Refused(c, method+" with a closed "+handle, given.Uses(c.Guarded)[method], "closed")
		}
	}
	for what, use := range ownUses(closed) {
		nntest.Refused(c, what+" of a closed handle", use, "closed")
	}
}

// ownUses calls the methods of the handles themselves.
func ownUses(p nntest.Props) map[string]func() error {
	save := func(network nn.Network) func() error {
		return func() error { _, err := network.Save(); return err }
	}
	load := func(network nn.Network) func() error { return func() error { return network.Load(nil) } }
	width := p.Policy.Shape().Observation
	return map[string]func() error{
		"Save of the model": save(p.Model), "Save of the policy": save(p.Policy), "Save of the value network": save(p.Value),
		"Load of the model": load(p.Model), "Load of the policy": load(p.Policy), "Load of the value network": load(p.Value),
		"Parameters":    func() error { _, err := p.Policy.Parameters(); return err },
		"SetParameters": func() error { return p.Policy.SetParameters(make([]float32, p.Policy.Shape().Parameters())) },
		"SetNormaliser": func() error { return p.Policy.SetNormaliser(make([]float32, width), ones(width)) },
		"Download":      func() error { _, err := p.Paths.Download(); return err },
	}
}

// makes calls every method that makes a handle, each by its name.
func makes(p nntest.Props, b nn.Backend) map[string]func() error {
	model, actor, critic := p.Model.Shape(), p.Policy.Shape(), p.Value.Shape()
	return map[string]func() error{
		"NewEnsemble": func() error { made, err := b.NewEnsemble(model, model.Init(1)); return nntest.CloseUnless(made, err) },
		"NewPolicy": func() error {
			made, err := b.NewPolicy(actor, actor.Init(1, 0, 1))
			return nntest.CloseUnless(made, err)
		},
		"NewValue":    func() error { made, err := b.NewValue(critic, critic.Init(1)); return nntest.CloseUnless(made, err) },
		"UploadPaths": func() error { made, err := b.UploadPaths(p.Columns); return nntest.CloseUnless(made, err) },
	}
}

func refuseClosedBackend(c *stage) {
	works(c, newProps(c))
	d := c.fresh()
	p := newProps(d)
	for method, made := range makes(p, d.Guarded) {
		d.need(method, made())
	}
	closeAll(d, p)
	d.need("Close", d.Close())
	d.need("a second Close", d.Close())
	for method, made := range makes(p, d.Guarded) {
		nntest.Refused(c, method+" by a closed backend", made, "closed", d.Name())
	}
	for method, use := range p.Uses(d.Guarded) {
		nntest.Refused(c, method+" by a closed backend", use, "closed", d.Name())
	}
	for what, use := range ownUses(p) {
		nntest.Refused(c, what+" on a closed backend", use, "closed", d.Name())
	}
	closeAll(d, p)
}
