package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/physics"
)

// checkTask samples random episodes of a task and reports what they reveal.
func (p *program) checkTask(name string) error {
	t, err := findTask(name)
	if err != nil {
		return err
	}
	j, err := physics.Judge(context.Background(), t)
	if err != nil {
		return refuseWorld(err)
	}
	if p.json {
		p.printJSON(j)
	} else if err := p.showJudgement(name, j); err != nil {
		return err
	}
	if len(j.Faults) > 0 {
		return usage.Exit(usage.BoundMissed, "%s: %s", t.Name, strings.Join(j.Faults, "; "))
	}
	return nil
}

func (p *program) showJudgement(name string, j *physics.Judgement) error {
	p.printf("%s: %d random episodes, %d steps, %.0f steps per second, %.3g decisions each, %d terminated\n",
		j.Task, j.Episodes, j.Steps, j.Speed, j.Lasting, j.Ended)
	out := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	for _, table := range []struct {
		title string
		rows  []physics.Spread
	}{{"OBSERVATION", j.Entries}, {"REWARD", j.Terms}} {
		fmt.Fprintf(out, "\n%s\tLOW\tMEAN\tHIGH\n", table.title)
		for _, s := range table.rows {
			fmt.Fprintf(out, "%s\t%.4g\t%.4g\t%.4g\n", s.Name, s.Low, s.Mean, s.High)
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	p.printf("\n")
	for _, list := range []struct {
		verdict string
		texts   []string
	}{{"FAIL", j.Faults}, {"WARN", j.Doubts}, {"HINT", j.Proposals}} {
		for _, text := range list.texts {
			p.printf("%s  %s\n", list.verdict, text)
		}
	}
	if len(j.Faults)+len(j.Doubts)+len(j.Proposals) == 0 {
		p.printf("ok    no mistakes found\n")
	}
	p.printf("pictures: palmal render --task %s --random -o sheet.png\n", name)
	return nil
}
