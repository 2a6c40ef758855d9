package nn

// guardedNetwork is a guarded handle to a network.
type guardedNetwork[T Stored] struct{ handle[T] }

// Save downloads the state.
func (h *guardedNetwork[T]) Save() (State, error) {
	if err := h.enter(); err != nil {
		return nil, err
	}
	defer h.door.leave()
	return h.own.Save()
}

// Load replaces the state.
func (h *guardedNetwork[T]) Load(state State) error {
	if err := h.enter(); err != nil {
		return err
	}
	defer h.door.leave()
	return h.own.Load(state)
}

type guardedEnsemble[M Stored] struct {
	guardedNetwork[M]
	shape EnsembleShape
}

// Shape is the shape it was made with.
func (h *guardedEnsemble[M]) Shape() EnsembleShape { return h.shape }

type guardedValue[V Stored] struct {
	guardedNetwork[V]
	shape ValueShape
}

// Shape is the shape it was made with.
func (h *guardedValue[V]) Shape() ValueShape { return h.shape }

type guardedPolicy[P StoredPolicy] struct {
	guardedNetwork[P]
	shape PolicyShape
}

// Shape is the shape it was made with.
func (h *guardedPolicy[P]) Shape() PolicyShape { return h.shape }

// Parameters downloads θ, [P].
func (h *guardedPolicy[P]) Parameters() ([]float32, error) {
	if err := h.enter(); err != nil {
		return nil, err
	}
	defer h.door.leave()
	return h.own.Parameters()
}

// SetParameters uploads θ, [P].
func (h *guardedPolicy[P]) SetParameters(parameters []float32) error {
	if err := h.enter(); err != nil {
		return err
	}
	defer h.door.leave()
	if err := h.shape.CheckParameters(parameters); err != nil {
		return err
	}
	return h.own.SetParameters(parameters)
}

// SetNormaliser sets shift and scale of the observation entries, [O] each: the network sees (obs − shift)/scale.
func (h *guardedPolicy[P]) SetNormaliser(shift, scale []float32) error {
	if err := h.enter(); err != nil {
		return err
	}
	defer h.door.leave()
	if err := h.shape.CheckNormaliser(shift, scale); err != nil {
		return err
	}
	return h.own.SetNormaliser(shift, scale)
}

type guardedPaths[R StoredPaths] struct{ handle[R] }

// Download copies the paths to the host.
func (h *guardedPaths[R]) Download() (*PathColumns, error) {
	if err := h.enter(); err != nil {
		return nil, err
	}
	defer h.door.leave()
	return h.own.Download()
}
