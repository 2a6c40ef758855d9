package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/disk"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/movie"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/visible"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
	"github.com/palmal-rl/palmal/physics"
	"github.com/palmal-rl/palmal/physics/mujoco"
	"github.com/palmal-rl/palmal/physics/task"
	"github.com/palmal-rl/palmal/physics/tasks"
)

// inspection is all that palmal tasks check finds out.
type inspection struct {
	*physics.Judgement
	Visible *visible.Report `json:"visible"`                 // what the observation shows of the next one
	Sheet   string          `json:"sheet,omitempty"`         // file of the pictures
	NoSheet string          `json:"without_sheet,omitempty"` // why there is none
}

// checkTask samples random episodes of a task and reports what they reveal. The contact sheet goes to
// the file out, "" for one beside the task.
func (p *program) checkTask(named run.Named, out string) error {
	if out != "" {
		if err := usage.OneOf("format of a contact sheet", movie.Format(out), []string{".png"}); err != nil {
			return fmt.Errorf("-o %s: %w", out, err)
		}
	}
	t, err := findTask(named)
	if err == nil {
		err = run.CheckPresets(t)
	}
	if err != nil {
		return err
	}
	c, err := p.inspect(t, cmp.Or(out, sheetOf(named.Name)), out != "")
	if err != nil {
		return err
	}
	if p.json {
		p.printJSON(c)
	} else if err := p.showCheck(c); err != nil {
		return err
	}
	if len(c.Faults) > 0 {
		return usage.Exit(usage.BoundMissed, "%s: %s", t.Name, strings.Join(c.Faults, "; "))
	}
	return nil
}

// inspect judges a task, draws it, and measures what its observation shows.
func (p *program) inspect(t *task.Task, sheet string, asked bool) (c inspection, err error) {
	gauge := p.newGauge()
	gauge.show("playing random episodes")
	c.Judgement, err = physics.Judge(p.stops.ctx, t)
	gauge.clear()
	if err == nil {
		if err := p.drawSheet(&c, t, sheet, asked); err != nil {
			return c, err
		}
		gauge.show("fitting what the observation shows")
		c.Visible, err = visible.Fit(p.stops.ctx, t)
		gauge.clear()
	}
	switch {
	case p.stops.ctx.Err() != nil:
		return c, p.stops.cause()
	case err != nil:
		return c, refuseWorld(err)
	}
	return c, nil
}

// sheetOf is the contact sheet's file: beside the folder, or the file, that a user names as the task.
func sheetOf(name string) string {
	if strings.HasPrefix(name, tasks.Environment) {
		name = strings.ReplaceAll(name, ":", "-") // which Windows allows in no file's name
	}
	path := filepath.Clean(name)
	if folder, file := filepath.Split(path); file == "task.yaml" {
		path = filepath.Clean(folder)
	}
	if base := filepath.Base(path); base == "." || base == ".." {
		if whole, err := filepath.Abs(path); err == nil {
			path = whole
		}
	}
	return strings.TrimSuffix(path, ".yaml") + "-check.png"
}

// Pictures of the contact sheet.
const (
	checkEpisodes = 3
	checkWidth    = 320
	checkHeight   = 240
)

// drawSheet draws some random episodes. That they cannot be drawn is an error only where the user asked for a file.
func (p *program) drawSheet(c *inspection, t *task.Task, path string, asked bool) error {
	err := p.filmRandomly(t, path)
	switch {
	case err == nil:
		c.Sheet = path
		return nil
	case asked || p.stops.ctx.Err() != nil:
		return err
	}
	lines := strings.Split(err.Error(), "\n") // the last one of a traceback says what happened
	c.NoSheet = lines[len(lines)-1]
	return nil
}

func (p *program) filmRandomly(t *task.Task, path string) error {
	world, err := physics.Open(t, physics.Options{Workers: 1, Pictures: true})
	if err != nil {
		return refuseWorld(err)
	}
	s := &scene{world: world, reset: 1, act: uniform(world.Task(), 1)}
	shot := &shot{out: disk.Output{Path: path}, task: t.Name, columns: rowFrames}
	shot.options = physics.FilmOptions{Episodes: checkEpisodes, Width: checkWidth, Height: checkHeight, Moments: shot.moments}
	if t.Simulator == task.MuJoCo {
		if shot.options.GL, err = mujoco.ReadGL(os.Getenv("MUJOCO_GL")); err != nil {
			return s.close(usage.Mistakef("%w", err))
		}
	}
	_, err = p.film(s, shot)
	return s.close(err)
}

func (p *program) showCheck(c inspection) error {
	j, v := c.Judgement, c.Visible
	p.printf("%s: %d random episodes, %d steps, %.0f steps per second, %.3g decisions each, %d terminated\n",
		j.Task, j.Episodes, j.Steps, j.Speed, j.Lasting, j.Ended)
	out := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	for _, table := range []struct {
		title  string
		rows   []physics.Spread
		shares []visible.Share
	}{{"OBSERVATION", j.Entries, v.Entries}, {"REWARD", j.Terms, v.Terms}} {
		fmt.Fprintf(out, "\n%s\tLOW\tMEAN\tHIGH\tSEEN\tWITH PAST\n", table.title)
		for i, s := range table.rows {
			seen, past := "-", "-"
			if i < len(table.shares) {
				seen, past = visible.Percent(table.shares[i].Now), visible.Percent(table.shares[i].Past)
			}
			fmt.Fprintf(out, "%s\t%.4g\t%.4g\t%.4g\t%s\t%s\n", s.Name, s.Low, s.Mean, s.High, seen, past)
		}
	}
	if len(j.Rules) > 0 {
		fmt.Fprint(out, "\nRULE\tHOLDS\t\t\t\t\n")
	}
	for _, r := range j.Rules {
		fmt.Fprintf(out, "%s\t%s\t\t\t\t\n", r.Name, visible.Percent(algo.Number(r.Holds)))
	}
	if len(j.Drawn) > 0 {
		fmt.Fprint(out, "\nRANDOMISED\tLOW\tMEAN\tHIGH\t\t\n")
	}
	for _, s := range j.Drawn {
		fmt.Fprintf(out, "%s\t%.4g\t%.4g\t%.4g\t\t\n", s.Name, s.Low, s.Mean, s.High)
	}
	if err := out.Flush(); err != nil {
		return err
	}
	p.showVerdict(c)
	return nil
}

// showVerdict prints what the columns mean, what is to be mended, and where the pictures are.
func (p *program) showVerdict(c inspection) {
	j, v := c.Judgement, c.Visible
	if v.Without == "" {
		p.printf("\nseen: share of the variance of an entry's change, and of a reward term, that a network explains from observation\n"+
			"and action, and with the two decisions before them; fitted to %s decisions, measured on %s of other episodes.\n"+
			"Each term is decided by the observation before and after the step and by the action: only what the observation\n"+
			"hides of its own future can hide a reward.\n", run.Thousands(v.Fitted), run.Thousands(v.HeldOut))
	} else {
		p.printf("\nwhat the observation shows is not known: %s\n", v.Without)
	}
	if len(j.Rules) > 0 {
		p.printf("holds: share of the random steps in which the rule holds.\n")
	}
	p.printf("\n")
	mendable := 0
	for _, list := range []struct {
		verdict string
		texts   []string
	}{{"FAIL", j.Faults}, {"WARN", slices.Concat(j.Doubts, v.Doubts)}, {"HINT", slices.Concat(j.Proposals, v.Proposals)}} {
		for _, text := range list.texts {
			p.printf("%s  %s\n", list.verdict, text)
			mendable++
		}
	}
	if mendable == 0 {
		p.printf("ok    no mistakes found\n")
	}
	if c.NoSheet != "" {
		p.printf("no pictures: %s\n", c.NoSheet)
	} else {
		p.printf("pictures of %d random episodes: %s\n", checkEpisodes, c.Sheet)
	}
}
