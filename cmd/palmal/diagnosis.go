package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"text/tabwriter"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
)

// warnOfSubject warns that the task of a run has changed, and of a horizon that the user asked for which is longer than its
// episodes.
func (p *program) warnOfSubject(one subject, asked bool) {
	p.warnOfTask(one.directory, one.config)
	t, err := one.config.LoadTask()
	if err != nil {
		return // its world cannot be opened either
	}
	if ahead, most := one.config.NPG.Horizon, t.Horizon/max(1, one.config.Repeat); asked && ahead > most {
		p.warn("--horizon %d: an episode of %s has at most %s, so no more are looked ahead", ahead, t.Name, usage.Count(most, "decision"))
	}
}

// showDiagnosis prints the diagnosis of a checkpoint's model.
func (p *program) showDiagnosis(one subject, d algo.Diagnosis) {
	if p.json {
		p.printJSON(struct {
			Run        string `json:"run"`
			Task       string `json:"task"`
			Algorithm  string `json:"algo"`
			Checkpoint int    `json:"checkpoint"`
			Samples    int    `json:"samples"`
			Seed       uint64 `json:"seed"`
			algo.Diagnosis
		}{one.directory.Path, one.config.TaskName(), string(one.config.Algorithm), one.manifest.Iteration, one.trained,
			one.config.Evaluation.Seed, d})
		return
	}
	p.printf("\n%s: %s, checkpoint %06d (%s samples), %s, %s\n", one.directory.Path, one.config.TaskName(),
		one.manifest.Iteration, run.Thousands(one.trained), usage.Count(d.Episodes, "episode"), usage.Count(d.Members, "member"))
	showErrors(p.out, d)
	if text := d.Clamps.Text(); text != "" {
		p.printf("%s; beyond that the errors say how wide the clamp is\n", text)
	}
	p.printf("return: predicted %s, realised %s in the mean; correlation over episodes %s\n",
		run.Figure(d.Returns.MeanPredicted), run.Figure(d.Returns.MeanRealised), decimal(d.Returns.Correlation))
	p.printf("one decision: error %.3g, disagreement of members %.3g; their correlation %s, of ranks %s\n",
		float64(d.Disagreement.MeanError), float64(d.Disagreement.MeanSpread), decimal(d.Disagreement.Pearson), decimal(d.Disagreement.Spearman))
	c := d.Calibration
	p.printf("%s of the errors of single entries within one predicted standard deviation, %s within two (68 %% and 95 %% of normal ones): "+
		"error %.3g, disagreement %.3g, members' own noise %.3g\n", percent(c.Within1), percent(c.Within2), float64(c.Error), float64(c.Disagreement), float64(c.Noise))
}

// percent shows a share.
func percent(n algo.Number) string {
	if n != n {
		return "unknown"
	}
	return fmt.Sprintf("%.0f %%", 100*float64(n))
}

// showErrors prints the table of errors over the look-ahead.
func showErrors(w io.Writer, d algo.Diagnosis) {
	times := lookaheads(d.Horizon)
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(out, "error after decisions\t")
	for _, t := range times {
		fmt.Fprintf(out, "%d\t", t)
	}
	fmt.Fprint(out, "\nepisodes not over\t")
	for _, t := range times {
		fmt.Fprintf(out, "%d\t", d.Alive[t])
	}
	fmt.Fprintln(out)
	for _, e := range d.Errors {
		name := e.Name
		if e.Unit != "" {
			name += ", " + e.Unit
		}
		showRow(out, name+": open loop", e.Open, times)
		showRow(out, "closed loop", e.Closed, times)
	}
	_ = out.Flush() // a reader that went away is no error, as in all printing
}

func showRow(out *tabwriter.Writer, name string, errors []algo.Number, times []int) {
	fmt.Fprintf(out, "%s\t", name)
	for _, t := range times {
		text := "-"
		if errors[t] == errors[t] {
			text = strconv.FormatFloat(float64(errors[t]), 'g', 3, 64)
		}
		fmt.Fprintf(out, "%s\t", text)
	}
	fmt.Fprintln(out)
}

// lookaheads are the round numbers of decisions up to the horizon, which is one of them.
func lookaheads(horizon int) []int {
	var times []int
	for _, t := range []int{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000} {
		if t < horizon {
			times = append(times, t)
		}
	}
	return slices.Compact(append(times, horizon))
}
