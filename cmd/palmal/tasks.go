package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
	"github.com/palmal-rl/palmal/physics"
	"github.com/palmal-rl/palmal/physics/mujoco"
	"github.com/palmal-rl/palmal/physics/task"
	"github.com/palmal-rl/palmal/physics/tasks"
)

const tasksHelp = `Lists the built-in tasks; of one task, built-in or your own, shows its tables.

new writes a whole task from an environment of Gymnasium, or from the MJCF file of a robot: all joints and sensors are observed, all
actuators driven, and a reward stands there to be replaced. check plays random episodes of a task, judges it,
measures by a fit what the observation shows of the next one and whether symmetries hold, and draws a contact sheet beside the
folder (FOLDER-check.png). docs/task-file.md describes the file and the check.

Examples:
  palmal tasks
  palmal tasks hopper --json
  palmal tasks hopper --yaml > my_hopper.yaml
  palmal tasks new my_robot --model robot.xml
  palmal tasks new my_walker --env gym:Walker2d-v5
  palmal tasks check ./my_robot
  palmal tasks check gym:Pendulum-v1`

func (p *program) tasks() *cli.Command {
	return &cli.Command{
		Name: "tasks", ArgsUsage: "[TASK|FOLDER|gym:ID] | new FOLDER --model FILE | new FOLDER --env gym:ID | check FOLDER",
		Usage: "list the tasks; or the observation, action and reward of one", Description: tasksHelp,
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "yaml", Usage: "print the task's file: a start for one of your own"},
			&cli.StringFlag{Name: "model", Usage: "with new: MJCF file of the robot, which is copied with its meshes"},
			&cli.StringFlag{Name: "env", Usage: "with new: environment of Gymnasium, gym:ID"},
			envSetFlag(), pythonFlag(),
			&cli.StringFlag{Name: "o", Usage: "with check: PNG of the contact sheet (default FOLDER-check.png)"},
		},
		Action: func(c *cli.Context) error {
			args, err := positional(c, 0, 2, "")
			if err != nil {
				return err
			}
			return p.tasksOf(c, args)
		},
	}
}

func (p *program) listTasks() error {
	out := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	if !p.json {
		fmt.Fprintln(out, "TASK\tOBSERVATION\tACTION\tHORIZON\tSIMULATOR\t")
	}
	missing := 0
	for _, name := range tasks.Names() {
		t, err := tasks.Get(name)
		if err != nil {
			return err
		}
		if p.json {
			p.printJSON(map[string]any{"task": t.Name, "title": t.Title, "observation": len(t.Observation), "action": len(t.Action),
				"horizon": t.Horizon, "simulator": t.Simulator, "available": available(t)})
			continue
		}
		note := t.Title
		if !available(t) {
			note += " *"
			missing++
		}
		fmt.Fprintf(out, "%s\t%d\t%d\t%d\t%s\t%s\n", t.Name, len(t.Observation), len(t.Action), t.Horizon, t.Simulator, note)
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if missing > 0 {
		p.printf("* %v\n", mujoco.ErrMissing)
	}
	return nil
}

// available reports whether a task can be simulated here.
func available(t *task.Task) bool { return t.Simulator != task.MuJoCo || mujoco.Version() != "" }

// findTask returns the task that a user names.
func findTask(named run.Named) (*task.Task, error) {
	named.Python = run.AbsoluteProgram(named.Python)
	t, err := named.Find()
	switch {
	case errors.Is(err, physics.ErrEnvironment):
		return nil, &usage.Error{Code: usage.World, Err: err}
	case err != nil:
		return nil, &usage.Error{Code: usage.Mistake, Err: err}
	}
	return t, nil
}

func (p *program) showTask(name run.Named, file bool) error {
	t, err := findTask(name)
	if err != nil {
		return err
	}
	if file {
		return p.showFile(t)
	}
	if p.json {
		p.printJSON(t)
		return nil
	}
	p.printf("%s: %s\nsource       %s\nsimulator    %s, %s\nhorizon      %d environment steps\n",
		t.Name, t.Title, orNone(t.Source), t.Simulator, stepOf(t), t.Horizon)
	p.printf("termination  %s\n", t.Termination)
	if t.HasFall() {
		p.printf("fall         %s (ends episodes of training alone, where the configuration says fallen: true)\n", t.Fall)
	}
	p.printf("success      %s\n", orNone(t.Success))
	if t.Threshold != 0 {
		p.printf("solved at    return %g\n", t.Threshold)
	}
	return writeTables(p.out, t)
}

// stepOf describes the length of an environment step.
func stepOf(t *task.Task) string {
	if t.Timestep == 0 && t.Simulator == task.Gymnasium {
		return t.Environment.ID
	}
	if t.Timestep == 0 {
		return fmt.Sprintf("%d steps of the model's time per environment step", t.FrameSkip)
	}
	if t.Simulator == task.Gymnasium {
		return fmt.Sprintf("%s, %g s per environment step", t.Environment.ID, t.Timestep)
	}
	return fmt.Sprintf("%g s × %d = %g s per environment step", t.Timestep, t.FrameSkip, t.Dt())
}

// target describes which numbers a draw sets.
func target(d task.Draw) string {
	switch {
	case d.Element != "":
		return d.Into + " " + d.Element
	case d.Count == 0:
		return d.Into
	}
	return fmt.Sprintf("%s[%d..%d]", d.Into, d.First, d.First+d.Count-1)
}

// kind describes how a learned model continues an observation entry.
func kind(e task.Entry) string {
	if e.Inert {
		return e.Kind + ", inert"
	}
	return e.Kind
}

// writeTables writes the tables of a task.
func writeTables(w io.Writer, t *task.Task) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(out, "\nOBSERVATION\tNAME\tUNIT\tRANGE\tKIND\tFROM\n")
	for i, e := range t.Observation {
		fmt.Fprintf(out, "%d\t%s\t%s\t%s\t%s\t%s\n", i, e.Name, orDash(e.Unit), interval(e.Low, e.High), kind(e), e.From)
	}
	fmt.Fprint(out, "\nACTION\tNAME\tUNIT\tRANGE\t\tTO\n")
	for i, e := range t.Action {
		fmt.Fprintf(out, "%d\t%s\t%s\t%s\t\t%s\n", i, e.Name, orDash(e.Unit), interval(e.Low, e.High), e.From)
	}
	if len(t.Definitions) > 0 {
		fmt.Fprint(out, "\nDEFINITION\tNAME\t\t\t\tFORMULA\n")
	}
	for i, d := range t.Definitions {
		fmt.Fprintf(out, "%d\t%s\t\t\t\t%s\n", i, d.Name, d.Formula)
	}
	fmt.Fprint(out, "\nREWARD\tTERM\t\t\t\tFORMULA\n")
	for i, term := range t.Terms {
		fmt.Fprintf(out, "%d\t%s\t\t\t\t%s\n", i, term.Name, term.Formula)
	}
	if len(t.Limits) > 0 {
		fmt.Fprintf(out, "\nLIMIT\tRISK %g\t\t\t\tFORMULA\n", t.Risk)
	}
	for i, limit := range t.Limits {
		fmt.Fprintf(out, "%d\t%s\t\t\t\t%s\n", i, limit.Name, limit.Formula)
	}
	fmt.Fprint(out, "\nPARAMETER\tNAME\tUNIT\tVALUE\t\tMEANING\n")
	for i, parameter := range t.Parameters {
		fmt.Fprintf(out, "%d\t%s\t%s\t%g\t\t%s\n", i, parameter.Name, orDash(parameter.Unit), parameter.Value, parameter.Meaning)
	}
	fmt.Fprint(out, "\nRESET\tDRAW\tINTO\tDISTRIBUTION\n")
	for i, draw := range t.Reset {
		fmt.Fprintf(out, "%d\t%s\t%s\t%s\n", i, draw.Name, target(draw), draw.Chance.String())
	}
	writeRandomised(out, t)
	writeSymmetries(out, t)
	writeMeasures(out, t)
	return out.Flush()
}

// writeSymmetries writes which entries the symmetries of a task change, and how often each of them changes anything.
func writeSymmetries(out io.Writer, t *task.Task) {
	if len(t.Symmetries) > 0 {
		fmt.Fprint(out, "\nSYMMETRY\tNAME\tTIMES\tOF\t\tFORMULA\n")
	}
	for i, s := range t.Symmetries {
		for _, c := range s.Changes {
			fmt.Fprintf(out, "%d\t%s\t%d\t%s\t\t%s\n", i, s.Name, s.Order-1, c.Name, c.Formula)
		}
	}
}

// writeMeasures writes the measures of a task, and the names in its world that train --perturb knows.
func writeMeasures(out io.Writer, t *task.Task) {
	if len(t.Measures) > 0 {
		fmt.Fprint(out, "\nMEASURE\tNAME\tUNIT\t\t\tFORMULA\n")
	}
	for i, m := range t.Measures {
		fmt.Fprintf(out, "%d\t%s\t%s\t\t\t%s\n", i, m.Name, orDash(m.Unit), m.Formula)
	}
	changes := t.Perturbations
	if len(changes) > 0 {
		fmt.Fprint(out, "\nCHANGE\tNAME\tUNIT\tRANGE\tVALUE\tMEANING\n")
	}
	for i, c := range changes {
		fmt.Fprintf(out, "%d\t%s\t%s\t%s\t%g\t%s\n", i, c.Name, orDash(c.Unit), interval(c.Low, c.High), c.Value, c.Meaning)
	}
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// writeRandomised writes what is drawn for the model of each episode.
func writeRandomised(w io.Writer, t *task.Task) {
	if len(t.Randomise) > 0 {
		fmt.Fprint(w, "\nRANDOMISE\tDRAW\tUNIT\tDISTRIBUTION\tINTO\tFORMULA\n")
	}
	for i, r := range t.Randomise {
		for k, c := range r.Changes {
			if k == 0 {
				fmt.Fprintf(w, "%d\t%s\t%s\t%s", i, r.Name, orDash(r.Unit), r.Chance.String())
			} else {
				fmt.Fprint(w, "\t\t\t")
			}
			fmt.Fprintf(w, "\t%s\t%s\n", c.Into, c.Formula())
		}
	}
}

// interval writes bounds; none as "any".
func interval(low, high float64) string {
	if math.IsInf(low, -1) && math.IsInf(high, 1) {
		return "any"
	}
	number := func(x float64) string { return strconv.FormatFloat(x, 'g', 6, 64) }
	return "[" + number(low) + ", " + number(high) + "]"
}
