package episodes

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
)

// line is an episode in JSON.
type line struct {
	Observations []row[float32] `json:"observations"`
	Actions      []row[float32] `json:"actions"`
	Rewards      row[float64]   `json:"rewards,omitempty"`
	Terminated   truth          `json:"terminated"`
	Truncated    truth          `json:"truncated"`
	Dt           float64        `json:"dt,omitempty"`
	Times        row[float64]   `json:"times,omitempty"`
	Policy       *int           `json:"policy,omitempty"`
	Meta         map[string]any `json:"meta,omitempty"`
}

// row is a list of numbers. It refuses null, which encoding/json would read as 0.
type row[F float32 | float64] []F

// UnmarshalJSON reads a list of numbers.
func (r *row[F]) UnmarshalJSON(text []byte) error {
	inner, ok := strings.CutPrefix(string(text), "[")
	if !ok {
		return fmt.Errorf("%.20s: want a list of numbers", text)
	}
	*r = (*r)[:0]
	if inner = strings.TrimSpace(strings.TrimSuffix(inner, "]")); inner == "" {
		return nil
	}
	for word := range strings.SplitSeq(inner, ",") {
		x, err := strconv.ParseFloat(strings.TrimSpace(word), reflect.TypeFor[F]().Bits())
		if err != nil {
			return fmt.Errorf("%.20q: want a number that %v can hold", strings.TrimSpace(word), reflect.TypeFor[F]())
		}
		*r = append(*r, F(x))
	}
	return nil
}

// readLines reads episodes in JSON, one object after another; usually one a line.
func readLines(r io.Reader) ([]Episode, error) {
	limited := &io.LimitedReader{R: r, N: mostBytes}
	d := json.NewDecoder(limited)
	var all []Episode
	for {
		var l line
		err := l.read(d)
		if errors.Is(err, io.EOF) && limited.N > 0 {
			return all, nil
		}
		if limited.N <= 0 {
			return nil, fmt.Errorf("holds more than the %d GiB that are read at most", mostBytes>>30)
		}
		if err != nil {
			return nil, fmt.Errorf("episode %d: is not an episode in JSON: %w", len(all), err)
		}
		e, err := l.episode()
		if err != nil {
			return nil, fmt.Errorf("episode %d: %w", len(all), err)
		}
		all = append(all, e)
	}
}

// read reads an episode's object. A name has one spelling and stands once, where encoding/json takes any case and the last of
// two. At the end of the input the error is [io.EOF].
func (l *line) read(d *json.Decoder) error {
	begin, err := d.Token()
	if errors.Is(err, io.EOF) {
		return err
	}
	if err != nil {
		return explainJSON(err)
	}
	if begin != json.Delim('{') {
		return fmt.Errorf("begins with %v, want an object", begin)
	}
	fields, given := l.fields(), map[string]bool{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return explainJSON(err)
		}
		key, _ := name.(string)
		if to := fields[key]; to == nil {
			return fmt.Errorf("unknown field %q", key)
		} else if given[key] {
			return fmt.Errorf("%s is given twice", key)
		} else if err := d.Decode(to); err != nil {
			return fmt.Errorf("%s: %w", key, explainJSON(err))
		}
		given[key] = true
	}
	_, err = d.Token()
	return explainJSON(err)
}

// fields are where the values of an episode belong, by name.
func (l *line) fields() map[string]any {
	fields, all := map[string]any{}, reflect.ValueOf(l).Elem()
	for i := range all.NumField() {
		name, _, _ := strings.Cut(all.Type().Field(i).Tag.Get("json"), ",")
		fields[name] = all.Field(i).Addr().Interface()
	}
	return fields
}

// truth is a truth value. It refuses null, which encoding/json would read as false.
type truth bool

// UnmarshalJSON reads true or false.
func (f *truth) UnmarshalJSON(text []byte) error {
	*f = string(text) == "true"
	if !*f && string(text) != "false" {
		return fmt.Errorf("%.20s: want true or false", text)
	}
	return nil
}

// explainJSON adds what JSON lacks for those who write NaN, as Python does, and names types in words.
func explainJSON(err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) && (strings.Contains(err.Error(), "'N'") || strings.Contains(err.Error(), "'I'")) {
		return fmt.Errorf("%w (JSON has no NaN and no Infinity)", err)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return errors.New("it is cut off")
	}
	var mistyped *json.UnmarshalTypeError
	if errors.As(err, &mistyped) {
		return fmt.Errorf("got %s, want %s", mistyped.Value, wanted(mistyped.Type.Kind()))
	}
	return err
}

// wanted says in words what a value in a line has to be.
func wanted(kind reflect.Kind) string {
	switch kind {
	case reflect.Int:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.Slice:
		return "a list of lists of numbers"
	}
	return "an object"
}

// episode lays the rows out.
func (l line) episode() (Episode, error) {
	e := Episode{Rewards: l.Rewards, Terminated: bool(l.Terminated), Truncated: bool(l.Truncated), Dt: l.Dt, Times: l.Times, Policy: unknownPolicy, Meta: l.Meta}
	if l.Policy != nil {
		e.Policy = *l.Policy
	}
	var err1, err2 error
	e.Observations, e.Size.Observation, err1 = rows("observations", l.Observations)
	e.Actions, e.Size.Action, err2 = rows("actions", l.Actions)
	return e, errors.Join(err1, err2)
}

// rows lays rows of one width out.
func rows(name string, rows []row[float32]) (all []float32, width int, err error) {
	if len(rows) == 0 {
		return nil, 0, fmt.Errorf("has no %s", name)
	}
	width = len(rows[0])
	for i, row := range rows {
		if len(row) != width {
			return nil, 0, fmt.Errorf("%s: %d numbers in row %d, %d in row 0", name, len(row), i, width)
		}
		all = append(all, row...)
	}
	return all, width, nil
}

// writeLines writes episodes, one a line.
func writeLines(w io.Writer, all []Episode) error {
	for _, e := range all {
		l := line{Rewards: e.Rewards, Terminated: truth(e.Terminated), Truncated: truth(e.Truncated), Dt: e.Dt, Times: e.Times, Meta: e.Meta,
			Observations: split(e.Observations, e.Size.Observation), Actions: split(e.Actions, e.Size.Action)}
		if e.Policy != unknownPolicy {
			l.Policy = &e.Policy
		}
		var text bytes.Buffer
		if err := json.NewEncoder(&text).Encode(l); err != nil {
			return err
		}
		if _, err := w.Write(text.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// split cuts a list into rows.
func split(list []float32, width int) []row[float32] {
	out := make([]row[float32], len(list)/width)
	for i := range out {
		out[i] = list[i*width : (i+1)*width]
	}
	return out
}
