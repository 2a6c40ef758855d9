package number

import (
	"fmt"
	"reflect"
)

// Set gives the number of a text to a field that is a float64, an int or a uint64. Nothing is rounded or converted.
func Set(field reflect.Value, text string) error {
	if field.Kind() == reflect.Float64 {
		x, err := Parse(text)
		if err == nil {
			field.SetFloat(x)
		}
		return err
	}
	whole, err := ParseWhole(text)
	if err != nil {
		return err
	}
	switch field.Kind() {
	case reflect.Uint64:
		if whole.Negative {
			return errReason{}
		}
		field.SetUint(whole.Size)
	case reflect.Int:
		n, fits := whole.Int()
		if !fits {
			return errReason{"it is beyond 64 bits"}
		}
		field.SetInt(int64(n))
	default:
		return fmt.Errorf("a %s is not set by a number", field.Kind())
	}
	return nil
}
