package episodes

import (
	"encoding/json"
	"fmt"
)

// mostMeta is the largest size of what a file says of an episode beside numbers, in bytes of JSON.
const mostMeta = 1 << 20

// checkMeta refuses more than a file keeps.
func (e Episode) checkMeta() error {
	if e.Meta == nil {
		return nil
	}
	text, err := json.Marshal(e.Meta)
	if err == nil && len(text) > mostMeta {
		err = fmt.Errorf("%d bytes of JSON, want at most %d KiB", len(text), mostMeta>>10)
	}
	if err != nil {
		return fmt.Errorf("meta: %w", err)
	}
	return nil
}

// meta reads the array meta: bytes of a JSON list with an object for each of n episodes, or of the object of
// the only one.
func (t table) meta(n int) ([]map[string]any, error) {
	a, found := t["meta"]
	if !found {
		return nil, nil
	}
	if most := n*(mostMeta+1) + 1; a.kind.name != "|u1" || len(a.data) > most { // a list with its commas and brackets
		return nil, fmt.Errorf("array meta: %d elements of dtype %s, want the bytes of JSON, uint8 and at most %d KiB for each episode", a.elements(), a.kind.name, mostMeta>>10)
	}
	var one map[string]any
	if n == 1 && json.Unmarshal(a.data, &one) == nil {
		return []map[string]any{one}, nil
	}
	var all []map[string]any
	if err := json.Unmarshal(a.data, &all); err != nil {
		return nil, fmt.Errorf("array meta: want a JSON list of objects, one for each episode: %w", err)
	}
	if len(all) != n {
		return nil, fmt.Errorf("array meta: %d objects for %d episodes", len(all), n)
	}
	return all, nil
}
