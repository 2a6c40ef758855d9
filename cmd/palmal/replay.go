package main

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
	"github.com/palmal-rl/palmal/physics"
	"github.com/palmal-rl/palmal/physics/mujoco"
	"github.com/palmal-rl/palmal/physics/task"
)

const replayHelp = `Sets the world to the recorded start of every episode, applies the recorded actions, and compares
positions, velocities, observations, rewards and termination at every step. Ends with 3 if a
difference is past its bound. Recordings may be packed by gzip. docs/run-directory.md describes their
format.

Examples:
  palmal replay --task hopper trajectories.json
  palmal replay --task ant *.json.gz --tol 0.01 --json
  palmal replay --task reacher7dof --perturb forearm=0.421 long_forearm.json`

func (p *program) replay() *cli.Command {
	return &cli.Command{
		Name: "replay", ArgsUsage: "--task T FILE...", Usage: "apply recorded actions again and compare", Description: replayHelp,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "task", Usage: "task that was recorded"},
			&cli.StringSliceFlag{Name: "perturb", Usage: "change of the world that was recorded, CHANGE[,CHANGE...] as in train; may be repeated"},
			&cli.StringFlag{Name: "tol", Usage: "bound on every field (default the task's own, which the table shows)"},
		},
		Action: func(c *cli.Context) error {
			files, err := positional(c, 1, -1, "a file of recorded episodes")
			if err != nil {
				return err
			}
			if !c.IsSet("task") {
				return usage.Mistakef("replay needs --task; see palmal replay --help")
			}
			t, err := findTask(named(c, c.String("task")))
			if err != nil {
				return err
			}
			bounds, err := replayBounds(t, c.String("tol"))
			if err != nil {
				return err
			}
			options, err := changedWorld(t, c.StringSlice("perturb"))
			if err != nil {
				return err
			}
			return p.replayFiles(t, files, options, bounds)
		},
	}
}

// replayBounds returns the task's own bound for each field, or the user's for all.
func replayBounds(t *task.Task, tol string) (physics.Fields, error) {
	if tol == "" {
		return physics.ReplayBounds(t), nil
	}
	x, err := usage.Number("tol", tol, 0, math.Inf(1))
	return physics.Fields{Qpos: x, Qvel: x, Obs: x, Reward: x}, err
}

// changedWorld returns the options of a task's world with changes.
func changedWorld(t *task.Task, perturb []string) (physics.Options, error) {
	var options physics.Options
	for _, text := range perturb {
		changes, err := run.ParseChanges(text)
		if err != nil {
			return options, usage.Mistakef("--perturb %s: %w", text, err)
		}
		if options, err = physics.Perturbed(t, options, changes...); err != nil {
			return options, refuseWorld(err)
		}
	}
	return options, nil
}

func (p *program) replayFiles(t *task.Task, files []string, options physics.Options, bounds physics.Fields) error {
	var failed []string
	for _, file := range files {
		if err := p.stops.ctx.Err(); err != nil {
			return err
		}
		result, err := replayFile(t, file, options)
		if err != nil {
			return err
		}
		exceeded := result.Exceeded(bounds)
		if len(exceeded) > 0 {
			failed = append(failed, fmt.Sprintf("%s: %s", file, strings.Join(exceeded, ", ")))
		}
		if err := p.showReplay(file, result, bounds, len(exceeded) == 0); err != nil {
			return err
		}
	}
	if len(failed) > 0 {
		return usage.Exit(usage.BoundMissed, "past the bound in %s", strings.Join(failed, "; "))
	}
	return nil
}

// replayFile replays one file. What is wrong with a file is the user's mistake, what is wrong with
// the simulation is not.
func replayFile(t *task.Task, file string, options physics.Options) (_ *physics.ReplayResult, err error) {
	in, err := os.Open(file)
	if err != nil {
		return nil, &usage.Error{Code: usage.Mistake, Err: err}
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	plain, err := unpacked(in)
	if err != nil {
		return nil, usage.Mistakef("%s: %w", file, err)
	}
	result, err := physics.Replay(t, plain, options)
	switch {
	case errors.Is(err, physics.ErrUnstable), errors.Is(err, physics.ErrFatal):
		return nil, usage.Exit(usage.World, "%s: %w", file, err)
	case errors.Is(err, mujoco.ErrMissing):
		return nil, &usage.Error{Code: usage.Mistake, Err: err}
	case err != nil:
		return nil, usage.Mistakef("%s: %w", file, err)
	}
	return result, nil
}

// mostRecorded is the largest size of an unpacked recording in bytes: more would not fit into memory.
const mostRecorded = 4 << 30

// unpacked reads a recording that may be packed by gzip, as its first two bytes show.
func unpacked(in io.Reader) (io.Reader, error) {
	buffered := bufio.NewReader(in)
	var out io.Reader = buffered
	if magic, err := buffered.Peek(2); err == nil && magic[0] == 0x1f && magic[1] == 0x8b {
		if out, err = gzip.NewReader(buffered); err != nil {
			return nil, err
		}
	}
	return &limited{out, mostRecorded}, nil
}

// limited is a reader that fails beyond its limit.
type limited struct {
	in   io.Reader
	left int64
}

// Read reads up to the limit.
func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, fmt.Errorf("more than %d GiB", mostRecorded>>30)
	}
	n, err := l.in.Read(p[:min(int64(len(p)), l.left)])
	l.left -= int64(n)
	return n, err
}

func (p *program) showReplay(file string, r *physics.ReplayResult, bounds physics.Fields, pass bool) error {
	if p.json {
		p.printJSON(struct {
			File string `json:"file"`
			Pass bool   `json:"pass"`
			*physics.ReplayResult
			Bounds physics.Fields `json:"bounds"`
		}{file, pass, r, bounds})
		return nil
	}
	verdict := func(ok bool) string {
		if ok {
			return "PASS"
		}
		return "FAIL"
	}
	p.printf("%s: %s, %s, %s: %s\n", file, r.Task, usage.Count(r.Episodes, "episode"), usage.Count(r.Steps, "step"), verdict(pass))
	out := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	row := func(field string, most, bound float64, at physics.Moment) {
		place := "everywhere equal"
		if most > 0 {
			place = fmt.Sprintf("episode %d, step %d, entry %d", at.Episode, at.Step, at.Entry)
		}
		fmt.Fprintf(out, "  %s\t%.3g\tbound %.3g\t%s\t%s\n", field, most, bound, verdict(most <= bound), place)
	}
	row("qpos", r.MaxAbs.Qpos, bounds.Qpos, r.At.Qpos)
	row("qvel", r.MaxAbs.Qvel, bounds.Qvel, r.At.Qvel)
	row("obs", r.MaxAbs.Obs, bounds.Obs, r.At.Obs)
	row("reward", r.MaxAbs.Reward, bounds.Reward, r.At.Reward)
	fmt.Fprintf(out, "  done\t%s\t\t%s\n", equality(r.DoneEqual), verdict(r.DoneEqual))
	fmt.Fprintf(out, "  success\t%s\t\t%s\n", equality(r.SuccessEqual), verdict(r.SuccessEqual))
	return out.Flush()
}

func equality(equal bool) string {
	if equal {
		return "equal"
	}
	return "differs"
}
