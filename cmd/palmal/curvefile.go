package main

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/plot"
	"github.com/palmal-rl/palmal/physics/task"
)

// mostCurveBytes of a curve are read: some million lines.
const mostCurveBytes = 256 << 20

// curveTitle is the first line of a curve's file: "# NAME: TASK, ALGORITHM, PRESET, seed N; COMMAND; commit C".
func curveTitle() *regexp.Regexp {
	return regexp.MustCompile(`^# ([^:]+): ([^,;]+), ([^,;]+), ([^,;]+), seed ([0-9]+)(;|$)`)
}

// curveOfFile reads a curve from a table: a title, the names of the columns, and a line for each
// evaluation. Columns are samples, return, low, high, success, and measures of the task.
func curveOfFile(path string, value plot.Value) (r plot.Run, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return r, err
	}
	if !info.Mode().IsRegular() || info.Size() > mostCurveBytes {
		return r, fmt.Errorf("%s is no plain file of at most %d MiB", path, mostCurveBytes>>20)
	}
	f, err := os.Open(path)
	if err != nil {
		return r, err
	}
	defer f.Close()
	in := bufio.NewReader(f)
	title, err := in.ReadString('\n')
	parts := curveTitle().FindStringSubmatch(strings.TrimSpace(title))
	if err != nil || parts == nil {
		return r, fmt.Errorf("%s: is no curve: the first line wants the form \"# NAME: TASK, ALGORITHM, PRESET, seed N; COMMAND; commit C\"", path)
	}
	t, err := task.Get(parts[2])
	if err != nil {
		return r, fmt.Errorf("%s: %w", path, err)
	}
	r = plot.Run{Task: t.Name, Algorithm: strings.ToUpper(parts[3]), Preset: parts[4], Threshold: t.Threshold}
	if r.Seed, err = strconv.ParseUint(parts[5], 10, 64); err != nil {
		return r, fmt.Errorf("%s: %w", path, err)
	}
	// What a name has beyond task, algorithm and preset tells runs of other settings apart.
	variant := strings.TrimSuffix(parts[1], "-seed"+parts[5])
	if usual := strings.Join(parts[2:5], "-"); variant != usual {
		r.Differences = []string{strings.TrimPrefix(variant, parts[2]+"-"+parts[3]+"-")}
	}
	if value.Measure != "" {
		r.Threshold = 0
		if r.Y, err = measureOf(t, value); err != nil {
			return r, err
		}
	}
	if r.Records, err = curveRecords(in); err != nil {
		return r, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// curveRecords reads the table below the title.
func curveRecords(in io.Reader) ([]algo.Record, error) {
	lines, err := csv.NewReader(in).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(lines) < 2 || !slices.Contains(lines[0], "samples") {
		return nil, fmt.Errorf("no line of numbers under names of columns, one of which is samples")
	}
	unknown := algo.Number(math.NaN())
	var records []algo.Record
	for k, line := range lines[1:] {
		e := algo.Evaluation{Return: unknown, CILow: unknown, CIHigh: unknown, Success: unknown, Measures: map[string]algo.Measure{}}
		for i, name := range lines[0] {
			x, err := strconv.ParseFloat(line[i], 64)
			if line[i] == "" {
				x, err = math.NaN(), nil
			}
			if err != nil || name == "samples" && !(math.Abs(x) < 1<<53) {
				return nil, fmt.Errorf("line %d: %s is %q, want a number", k+3, name, line[i])
			}
			switch name {
			case "samples":
				e.Samples = int(x)
			case "return":
				e.Return = algo.Number(x)
			case "low":
				e.CILow = algo.Number(x)
			case "high":
				e.CIHigh = algo.Number(x)
			case "success":
				e.Success = algo.Number(x)
			default:
				e.Measures[name] = algo.Measure{Mean: algo.Number(x), SecondHalf: unknown, Final: unknown}
			}
		}
		records = append(records, algo.Record{Iteration: k + 1, Samples: e.Samples, Sampled: algo.Evaluation{Return: unknown, Success: unknown}, Evaluation: &e})
	}
	return records, nil
}
