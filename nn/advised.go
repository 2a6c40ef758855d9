package nn

// Advised is an error of memory that says itself what to lower, so that nobody adds other advice.
type Advised struct{ Err error }

// Error is that of the error inside.
func (e *Advised) Error() string { return e.Err.Error() }

// Unwrap returns the error inside.
func (e *Advised) Unwrap() error { return e.Err }
