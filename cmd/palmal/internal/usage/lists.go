package usage

import (
	"encoding/json"
	"reflect"
)

// WithLists copies a value for JSON with empty lists instead of nil ones, so that readers never find null in
// place of a list.
func WithLists(value any) any {
	if value == nil {
		return nil
	}
	return withLists(reflect.ValueOf(value)).Interface()
}

// withLists copies the parts that JSON shows; values with their own MarshalJSON stay unchanged.
func withLists(v reflect.Value) reflect.Value {
	if _, own := v.Interface().(json.Marshaler); own {
		return v
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return v
		}
		copied := reflect.New(v.Type().Elem())
		copied.Elem().Set(withLists(v.Elem()))
		return copied
	case reflect.Struct:
		copied := reflect.New(v.Type()).Elem()
		copied.Set(v)
		for i := range v.NumField() {
			if copied.Field(i).CanSet() {
				copied.Field(i).Set(withLists(v.Field(i)))
			}
		}
		return copied
	case reflect.Slice:
		copied := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			copied.Index(i).Set(withLists(v.Index(i)))
		}
		return copied
	case reflect.Map:
		copied := reflect.MakeMap(v.Type())
		for _, key := range v.MapKeys() {
			copied.SetMapIndex(key, withLists(v.MapIndex(key)))
		}
		return copied
	case reflect.Interface:
		if v.IsNil() {
			return v
		}
		copied := reflect.New(v.Type()).Elem()
		copied.Set(withLists(v.Elem()))
		return copied
	}
	return v
}
