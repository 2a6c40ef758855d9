package plot

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/palmal-rl/palmal/algo"
)

// TableBytes is the largest size of a thinned table: a curve in a repository should not be larger than the
// text about it.
const TableBytes = 4096

// tableColumns are the first columns of every table; measures follow as NAME or NAME:PART.
func tableColumns() []string { return []string{"samples", "return", "low", "high", "success"} }

// originKeys are the lines that say how a run was made.
func originKeys() []string { return []string{"command", "commit", "processor"} }

// Table writes the evaluations of a run as a small CSV: lines "# key: value" that describe the run, then a
// row for each evaluation. A row half a sample before a change of the world is the old policy in the
// changed world. Rows are left out evenly until the table has at most [TableBytes].
func Table(r Run) []byte {
	head := tableHead(r)
	columns, rows := tableRows(r)
	for every := 1; ; every *= 2 {
		var text bytes.Buffer
		text.WriteString(head)
		if every > 1 {
			fmt.Fprintf(&text, "# thinned: every %d of %d rows\n", every, len(rows))
		}
		text.WriteString(strings.Join(columns, ",") + "\n")
		for i, row := range rows {
			if i%every == 0 || i == len(rows)-1 {
				text.WriteString(row + "\n")
			}
		}
		if text.Len() <= TableBytes || every >= len(rows) {
			return text.Bytes()
		}
	}
}

func tableHead(r Run) string {
	var text strings.Builder
	say := func(key, value string) {
		if value != "" {
			fmt.Fprintf(&text, "# %s: %s\n", key, strings.Join(strings.Fields(value), " "))
		}
	}
	say("task", r.Task)
	say("algo", strings.ToLower(r.Algorithm))
	say("preset", r.Preset)
	say("simulator", r.Simulator)
	say("seed", strconv.FormatUint(r.Seed, 10))
	say("differences", strings.Join(r.Differences, "; "))
	say("perturbations", r.Changes)
	if r.Threshold != 0 {
		say("threshold", exact(r.Threshold))
	}
	for _, key := range originKeys() {
		say(key, r.Origin[key])
	}
	for _, m := range r.marks() {
		say("changed", exact(m.X)+" "+strings.ReplaceAll(m.Label, "\n", ","))
	}
	return text.String()
}

// tableRows lays out columns and rows. Measures are those of an episode's second half, without the
// policy's way to its goal.
func tableRows(r Run) (columns, rows []string) {
	columns = tableColumns()
	var measures []string
	for _, record := range r.Records {
		if record.Evaluation != nil {
			for name := range record.Evaluation.Measures {
				if !slices.Contains(measures, name) && !strings.ContainsAny(name, ",:\n") {
					measures = append(measures, name)
				}
			}
		}
	}
	slices.Sort(measures)
	for _, name := range measures {
		columns = append(columns, name+":second_half")
	}
	type at struct {
		samples float64
		text    string
	}
	var all []at
	row := func(samples float64, e algo.Evaluation) {
		cells := []string{exact(samples), cell(e.Return), cell(e.CILow), cell(e.CIHigh), cell(e.Success)}
		for _, name := range measures {
			cells = append(cells, cell(e.Measures[name].SecondHalf))
		}
		all = append(all, at{samples, strings.Join(cells, ",")})
	}
	for _, record := range r.Records {
		if p := record.Perturbation; p != nil && p.Evaluation != nil {
			row(float64(p.Evaluation.Samples)-0.5, *p.Evaluation)
		}
		if record.Evaluation != nil {
			row(float64(record.Evaluation.Samples), *record.Evaluation)
		}
	}
	slices.SortStableFunc(all, func(a, b at) int { return cmp.Compare(a.samples, b.samples) })
	for _, one := range all {
		rows = append(rows, one.text)
	}
	return columns, rows
}

// cell formats a number with four digits, whole ones from 10,000; empty where it is unknown.
func cell(n algo.Number) string {
	x := float64(n)
	switch {
	case math.IsNaN(x) || math.IsInf(x, 0):
		return ""
	case math.Abs(x) >= 1e4 && math.Abs(x) < 1e15:
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	return strconv.FormatFloat(x, 'g', 4, 64)
}

// exact formats a number as the shortest decimal that reads back the same.
func exact(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// ParseTable reads a table of [Table], or a user's in the same form: samples and return are enough.
func ParseTable(text []byte) (Run, error) {
	var r Run
	var columns []string
	lines := bufio.NewScanner(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff")))) // which spreadsheets write first
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(lines.Text())
		var err error
		switch {
		case line == "":
		case strings.HasPrefix(line, "#"):
			err = r.readFact(strings.TrimPrefix(line, "#"))
		case columns == nil:
			columns, err = readColumns(line)
		default:
			err = r.readRow(columns, strings.Split(line, ","))
		}
		if err != nil {
			return Run{}, fmt.Errorf("line %d: %w", number, err)
		}
	}
	if err := lines.Err(); err != nil {
		return Run{}, err
	}
	unknown := algo.Number(math.NaN())
	for i := range r.Records { // a table holds no returns of the exploring policy
		r.Records[i].Sampled = algo.Evaluation{Return: unknown, Success: unknown}
	}
	if !slices.ContainsFunc(r.Records, func(record algo.Record) bool { return record.Evaluation != nil }) {
		return Run{}, fmt.Errorf("no row of numbers below a line of columns such as %s", strings.Join(tableColumns(), ","))
	}
	return r, nil
}

// readFact reads "key: value". Other keys than those of a run are remarks.
func (r *Run) readFact(line string) error {
	key, value, _ := strings.Cut(line, ":")
	key, value = strings.TrimSpace(key), strings.TrimSpace(value)
	if slices.Contains(originKeys(), key) {
		if r.Origin == nil {
			r.Origin = map[string]string{}
		}
		r.Origin[key] = value
	}
	var err error
	switch key {
	case "task":
		r.Task = value
	case "algo":
		r.Algorithm = strings.ToUpper(value)
	case "preset":
		r.Preset = value
	case "simulator":
		r.Simulator = value
	case "seed":
		r.Seed, err = strconv.ParseUint(value, 10, 64)
	case "differences":
		r.Differences = strings.Split(value, "; ")
	case "perturbations":
		r.Changes = value
	case "threshold":
		r.Threshold, err = strconv.ParseFloat(value, 64)
	case "changed":
		samples, label, _ := strings.Cut(value, " ")
		var at int
		if at, err = strconv.Atoi(samples); err == nil {
			r.Records = append(r.Records, algo.Record{Perturbation: &algo.Perturbation{Samples: at, Changes: []string{label}}})
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %q, want a number", key, value)
	}
	return nil
}

func readColumns(line string) ([]string, error) {
	columns := strings.Split(line, ",")
	for i := range columns {
		columns[i] = strings.TrimSpace(columns[i])
	}
	for _, name := range []string{"samples", "return"} {
		if !slices.Contains(columns, name) {
			return nil, fmt.Errorf("no column %q among %s", name, strings.Join(columns, ", "))
		}
	}
	return columns, nil
}

// readRow adds an evaluation, or half a sample before a change, the evaluation of the old policy after it.
func (r *Run) readRow(columns, cells []string) error {
	if len(cells) != len(columns) {
		return fmt.Errorf("%d cells, there are %d columns", len(cells), len(columns))
	}
	unknown := algo.Number(math.NaN())
	e := algo.Evaluation{Return: unknown, CILow: unknown, CIHigh: unknown, Success: unknown, Measures: map[string]algo.Measure{}}
	samples := 0.0
	for i, name := range columns {
		x := math.NaN()
		if text := strings.TrimSpace(cells[i]); text != "" {
			var err error
			if x, err = strconv.ParseFloat(text, 64); err != nil {
				return fmt.Errorf("column %s: %q is not a number", name, text)
			}
		}
		switch name {
		case "samples":
			samples = x
		case "return":
			e.Return = algo.Number(x)
		case "low":
			e.CILow = algo.Number(x)
		case "high":
			e.CIHigh = algo.Number(x)
		case "success":
			e.Success = algo.Number(x)
		default:
			setMeasure(e.Measures, name, algo.Number(x))
		}
	}
	if !(samples >= 0 && samples < 1<<53) {
		return fmt.Errorf("samples %g: want a count", samples)
	}
	e.Samples = int(math.Ceil(samples))
	if samples == math.Trunc(samples) {
		r.Records = append(r.Records, algo.Record{Samples: e.Samples, Evaluation: &e})
		return nil
	}
	for i := range r.Records {
		if p := r.Records[i].Perturbation; p != nil && p.Samples == e.Samples {
			p.Evaluation = &e
			return nil
		}
	}
	return fmt.Errorf("samples %g: half a sample before no change of the world", samples)
}

// setMeasure sets the part of a measure that a column names; without a part, all of it.
func setMeasure(measures map[string]algo.Measure, column string, x algo.Number) {
	name, part, _ := strings.Cut(column, ":")
	m, known := measures[name]
	if !known {
		m = algo.Measure{Mean: algo.Number(math.NaN()), SecondHalf: algo.Number(math.NaN()), Final: algo.Number(math.NaN())}
	}
	switch part {
	case "second_half":
		m.SecondHalf = x
	case "final":
		m.Final = x
	default:
		m.Mean = x
	}
	measures[name] = m
}
