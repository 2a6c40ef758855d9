package main

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
)

const runsHelp = `Lists the runs in a directory, or describes one run: its state, its samples and its best return: of the mean
action in an evaluation, or, where nothing is evaluated as with robots, of a policy as it was sampled.

Where a task names limits, PROMISED and GOT are of the last policy that acted: the probability that an episode
breaks a limit, which the worst member foresaw, and the share of its episodes that did; BROKE counts the
episodes of the whole run that did. palmal plot RUN --promises draws all of them.

Examples:
  palmal runs
  palmal runs results --json`

func (p *program) runs() *cli.Command {
	return &cli.Command{
		Name: "runs", ArgsUsage: "[DIR]", Usage: "list the runs there are, with state and best return", Description: runsHelp,
		Action: func(c *cli.Context) error {
			args, err := positional(c, 0, 1, "")
			if err != nil {
				return err
			}
			folder := "runs"
			if len(args) == 1 {
				folder = args[0]
			}
			return p.listRuns(folder)
		},
	}
}

// listed is one run in the list.
type listed struct {
	Run      string              `json:"run"`
	Task     string              `json:"task,omitempty"`
	Algo     string              `json:"algo,omitempty"`
	Seed     uint64              `json:"seed"`
	State    string              `json:"state"` // or what is wrong with it
	Samples  int                 `json:"samples"`
	Best     *algo.Number        `json:"best_return,omitempty"`
	BestFrom int                 `json:"best_samples,omitempty"` // environment steps that produced the best policy
	Sampled  bool                `json:"sampled,omitempty"`      // the best return is that of a policy as it was sampled
	Promise  *algo.PromiseRecord `json:"promise,omitempty"`      // promise of the last policy
	Broken   map[string]int      `json:"broken_limits,omitempty"`
}

func (p *program) listRuns(folder string) error {
	paths, err := runsIn(folder)
	if err != nil {
		return err
	}
	var all []listed
	for _, path := range paths {
		all = append(all, describeRun(path))
	}
	if p.json {
		for _, l := range all {
			p.printJSON(l)
		}
		return nil
	}
	promises := slices.ContainsFunc(all, func(l listed) bool { return l.Broken != nil })
	out := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	head := "RUN\tTASK\tALGO\tSEED\tSTATE\tSAMPLES\tBEST RETURN\tBY"
	if promises {
		head += "\tPROMISED\tGOT\tBROKE"
	}
	fmt.Fprintln(out, head)
	for _, l := range all {
		fmt.Fprint(out, l.row())
		if promises {
			fmt.Fprint(out, l.promises())
		}
		fmt.Fprintln(out)
	}
	return out.Flush()
}

// runsIn lists the run directories in a folder, or the folder itself if it is one.
func runsIn(folder string) ([]string, error) {
	info, err := os.Stat(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist) && folder == "runs":
		return nil, usage.Mistakef("there are no runs yet: palmal train makes the folder runs")
	case errors.Is(err, fs.ErrNotExist):
		return nil, usage.Mistakef("%s does not exist: want a folder of runs", folder)
	case err != nil:
		return nil, usage.Mistakef("%w", err)
	case !info.IsDir():
		return nil, usage.Mistakef("%s is a file: want a folder of runs", folder)
	}
	if isRun(folder) {
		return []string{folder}, nil
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, e := range entries {
		if path := filepath.Join(folder, e.Name()); isRun(path) {
			paths = append(paths, path)
		}
	}
	if len(paths) == 0 {
		return nil, usage.Mistakef("%s holds no run directory", folder)
	}
	return paths, nil
}

// isRun reports whether a folder holds the facts of a run.
func isRun(path string) bool {
	info, err := os.Stat(filepath.Join(path, run.FactsName))
	return err == nil && info.Mode().IsRegular()
}

// describeRun describes a run. What cannot be read is its state.
func describeRun(path string) listed {
	l := listed{Run: path}
	d, facts, err := run.Peek(path)
	if err != nil {
		l.State = oneLine(err)
		return l
	}
	l.Task, l.Algo, l.Seed = facts.Task, facts.Algorithm, facts.Seed
	if l.State, err = d.State(); err != nil {
		l.State = oneLine(err)
	}
	records, err := run.ReadMetrics(d.MetricsPath())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		l.State = oneLine(err)
	}
	for _, r := range records {
		l.Samples = r.Samples
		if r.Promise != nil {
			l.Promise = r.Promise
		}
		l.Broken = r.Broken
	}
	l.findBest(d, records)
	return l
}

// findBest finds the best evaluated return, or else the best sampled one.
func (l *listed) findBest(d *run.Directory, records []algo.Record) {
	best, found, err := d.Best()
	if err == nil && found {
		l.Best, l.BestFrom = &best.Return, best.Samples
		return
	}
	for _, r := range records {
		if r.Evaluation != nil {
			l.Best, l.Sampled = nil, false
			return // its best checkpoint is lost, or damaged
		}
		sampled := !math.IsNaN(float64(r.Sampled.Return)) // an iteration from recorded data alone samples nothing
		if sampled && (l.Best == nil || r.Sampled.Return > *l.Best) {
			l.Best, l.BestFrom, l.Sampled = &r.Sampled.Return, r.Sampled.Samples, true
		}
	}
}

// row writes the columns that every run has.
func (l listed) row() string {
	best, by := "-", "-"
	if l.Best != nil {
		best, by = run.Figure(*l.Best), run.Thousands(l.BestFrom)
	}
	if l.Sampled {
		best += " sampled"
	}
	return strings.Join([]string{l.Run, orDash(l.Task), strings.ToUpper(l.Algo), decimalOf(l.Seed), usage.Printable(l.State), run.Thousands(l.Samples), best, by}, "\t")
}

// promises writes the columns of a task with limits: the limit that is most at risk.
func (l listed) promises() string {
	if l.Broken == nil {
		return "\t-\t-\t-"
	}
	broke := 0
	for _, n := range l.Broken {
		broke = max(broke, n)
	}
	if l.Promise == nil {
		return fmt.Sprintf("\t-\t-\t%d", broke)
	}
	worst := algo.LimitRecord{}
	for _, limit := range l.Promise.Limits {
		if limit.Worst > worst.Worst || limit.Worst == worst.Worst && limit.Got > worst.Got {
			worst = limit
		}
	}
	return fmt.Sprintf("\t%.3g\t%.3g\t%d", float64(worst.Worst), float64(worst.Got), broke)
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

func decimalOf(n uint64) string { return fmt.Sprint(n) }
