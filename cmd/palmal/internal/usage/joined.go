package usage

import "errors"

// EachJoined changes every error of those that were joined, however deep, or the only one.
func EachJoined(err error, change func(error) error) error {
	joined, several := err.(interface{ Unwrap() []error })
	if !several {
		return change(err)
	}
	var all []error
	for _, one := range joined.Unwrap() {
		all = append(all, EachJoined(one, change))
	}
	return errors.Join(all...)
}
