package nn

// BoxMuller is boxMuller, for the tests.
var BoxMuller = boxMuller

// NilEnsemble is a nil of the guard's own type.
func NilEnsemble[M Stored]() Ensemble { return (*guardedEnsemble[M])(nil) }

// CheckPessimism is checkPessimism.
func (o ScoreOptions) CheckPessimism(n int) error { return o.checkPessimism(n) }
