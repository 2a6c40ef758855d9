package run

import "reflect"

// Keys lists every key of the configuration, in its order. The parameters of a task are not among
// them: they depend on the task.
func Keys() []string {
	var keys []string
	walk(reflect.ValueOf(&Config{}).Elem(), "", func(key string, value reflect.Value) {
		if value.Kind() != reflect.Map {
			keys = append(keys, key)
		}
	})
	return keys
}

// currentKey is the name of a key today. Run directories and commands of older programs name some by other words.
func currentKey(key string) string {
	switch key {
	case "practice":
		return "relabel"
	case "model.blind":
		return "model.mask"
	case "model.plain":
		return "model.raw_angles"
	}
	return key
}
