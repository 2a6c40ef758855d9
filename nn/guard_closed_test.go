package nn

// handles are those of the props.
func (p props) handles() []Handle { return []Handle{p.model, p.actor, p.critic, p.paths} }

func (p props) close(d *stage) {
	d.Helper()
	for _, handle := range p.handles() {
		d.need("Close", handle.Close())
	}
}

func refuseClosed(c *stage) {
	p, closed := newProps(c), newProps(c)
	works(c, p)
	closed.close(c)
	closed.close(c) // again, which does nothing
	for handle, given := range p.substitutes(closed.model, closed.actor, closed.critic, closed.paths) {
		for _, method := range given.methods {
			refused(c, method+" with a closed "+handle, given.uses(c.Guarded)[method], "closed")
		}
	}
	for what, use := range closed.ownUses() {
		refused(c, what+" of a closed handle", use, "closed")
	}
}

// ownUses calls the methods of the handles themselves.
func (p props) ownUses() map[string]func() error {
	save := func(network Network) func() error {
		return func() error { _, err := network.Save(); return err }
	}
	load := func(network Network) func() error { return func() error { return network.Load(nil) } }
	width := p.actor.Shape().Observation
	return map[string]func() error{
		"Save of the model": save(p.model), "Save of the policy": save(p.actor), "Save of the value network": save(p.critic),
		"Load of the model": load(p.model), "Load of the policy": load(p.actor), "Load of the value network": load(p.critic),
		"Parameters":    func() error { _, err := p.actor.Parameters(); return err },
		"SetParameters": func() error { return p.actor.SetParameters(make([]float32, p.actor.Shape().Parameters())) },
		"SetNormaliser": func() error { return p.actor.SetNormaliser(make([]float32, width), ones(width)) },
		"Download":      func() error { _, err := p.paths.Download(); return err },
	}
}

// makes calls every method that makes a handle, each by its name.
func (p props) makes(b Backend) map[string]func() error {
	model, actor, critic := p.model.Shape(), p.actor.Shape(), p.critic.Shape()
	return map[string]func() error{
		"NewEnsemble": func() error { made, err := b.NewEnsemble(model, model.Init(1)); return closeUnless(made, err) },
		"NewPolicy":   func() error { made, err := b.NewPolicy(actor, actor.Init(1, 0, 1)); return closeUnless(made, err) },
		"NewValue":    func() error { made, err := b.NewValue(critic, critic.Init(1)); return closeUnless(made, err) },
		"UploadPaths": func() error { made, err := b.UploadPaths(p.columns); return closeUnless(made, err) },
	}
}

func refuseClosedBackend(c *stage) {
	works(c, newProps(c))
	d := c.fresh()
	p := newProps(d)
	for method, made := range p.makes(d.Guarded) {
		d.need(method, made())
	}
	p.close(d)
	d.need("Close", d.Close())
	d.need("a second Close", d.Close())
	for method, made := range p.makes(d.Guarded) {
		refused(c, method+" by a closed backend", made, "closed", d.Name())
	}
	for method, use := range p.uses(d.Guarded) {
		refused(c, method+" by a closed backend", use, "closed", d.Name())
	}
	for what, use := range p.ownUses() {
		refused(c, what+" on a closed backend", use, "closed", d.Name())
	}
	p.close(d)
}
